"""The 50-line plant that ships."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from envs.fifty_lines import PLANT_FILE, fifty_lines
from envs.rules import RULES, dispatch
from plant import evaluate
from plant.io import load_plant


def test_the_recipe_makes_the_plant_that_ships() -> None:
    shipped, made = asdict(load_plant(PLANT_FILE)), asdict(fifty_lines())
    assert shipped.keys() == made.keys()
    for table, value in made.items():
        if isinstance(value, tuple):
            assert len(shipped[table]) == len(value), table
            for ours, theirs in zip(value, shipped[table], strict=True):
                assert _rounded(theirs) == _rounded(ours)
        else:
            assert shipped[table] == value


def _rounded(record: dict[str, Any]) -> dict[str, Any]:
    """Numbers without the last digits, in which one machine's logarithm differs from another's."""
    return {
        name: pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
        for name, value in record.items()
    }


def test_the_shipped_plant_is_small_and_is_no_walk_over() -> None:
    plant = load_plant(PLANT_FILE)
    assert PLANT_FILE.stat().st_size < 1_000_000
    assert len(plant.lines) == 50
    assert {order.source for order in plant.orders} == {"firm", "forecast"}
    found = evaluate(plant, dispatch(plant, RULES["atcs"]))
    assert found.feasible
    assert 0.8 < found.kpis.on_time_in_full < 0.99
