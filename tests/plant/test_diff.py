"""Differences of two schedules: every changed run is named once, with what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plant import Run, Schedule
from plant.diff import diff, run_changes
from plant.examples import three_lines
from plant.examples.three_lines import THURSDAY, WEDNESDAY, at
from plant.io import difference_to_document

PLANT, BEFORE = three_lines.plant(), three_lines.schedule()


def with_run(schedule: Schedule, id: str, **changes: object) -> Schedule:
    return Schedule(
        tuple(replace(run, **changes) if run.id == id else run for run in schedule.runs)  # type: ignore[arg-type]
    )


def test_a_schedule_differs_from_itself_in_nothing() -> None:
    found = diff(PLANT, BEFORE, Schedule(BEFORE.runs[::-1]))
    assert found.is_empty
    assert found.unchanged == len(BEFORE.runs)
    assert all(delta.change == 0 for delta in (*found.cost.values(), *found.kpis.values()))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"line": "PACK-2"}, ("line",)),
        ({"start": at(WEDNESDAY, 9), "end": at(WEDNESDAY, 10)}, ("start", "end")),
        ({"quantity": 90.0}, ("quantity",)),
        ({"lock": "all"}, ("lock",)),
        (
            {"end": at(WEDNESDAY, 10), "quantity": 200.0, "lock": "line"},
            ("end", "quantity", "lock"),
        ),
    ],
)
def test_what_changed_in_a_run_is_named(changes: dict[str, object], named: tuple[str, ...]) -> None:
    (found,), unchanged = run_changes(BEFORE, with_run(BEFORE, "R-7", **changes))
    assert (found.id, found.changes) == ("R-7", named)
    assert found.is_moved == bool({"line", "start"} & set(named))
    assert unchanged == len(BEFORE.runs) - 1


def test_runs_that_come_and_go_are_named() -> None:
    extra = Run("R-8", "PACK-1", "JAM", at(THURSDAY, 6), at(THURSDAY, 7), 100)
    after = Schedule((*(run for run in BEFORE.runs if run.id != "R-7"), extra))
    found, unchanged = run_changes(BEFORE, after)
    assert [(one.id, one.changes) for one in found] == [("R-7", ("removed",)), ("R-8", ("added",))]
    assert unchanged == len(BEFORE.runs) - 1


def test_figures_come_from_the_referee() -> None:
    more = Schedule(
        (*BEFORE.runs, Run("R-8", "PACK-1", "JAM", at(THURSDAY, 6), at(THURSDAY, 7), 100))
    )
    found = diff(PLANT, BEFORE, more)
    assert found.cost["production"].change == 24_000
    assert found.cost["tardiness"].after == 0
    assert (found.orders_late, found.orders_saved) == ((), ("O-5",))
    assert found.kpis["on_time_in_full"].change == pytest.approx(0.2)
    back = diff(PLANT, more, BEFORE)
    assert (back.orders_late, back.orders_saved) == (("O-5",), ())


def test_the_document_holds_both_sides() -> None:
    document = difference_to_document(diff(PLANT, BEFORE, with_run(BEFORE, "R-7", lock="all")))
    (run,) = document["runs"]
    assert (run["before"]["lock"], run["after"]["lock"]) == ("none", "all")
    assert document["cost"]["total"]["change"] == 0
