"""The train step on a three-line plant: it learns, goes on, keeps what is unchanged, loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envs.scenarios import generate
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.settings import Settings, utc_now
from pipelines.train import TrainError, train
from plant.io import save_plant

pytestmark = pytest.mark.integration


def context_of(data: Path, told: list[str], **changed: object) -> Context:
    settings = Settings(data=data)
    params = load_params(settings.params_file)
    short = {"iterations": 1, "seconds": 60.0, "batch_steps": 64} | changed
    params = params.model_copy(update={"train": params.train.model_copy(update=short)})
    return Context(settings, params, utc_now, told.append)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_without_a_snapshot_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="takt forecast"):
        train(context_of(tmp_path, []))


def test_it_learns_keeps_goes_on_and_survives_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.policy.files import load_policy
    from models.policy.learning.fine_tuning import Evolver

    told: list[str] = []
    context = context_of(tmp_path, told)
    save_plant(generate(3, 6, 40, 7, 0.9, 1), context.settings.plant_file)

    first = train(context)
    assert first.started_from == "shipped"
    assert first.iterations == 1
    assert any(line.startswith("iteration 1/1: ") for line in told)
    load_policy(context.settings.policy)
    assert told[-1].endswith("takt-policy/1 is champion: there was no champion")
    assert json.loads((tmp_path / "metrics" / "train.json").read_text())["draft"] == first.draft
    assert first.draft <= min(first.before_likely, first.after_likely)

    again = train(context)
    assert again.kept
    assert told[-1] == "train: unchanged, kept"

    stored = contents(context.settings.policy)
    longer = context_of(tmp_path, told, iterations=2)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Evolver, "save", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(longer)
    assert contents(context.settings.policy) == stored

    on = train(longer)
    assert on.started_from == "checkpoint"
    assert on.iterations == 2

    (context.settings.policy / "checkpoint" / "evolution" / "policy.json").write_text("{}")
    assert train(context_of(tmp_path, told)).started_from == "champion"
    assert any("not what was stored" in line for line in told)


@pytest.mark.slow
def test_ppo_learns_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    import ray

    told: list[str] = []
    context = context_of(tmp_path, told, method="ppo")
    save_plant(generate(3, 6, 40, 7, 0.9, 1), context.settings.plant_file)
    first = train(context)
    assert not ray.is_initialized()
    assert first.started_from == "shipped"
    assert first.steps >= 64
    on = train(context_of(tmp_path, told, method="ppo", iterations=2))
    assert on.started_from == "checkpoint"
    assert on.steps > first.steps + 64  # its steps are counted on from the checkpoint's
    assert (
        train(context_of(tmp_path, told)).started_from == "champion"
    )  # no other method's checkpoint
