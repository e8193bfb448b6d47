"""Fits registered, crowned, rolled back and refused, with a real MLflow on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from models.contest import Decision, first
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.platform.tracking import DigestError, ModelVersion
from pipelines.registry import (
    Fit,
    NoChampionError,
    PickledError,
    Registry,
    UnknownModelError,
    full_name,
    open_registry,
)
from pipelines.registry.reigns import Reign, reigns_of, standing
from pipelines.settings import REPOSITORY, Settings

BETTER = Decision("better", "version 2 against version 1: significantly better", "version 2", 0.1)
KEPT = Decision("kept", "not better", "version 2", 0.0)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXAMPLE = pd.DataFrame({"value": [1.0]})

# A model that answers with its input times a factor.
DOUBLER = """
import json, pathlib
import mlflow


class Doubler(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        folder = pathlib.Path(context.artifacts["model"])
        self.factor = json.loads((folder / "model.json").read_text())["factor"]

    def predict(self, context, model_input, params=None):
        return model_input * self.factor


mlflow.models.set_model(Doubler())
"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def registry(places: Path) -> Registry:
    now = iter(START + timedelta(hours=hour) for hour in range(10_000))
    params = load_params(REPOSITORY / "params.yaml")
    return open_registry(Context(Settings(data=places), params, lambda: next(now), print))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A model of the test's own."""
    yield request.node.name.removeprefix("test_")[:60]


def _fit(places: Path, name: str, factor: float = 2.0, digest: str = "d-1") -> Fit:
    folder = places / f"{name}-{factor}"
    folder.mkdir(exist_ok=True)
    (folder / "model.json").write_text(json.dumps({"factor": factor}))
    code = places / "doubler.py"
    code.write_text(DOUBLER)
    return Fit(
        name,
        folder,
        "models.none",
        EXAMPLE,
        EXAMPLE * factor,
        digest,
        params={"factor": factor},
        metrics={"wape/regular": 0.25},
        texts={"errors.csv": "a,b\n"},
        code=code,
    )


def _registered(registry: Registry, places: Path, name: str, count: int) -> list[ModelVersion]:
    """Versions of which each was better than the one before."""
    found = []
    for number in range(1, count + 1):
        version = registry.register(_fit(places, name, float(number)))
        registry.settle(version, first("version 1") if number == 1 else BETTER)
        found.append(version)
    return found


def test_a_model_is_named_with_or_without_the_prefix() -> None:
    assert full_name("late_risk") == full_name("takt-late-risk") == "takt-late-risk"


def test_one_roll_back_after_another_goes_further_back() -> None:
    def reign(number: int, version: int, kind: str) -> Reign:
        return Reign(number, version, kind, START, "")  # type: ignore[arg-type]

    reigns = [reign(1, 1, "contest"), reign(2, 2, "contest"), reign(3, 4, "promoted")]
    assert standing(reigns) == [1, 2, 4]
    reigns.append(reign(4, 2, "rolled back"))
    assert standing(reigns) == [1, 2]
    reigns.append(reign(5, 1, "rolled back"))
    assert standing(reigns) == [1]
    reigns.append(reign(6, 5, "contest"))
    assert standing(reigns) == [1, 5]


def test_reigns_are_read_in_order_from_the_tags_that_keep_them() -> None:
    reigns = [Reign(n, n, "contest", START, "x" * 5_000) for n in (1, 2, 11)]
    tags = dict(reign.tag for reign in reversed(reigns)) | {"other": "tag"}
    assert [one.number for one in reigns_of(tags)] == [1, 2, 11]
    assert all(len(value) < 5_000 for value in tags.values())


@pytest.mark.integration
def test_a_fit_is_a_run_and_a_version_with_signature_and_example(
    registry: Registry, places: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    version = registry.register(_fit(places, name))
    assert registry.champion(name) is None
    with pytest.raises(NoChampionError, match=r"expected a champion, found none; fit one first"):
        registry.load_champion(name)
    assert registry.settle(version, first("version 1")) == version
    assert json.loads((registry.load_champion(name) / "model.json").read_text()) == {"factor": 2.0}
    run = registry.tracking.client.get_run(version.run_id)
    assert run.data.params == {"factor": "2.0", "data_sha256": "d-1"}
    assert run.data.metrics == {"wape/regular": 0.25}
    listed = {one.path for one in registry.tracking.client.list_artifacts(version.run_id)}
    assert {"errors.csv", "decision.json"} <= listed
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.tracking.uri)
    served = mlflow.pyfunc.load_model(f"models:/{full_name(name)}@champion")
    assert served.metadata.signature.inputs.input_names() == ["value"]
    root = registry.load_champion(name).parents[1]
    assert served.metadata.load_input_example(str(root))["value"].tolist() == [1.0]
    assert served.predict(pd.DataFrame({"value": [5.0]}))["value"].tolist() == [10.0]


@pytest.mark.integration
def test_a_model_of_ours_answers_through_mlflow_by_its_package_alone(
    registry: Registry, places: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    import types

    import mlflow

    package = types.ModuleType("models.tripler")
    package.load = lambda folder: json.loads((folder / "model.json").read_text())["factor"]  # type: ignore[attr-defined]
    package.answer = lambda factor, table, times=1: table * factor * times  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "models.tripler", package)
    plain = _fit(places, name, 3.0)
    fit = Fit(
        name, plain.folder, "models.tripler", EXAMPLE, EXAMPLE * 3, "d-1", answers={"times": 1}
    )
    registry.settle(registry.register(fit), first("version 1"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.tracking.uri)
    served = mlflow.pyfunc.load_model(f"models:/{full_name(name)}@champion")
    assert served.predict(EXAMPLE, params={"times": 2})["value"].tolist() == [6.0]


@pytest.mark.integration
def test_only_a_decision_to_promote_moves_the_champion(
    registry: Registry, places: Path, name: str
) -> None:
    one, two, three = (registry.register(_fit(places, name, factor)) for factor in (1.0, 2.0, 3.0))
    registry.settle(one, first("version 1"))
    assert registry.settle(two, KEPT) == registry.champion(name)
    assert registry.version(name, 2).tags["takt.reason"] == "not better"
    assert registry.attempts(name, "d-1") == 1
    assert registry.attempts(name, "d-2") == 0
    assert registry.settle(three, BETTER) == three
    assert registry.champion(name) == registry.version(name, 3)
    assert registry.attempts(name, "d-1") == 0
    assert [(reign.version, reign.kind) for reign in registry.reigns(name)] == [
        (1, "contest"),
        (3, "contest"),
    ]


@pytest.mark.integration
def test_a_roll_back_crowns_the_one_before_and_holds_it_until_released(
    registry: Registry, places: Path, name: str
) -> None:
    one, two, three = _registered(registry, places, name, 3)
    reign = registry.roll_back(name, "it forecast nothing for Mondays")
    assert (reign.version, reign.kind) == (2, "rolled back")
    assert registry.champion(name) == registry.version(name, 2)
    four = registry.register(_fit(places, name, 4.0))
    assert registry.settle(four, BETTER) == registry.version(name, 2)
    assert "rolled back from version 3" in registry.version(name, 4).tags["takt.held"]
    assert registry.roll_back(name, "again").version == one.version
    with pytest.raises(NoChampionError, match="version 1 is its first champion"):
        registry.roll_back(name, "and again")
    registry.release(name)
    assert registry.settle(three, BETTER) == three
    assert registry.promote(name, two.version, "by hand").kind == "promoted"
    assert registry.held(name) is None
    assert [reign.version for reign in registry.reigns(name)] == [1, 2, 3, 2, 1, 3, 2]


@pytest.mark.integration
@pytest.mark.parametrize("file", ["model.json", "doubler.py", "MLmodel"])
def test_one_byte_that_was_flipped_anywhere_refuses_the_model(
    registry: Registry, places: Path, file: str
) -> None:
    name = f"flipped-{file.partition('.')[0]}"
    _registered(registry, places, name, 2)
    champion = registry.champion(name)
    assert champion is not None
    root = registry.load_champion(name).parents[1]
    (path,) = root.rglob(file)
    kept = path.read_bytes()
    path.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
    told = (
        rf"takt-{name} version 2: expected {champion.digest}, found [0-9a-f]{{64}} in .*not loaded"
    )
    with pytest.raises(DigestError, match=told):
        registry.load_champion(name)
    with pytest.raises(DigestError):
        registry.promote(name, 2, "by hand")
    assert registry.roll_back(name, "damaged").version == 1
    with pytest.raises(DigestError):
        registry.promote(name, 2, "still damaged")
    assert registry.champion(name) == registry.version(name, 1)
    path.write_bytes(kept)
    assert registry.promote(name, 2, "repaired").version == 2


@pytest.mark.integration
def test_a_folder_with_a_pickle_is_refused_unless_the_fit_names_it(
    registry: Registry, places: Path, name: str
) -> None:
    import pickle
    from dataclasses import replace

    fit = _fit(places, name)
    (fit.folder / "net.ckpt").write_bytes(pickle.dumps({"weights": [1.0]}))
    with pytest.raises(PickledError, match=r"expected files in native formats, found net\.ckpt"):
        registry.register(fit)
    assert name not in registry.tracking.models()
    assert registry.register(replace(fit, allowed_pickles=("net.ckpt",))).version == 1


@pytest.mark.integration
def test_what_is_not_registered_is_said_with_what_is(registry: Registry, places: Path) -> None:
    _registered(registry, places, "known", 2)
    with pytest.raises(UnknownModelError, match=r"takt-nobody: not registered; .*takt-known"):
        registry.version("nobody", 1)
    with pytest.raises(UnknownModelError, match=r"expected one of the versions 2, 1, found 7"):
        registry.promote("known", 7, "")
    with pytest.raises(UnknownModelError, match=r"takt-nobody: not registered; .*takt-known"):
        registry.roll_back("nobody", "")


@pytest.mark.integration
def test_a_crowning_that_was_cut_short_is_not_gone_back_from(
    registry: Registry, places: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = _registered(registry, places, name, 2)
    three = registry.register(_fit(places, name, 3.0))
    with monkeypatch.context() as patch:
        patch.setattr(type(registry.tracking), "set_alias", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            registry.settle(three, BETTER)
    assert registry.champion(name) == registry.version(name, two.version)
    assert registry.roll_back(name, "").version == one.version


@pytest.mark.integration
def test_a_champion_of_before_reigns_were_written_down_can_be_gone_back_to(
    registry: Registry, places: Path, name: str
) -> None:
    old = registry.register(_fit(places, name, 1.0))
    registry.tracking.set_alias(old, "champion")
    registry.settle(registry.register(_fit(places, name, 2.0)), BETTER)
    assert registry.roll_back(name, "").version == 1
