"""The three-line plant: its JSON is its code, and its cost can be worked out by hand."""

from __future__ import annotations

import pytest

from plant import evaluate
from plant.examples import three_lines
from plant.io import load_plant, load_schedule


def test_code_and_json_agree() -> None:
    hint = "three_lines.py changed: save plant() and schedule() to its JSON files again"
    assert load_plant(three_lines.PLANT_FILE) == three_lines.plant(), hint
    assert load_schedule(three_lines.SCHEDULE_FILE) == three_lines.schedule(), hint


def test_the_schedule_costs_what_a_pencil_says() -> None:
    found = evaluate(three_lines.plant(), three_lines.schedule())
    assert found.violations == ()
    # MIX 9 h, PACK-1 9.5 h of them 2 in overtime, PACK-2 7.5 h
    production = 9 * 30_000 + 9.5 * 24_000 + 2 * 12_000 + 7.5 * 20_000
    # regular shift time less runs and, on PACK-1, one hour of changeover; PACK-2 from 10:00 on
    idle = (32 - 9) * 6_000 + (32 - 7.5 - 1) * 4_000 + (28 - 7.5) * 4_000
    # 70 of O-5 are never made and pay as if served a day after the end, 34 hours after due
    tardiness = 70 * 100 * 34 / 24
    assert found.cost.production == pytest.approx(production)
    assert found.cost.idle == pytest.approx(idle)
    assert found.cost.changeover == 50_000
    assert found.cost.tardiness == pytest.approx(tardiness)
    assert found.late_orders == {"O-5": pytest.approx(70)}
