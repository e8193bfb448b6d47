"""The champion of takt-policy: it drafts, a roll-back changes what drafts, and a training meets it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import torch

from envs.scenarios import generate
from models.policy.contest import Standing, standing
from models.policy.dispatcher import Dispatcher
from models.policy.export import export
from models.policy.files import load_policy, save_policy
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.plan import plan
from pipelines.platform.model_files import artefact_digest
from pipelines.platform.tracking import DIGEST_TAG
from pipelines.policy import served
from pipelines.policy.champion import challenge, choose, incumbent
from pipelines.policy.served import example_observation
from pipelines.publish import publish
from pipelines.registry import open_registry
from pipelines.settings import REPOSITORY, Settings
from pipelines.train import train
from plant.io import load_plant, save_plant

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

START = datetime(2026, 1, 5, tzinfo=UTC)
CHEAP, DEAR = Standing(90.0, 100.0, 80.0), Standing(100.0, 110.0, 90.0)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(load_policy(), tmp_path_factory.mktemp("onnx"), example_observation())


@pytest.fixture
def exported_once(monkeypatch: pytest.MonkeyPatch, exported: Path) -> None:
    """The ONNX file of the shipped policy for every one: an export takes seconds, and plans ask none."""
    monkeypatch.setattr(
        served, "export", lambda policy, folder, seen: shutil.copy2(exported, folder)
    )


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def context(tmp_path: Path, told: list[str]) -> Context:
    instants = iter(START + timedelta(minutes=minute) for minute in range(10_000))
    params = load_params(REPOSITORY / "params.yaml")
    short = {
        "plan": params.plan.model_copy(update={"seconds": 1.0, "workers": 1}),
        "train": params.train.model_copy(update={"iterations": 1, "seconds": 60.0}),
    }
    context = Context(
        Settings(data=tmp_path),
        params.model_copy(update=short),
        lambda: next(instants),
        told.append,
    )
    save_plant(generate(3, 6, 10, 4, 0.9, 1), context.settings.plant_file)
    return context


def moved(by: float) -> Dispatcher:
    """The policy that ships with another rule, which its drafts stay near."""
    found = load_policy()
    with torch.no_grad():
        found.rule.add_(by)
        if by:
            found.styles.zero_()
            found.deviation.mul_(0.01)
    return found


def register(context: Context, policy: Dispatcher, worth: Standing, champions: Standing) -> str:
    """What is told of a policy that was trained, where it is worth so much and the champion so much."""
    registry = open_registry(context)
    stored = context.settings.policy
    shutil.rmtree(stored, ignore_errors=True)
    save_policy(policy, stored)
    with registry.tracking.run("train") as run:
        return challenge(
            registry, run, stored, worth, incumbent(registry), lambda _: champions, "d-1"
        )


@pytest.mark.usefixtures("exported_once")
def test_after_a_roll_back_plans_are_drafted_with_the_older_policy(
    context: Context, told: list[str]
) -> None:
    registry = open_registry(context)
    register(context, moved(0.0), DEAR, DEAR)
    first_plan = plan(context)
    assert first_plan.policy == "takt-policy/1"
    register(context, moved(0.5), CHEAP, DEAR)
    second = plan(context)
    assert second.policy == "takt-policy/2"
    assert not second.kept
    registry.roll_back("policy", "it hurries")
    back = plan(context)
    assert (back.policy, back.draft) == ("takt-policy/1", first_plan.draft)
    assert back.draft != second.draft
    assert any(line.startswith("policy draft (takt-policy/1): ") for line in told)
    assert plan(context).kept

    published = registry.tracking.client.get_run(publish(context).mlflow_run_id)
    assert published.data.params["policy"] == "takt-policy/1"

    assert "; held: rolled back from version 2" in register(context, moved(0.6), CHEAP, DEAR)
    assert choose(context).load().name == "takt-policy/1"  # the last trained is another
    registry.release("policy")
    assert "takt-policy/4 is champion" in register(context, moved(0.7), CHEAP, DEAR)
    assert "stays champion" in register(context, moved(0.7), CHEAP, DEAR)
    assert "takt-policy/4 is champion" in register(context, moved(0.8), DEAR, CHEAP)


def test_a_training_after_a_roll_back_begins_with_the_older_policy_and_takes_no_place(
    context: Context, told: list[str]
) -> None:
    assert train(context).started_from == "shipped"
    register(context, moved(0.5), CHEAP, DEAR)
    registry = open_registry(context)
    registry.roll_back("policy", "it hurries")
    again = train(context)
    assert again.started_from == "champion"
    assert registry.held("policy") is not None
    champion = registry.champion("policy")
    assert champion is not None
    assert champion.version == 1
    kept = load_policy(registry.load_champion("policy"))
    plant = load_plant(context.settings.plant_file)
    worth = standing(plant, kept, context.params.seed, context.params.weights.for_plant())
    assert again.before_likely == pytest.approx(worth.likely)
    assert any("takt-policy/1" in line and "champion" in line for line in told[-1:])


def test_without_a_champion_the_last_trained_drafts_and_without_that_the_shipped(
    context: Context,
) -> None:
    nothing, key = choose(context), choose(context).key
    assert (nothing.load().name, nothing.load().notes) == ("shipped", ())
    save_policy(moved(0.5), context.settings.policy)
    trained = choose(context)
    assert trained.load().name == "last trained"
    assert trained.key != key
    (context.settings.policy / "weights.safetensors").write_bytes(b"other")
    (note,) = choose(context).load().notes
    assert "last trained cannot be read, the one that ships drafts" in note


def test_without_mlflow_the_last_trained_drafts_and_the_plan_says_why(context: Context) -> None:
    save_policy(moved(0.5), context.settings.policy)
    uri = f"sqlite:///{context.settings.data / 'damaged.db'}"
    (context.settings.data / "damaged.db").write_text("this is not a database" * 100)
    settings = context.settings.model_copy(update={"mlflow_tracking_uri": uri})
    found = plan(replace(context, settings=settings))
    assert (found.policy, found.mlflow_run_id) == ("last trained", "")
    assert (
        "no champion of takt-policy can be asked for, the last trained drafts: " in found.notes[0]
    )
    assert "damaged.db" in found.notes[0]


@pytest.mark.usefixtures("exported_once")
def test_a_champion_of_another_shape_stops_nothing(context: Context) -> None:
    registry = open_registry(context)
    register(context, moved(0.0), DEAR, DEAR)
    champion = registry.champion("policy")
    assert champion is not None
    other = replace(load_policy().shape, items=7)
    folder = registry.load_champion("policy")
    save_policy(Dispatcher(other), folder)
    (folder / "policy.onnx").write_bytes(b"of another day")
    digest = artefact_digest(folder.parents[1])
    registry.tracking.set_tags(champion, {DIGEST_TAG: digest})
    used = choose(context).load()
    assert used.name == "shipped"
    assert "takt-policy/1 cannot be read, the one that ships drafts: expected" in used.notes[0]
    assert plan(context).policy == "shipped"
    assert "takt-policy/2 is champion: version 1 cannot be read" in register(
        context, moved(0.1), DEAR, CHEAP
    )
    figures = json.loads((context.settings.metrics / "plan.json").read_text("utf-8"))
    assert figures["policy"] == "shipped"
