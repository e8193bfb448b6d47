"""The HTML Gantt chart: one file, no network, the whole schedule inside."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from pipelines.show_data import changeovers_of, show_data, utilisation_by_line
from pipelines.show_html import gantt_html
from plant import Run, Schedule, evaluate
from plant.examples import three_lines
from plant.examples.three_lines import MONDAY, THURSDAY, at

PLANT, SCHEDULE = three_lines.plant(), three_lines.schedule()


def page_data(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def test_the_page_carries_the_data_it_draws() -> None:
    verdict = evaluate(PLANT, SCHEDULE)
    assert page_data(gantt_html(PLANT, SCHEDULE, verdict)) == show_data(PLANT, SCHEDULE, verdict)


def test_the_page_reaches_for_nothing_outside() -> None:
    page = gantt_html(PLANT, SCHEDULE, evaluate(PLANT, SCHEDULE))
    assert not re.search(r"(?:src|href)=|@import|url\((?!#)|fetch\(|XMLHttpRequest", page)
    assert re.findall(r"https?://[^\"' ]+", page) == ["http://www.w3.org/2000/svg"]


def test_names_cannot_break_out_of_the_page() -> None:
    evil = "</script><script>alert(1)</script>"
    plant = replace(PLANT, items=(replace(PLANT.items[0], family=evil), *PLANT.items[1:]))
    page = gantt_html(plant, SCHEDULE, evaluate(plant, SCHEDULE), title="<b>__DATA__")
    assert "<script>alert" not in page
    assert "<b>__DATA__" not in page
    assert evil in page_data(page)["families"]  # type: ignore[operator]


def test_changeovers_stand_where_the_referee_has_them() -> None:
    found = changeovers_of(PLANT, SCHEDULE)
    assert set(found) == {"R-3"}  # PACK-1 from juice to jam, an hour before Monday 10:00
    assert (found["R-3"].begins, found["R-3"].minutes) == (at(MONDAY, 9), 60)


def test_used_time_by_line_adds_up_to_the_utilisation() -> None:
    regular = [4 * 480, 4 * 480, 4 * 480 - 240]
    used = utilisation_by_line(PLANT, SCHEDULE)
    busy = sum(share * minutes for share, minutes in zip(used, regular, strict=True))
    assert busy / sum(regular) == pytest.approx(evaluate(PLANT, SCHEDULE).kpis.utilisation)


def test_a_run_that_serves_late_says_so() -> None:
    late = Run("R-8", "PACK-1", "JAM", at(THURSDAY, 13), at(THURSDAY, 13, 54), 90)
    orders = tuple(
        replace(order, due=at(THURSDAY, 9)) if order.id == "O-5" else order
        for order in PLANT.orders
    )
    plant, schedule = replace(PLANT, orders=orders), Schedule((*SCHEDULE.runs, late))
    data = show_data(plant, schedule, evaluate(plant, schedule))
    (shown,) = [run for run in data["runs"] if run["id"] == "R-8"]
    assert shown["late"] == pytest.approx(70)
    assert [order[0] for order in shown["orders"]] == ["O-5"]
    assert [order["id"] for order in data["late_orders"]] == ["O-5"]


def test_broken_rules_are_on_the_run_that_breaks_them() -> None:
    short = Schedule((Run("R", "PACK-2", "JUICE", 600, 610, 100),))
    data = show_data(PLANT, short, evaluate(PLANT, short))
    assert len(data["runs"][0]["breaches"]) == 1
    assert data["violations"] == data["runs"][0]["breaches"]
