"""The Gantt chart of characters."""

from __future__ import annotations

import pytest
from rich.console import Console

from pipelines.show_text import Window, gantt_text
from plant import PlantError, Run, Schedule, evaluate
from plant.examples import three_lines

PLANT, SCHEDULE = three_lines.plant(), three_lines.schedule()


def drawn(schedule: Schedule, window: Window, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(
            gantt_text(PLANT, schedule, evaluate(PLANT, schedule), "title", window, width)
        )
    return capture.get().splitlines()


def row(lines: list[str], name: str) -> str:
    (found,) = [line.partition("▏")[2] for line in lines if line.startswith(f"{name} ")]
    return found


def test_a_cell_an_hour_shows_shifts_runs_pauses_and_changeovers() -> None:
    window = Window.of(PLANT, 0, 2, ["PACK-1"])
    found = row(drawn(SCHEDULE, window, 48 + 8), "PACK-1")
    assert (
        found
        == (
            "······   ▒A== ··········"  # changeover 9-10, run 10-13:30 of which half an hour is rounded off
            "······       A JAM ░░░░░"
        )
    )


def test_no_row_is_wider_than_the_terminal() -> None:
    for width in (40, 80, 133):
        lines = drawn(SCHEDULE, Window.of(PLANT, 0, None, None), width)
        assert max(len(line) for line in lines) <= width


def test_a_run_too_short_for_a_cell_is_still_seen() -> None:
    schedule = Schedule((Run("R", "PACK-2", "JUICE", 600, 601, 3),))
    found = row(drawn(schedule, Window.of(PLANT, 0, None, None), 40), "PACK-2")
    assert sum(letter in "B!▲" for letter in found) == 1


def test_a_window_outside_the_plant_is_refused_in_one_go() -> None:
    with pytest.raises(PlantError) as caught:
        Window.of(PLANT, 9, None, ["X", "Y"])
    assert [problem.where for problem in caught.value.problems] == [
        "option --line", "option --line", "option --from",
    ]  # fmt: skip
