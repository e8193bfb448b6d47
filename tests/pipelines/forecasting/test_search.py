from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipelines.forecasting.search import Between, Found, OneOf, SearchError, Value, search

SPACE = {"x": Between(-4.0, 4.0), "kind": OneOf(("good", "bad")), "count": Between(1, 9)}
START: Mapping[str, Value] = {"x": 3.0, "kind": "bad", "count": 9}

pytestmark = pytest.mark.integration


def _loss(recipe: Mapping[str, Value]) -> float:
    if recipe["count"] == 5:
        raise ValueError("five never works")
    return float(recipe["x"]) ** 2 + (recipe["kind"] == "bad") + float(recipe["count"]) / 100


def _search(
    folder: Path, seconds: float, name: str = "s", **other: Between
) -> tuple[Found, list[str]]:
    told: list[str] = []
    space = other or SPACE
    start = {key: START.get(key, 1.0) for key in space}
    return search(_loss, space, start, seconds, folder / "studies.db", name, 1, told.append), told


def test_a_search_goes_on_from_where_it_stopped_and_is_no_worse_than_its_start(
    tmp_path: Path,
) -> None:
    first, told = _search(tmp_path, 0.5)
    assert told[0] == "recipe 1: loss 10.0900 (x 3.0, kind bad, count 9)"
    assert first.loss <= 10.09
    assert (first.tried_before, first.tried) == (0, len([t for t in told if "loss" in t]))
    again, told = _search(tmp_path, 0.5)
    assert again.tried_before == first.tried
    assert again.loss <= first.loss
    assert "count 9)" not in told[0] or "x 3.0" not in told[0]
    other, _ = _search(tmp_path, 0.2, "other data")
    assert other.tried_before == 0


def test_a_study_of_other_dimensions_is_refused(tmp_path: Path) -> None:
    _search(tmp_path, 0.2)
    with pytest.raises(SearchError, match="expected the dimensions y, found x, kind, count"):
        search(
            lambda recipe: 1e6 + float(recipe["y"]),
            {"y": Between(1.0, 2.0)},
            {"y": 1.0},
            0.1,
            tmp_path / "studies.db",
            "s",
            1,
            lambda line: None,
        )


def test_where_no_recipe_works_that_is_said(tmp_path: Path) -> None:
    def never(recipe: Mapping[str, Value]) -> float:
        raise ValueError("no")

    with pytest.raises(SearchError, match="expected a recipe that works, found none"):
        search(never, SPACE, START, 0.1, tmp_path / "s.db", "s", 1, lambda line: None)
