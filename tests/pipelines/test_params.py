"""The parameters' tree: what is refused, and how it is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from envs.fmcg import Recipe
from pipelines.params import Params, ParamsError, load_params
from pipelines.settings import REPOSITORY
from plant import COMPONENTS

OURS = REPOSITORY / "params.yaml"
Change = Callable[[dict[str, Any]], object]


def _with(tmp_path: Path, change: Change) -> Path:
    document = yaml.safe_load(OURS.read_text("utf-8"))
    change(document)
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    return path


def test_our_own_parameters_load() -> None:
    assert load_params(OURS).forecast.horizon_days == 14


def test_weights_and_zones_become_the_plants_own_records() -> None:
    params = load_params(OURS)
    weights, zones = params.weights.for_plant(), params.zones.for_plant()
    assert set(COMPONENTS) == set(type(params.weights).model_fields)
    assert all(getattr(weights, name) == getattr(params.weights, name) for name in COMPONENTS)
    assert (zones.frozen, zones.slush) == (
        params.zones.frozen_minutes,
        params.zones.slush_minutes,
    )


def test_the_recipes_branch_is_what_the_recipe_takes() -> None:
    recipe = load_params(OURS).recipe
    assert Recipe(**recipe.model_dump()).load == recipe.load


def test_the_tree_cannot_be_changed() -> None:
    params = load_params(OURS)
    with pytest.raises(ValidationError, match="frozen"):
        params.plan.seconds = 1.0  # type: ignore[misc]


def test_every_branch_is_in_our_file_and_nothing_else() -> None:
    assert set(yaml.safe_load(OURS.read_text("utf-8"))) == set(Params.model_fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["plan"].update(secnods=3), r"plan\.secnods: unknown key"),
        (lambda d: d["plan"].pop("seconds"), r"plan\.seconds: missing"),
        (lambda d: d["plan"].update(seconds=-3), r"plan\.seconds: .*greater than 0, found -3"),
        (lambda d: d["plan"].update(workers="2"), r"plan\.workers: .*integer, found '2'"),
        (lambda d: d["forecast"].update(horizon_days=900), r"forecast\.horizon_days: .*found 900"),
        (lambda d: d["weights"].update(idle=-1), r"weights\.idle: .*found -1"),
        (lambda d: d["drift"].update(reference_days=14), "reference_days must be at least"),
        (
            lambda d: d["recipe"].update(horizon_days=21),
            r"forecast\.horizon_days must be at least recipe\.horizon_days \(21\), found 14",
        ),
    ],
)
def test_a_wrong_key_is_refused_and_named(tmp_path: Path, change: Change, message: str) -> None:
    with pytest.raises(ParamsError, match=message) as caught:
        load_params(_with(tmp_path, change))
    assert "\n" not in str(caught.value)


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["seed"] = -1
        del document["zones"]

    with pytest.raises(ParamsError, match=r"seed: .*; zones: missing"):
        load_params(_with(tmp_path, change))


@pytest.mark.parametrize("text", ["seed: [", "", "- a\n"])
def test_a_file_that_is_not_a_tree_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ParamsError, match=r"params\.yaml"):
        load_params(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"absent\.yaml: cannot be read"):
        load_params(tmp_path / "absent.yaml")
