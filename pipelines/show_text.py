"""A schedule as a Gantt chart of characters, for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from rich.console import Group
from rich.text import Text

from pipelines.show_data import Change, changeovers_of, families_of
from plant import Evaluation, Line, Plant, PlantError, Problem, Run, Schedule
from plant.io.times import instant_at
from plant.model import MINUTES_PER_DAY

# Okabe and Ito's colours, for colour-blind readers too; the families' letters tell them apart as well.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
DARK = {"#0072b2", "#009e73", "#d55e00"}
OFF, CHANGE, PAUSE, BUSY, FREE = "·", "▒", "░", "=", " "
NARROWEST = 24


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of minutes and the lines that are shown."""

    start: int
    end: int
    lines: tuple[Line, ...]

    @staticmethod
    def of(plant: Plant, first_day: int, days: float | None, names: Sequence[str] | None) -> Window:
        """The window from a day on; all days and lines where none are asked for.

        Raises
        ------
        PlantError
            Where a line is not the plant's or the day lies after its horizon.
        """
        known = {line.id: line for line in plant.lines}
        problems = [
            Problem("option --line", name, "the id of a line", "none of that id")
            for name in names or ()
            if name not in known
        ]
        start = first_day * MINUTES_PER_DAY
        if start >= plant.horizon:
            last = f"a day from 0 to {(plant.horizon - 1) // MINUTES_PER_DAY}"
            problems.append(Problem("option --from", "day", last, first_day))
        if problems:
            raise PlantError(problems)
        minutes = plant.horizon if days is None else int(days * MINUTES_PER_DAY)
        lines = tuple(known[name] for name in names) if names else plant.lines
        return Window(start, min(start + minutes, plant.horizon), lines)


def gantt_text(
    plant: Plant,
    schedule: Schedule,
    evaluation: Evaluation,
    title: str,
    window: Window,
    width: int,
) -> Group:
    """The chart of a window, at most `width` characters wide, with legend and figures."""
    labels = max([len(line.id) for line in window.lines] + [4])
    cells = max(width - labels - 2, NARROWEST)
    families = {family: index for index, family in enumerate(families_of(plant))}
    family_of = {item.id: families[item.family] for item in plant.items}
    changes = changeovers_of(plant, schedule)
    late = _late_runs(plant, evaluation)
    broken = {violation.record for violation in evaluation.violations}
    rows = [_heading(title, plant, evaluation), *_axis(plant, window, labels, cells)]
    for line in window.lines:
        runs = [run for run in schedule.runs if run.line == line.id]
        row = _Row(line, window, cells)
        row.draw(runs, changes, family_of, late, broken)
        rows.append(Text(f"{line.id:<{labels}} ▏").append_text(row.text()))
    used = sorted({family_of[run.item] for run in schedule.runs})
    rows.append(_legend(list(families), used))
    return Group(*rows)


class _Row:
    """One line's row of characters."""

    def __init__(self, line: Line, window: Window, cells: int) -> None:
        self.line, self.window, self.cells = line, window, cells
        self.minutes = (window.end - window.start) / cells
        self.letters = [OFF] * cells
        self.styles = ["dim"] * cells
        for shift in line.shifts:
            for cell in self.span(max(shift.start, line.available_from), shift.end):
                self.letters[cell], self.styles[cell] = FREE, ""

    def span(self, start: int, end: int) -> range:
        """The cells whose middle lies in [start, end)."""
        first = math.ceil((start - self.window.start) / self.minutes - 0.5)
        last = math.ceil((end - self.window.start) / self.minutes - 0.5)
        return range(max(first, 0), max(min(last, self.cells), 0))

    def cell(self, minute: int) -> int | None:
        """The cell that holds a minute, where it is shown."""
        found = int((minute - self.window.start) // self.minutes)
        return found if 0 <= found < self.cells else None

    def draw(
        self,
        runs: Sequence[Run],
        changes: dict[str, Change],
        family_of: dict[str, int],
        late: set[str],
        broken: set[str],
    ) -> None:
        manned = [letter == FREE for letter in self.letters]
        for run in sorted(runs, key=lambda run: run.start):
            change = changes.get(run.id)
            for cell in self.span(change.begins, run.start) if change else ():
                self.letters[cell], self.styles[cell] = CHANGE, "dim"
            family = family_of[run.item]
            span = self.span(run.start, run.end)
            if not span and (only := self.cell(run.start)) is not None:
                span = range(only, only + 1)
            style = _style(family)
            label = f"{_letter(family)} {run.item} " if len(span) > 5 else _letter(family)
            for place, cell in enumerate(span):
                filler = BUSY if manned[cell] else PAUSE
                self.letters[cell] = (
                    label[place] if place < min(len(label), len(span) - 1) else filler
                )
                self.styles[cell] = style
            if span and (run.id in late or run.id in broken):
                self.letters[span[-1]] = "!" if run.id in broken else "▲"
                self.styles[span[-1]] = f"bold white on {'red' if run.id in broken else '#a4161a'}"

    def text(self) -> Text:
        """The row with its styles."""
        text = Text()
        for letter, style in zip(self.letters, self.styles, strict=True):
            text.append(letter, style)
        return text


def _heading(title: str, plant: Plant, evaluation: Evaluation) -> Text:
    cost, kpis = evaluation.cost, evaluation.kpis
    rules = (
        "all rules kept" if evaluation.feasible else f"{len(evaluation.violations)} RULES BROKEN"
    )
    text = Text(f"{title}: ", "bold")
    text.append(rules, "green" if evaluation.feasible else "bold red")
    text.append(
        f" · cost {cost.total:,.0f} {plant.currency} · on time in full {kpis.on_time_in_full:.1%} · "
        f"{kpis.orders_late} orders late · utilisation {kpis.utilisation:.1%} · "
        f"changeovers {kpis.changeover_hours:,.1f} h · overtime {kpis.overtime_hours:,.1f} h"
    )
    return text


def _axis(plant: Plant, window: Window, labels: int, cells: int) -> list[Text]:
    """Days, and hours where they have room, each written from its own cell on."""
    minutes = (window.end - window.start) / cells
    per_day = MINUTES_PER_DAY / minutes
    step = next((hours for hours in (1, 2, 3, 6, 12) if hours * 60 / minutes >= 6), None)
    days, hours = [" "] * cells, [" "] * cells
    midnight = -(plant.starts_at.hour * 60 + plant.starts_at.minute)
    form = "%a %m-%d" if per_day >= 10 else "%d"
    for minute in range(midnight, window.end, MINUTES_PER_DAY):
        _write(
            days,
            int((minute - window.start) / minutes),
            f"╷{instant_at(plant.starts_at, minute):{form}}",
        )
        for hour in range(step or 24, 24, step or 24):
            at = minute + hour * 60
            _write(hours, round((at - window.start) / minutes), f"{hour:02d}:00")
    margin = " " * (labels + 2)
    rows = [Text(margin + "".join(days), "bold")]
    return [*rows, Text(margin + "".join(hours), "dim")] if step else rows


def _write(cells: list[str], at: int, text: str) -> None:
    for place, letter in enumerate(text, start=at):
        if 0 <= place < len(cells):
            cells[place] = letter


def _legend(families: Sequence[str], used: Sequence[int]) -> Text:
    text = Text()
    for family in used:
        text.append(f" {_letter(family)} ", _style(family)).append(f" {families[family]}  ")
    text.append(f"{CHANGE} changeover  {PAUSE} pause  {OFF} no shift  ", "dim")
    return text.append("▲ serves an order late  ! breaks a rule", "dim")


def _late_runs(plant: Plant, evaluation: Evaluation) -> set[str]:
    due = {order.id: order.due for order in plant.orders}
    return {
        str(peg.supplier_id)
        for peg in evaluation.pegging.pegs
        if peg.consumer == "order" and peg.supplier == "run" and peg.at > due[peg.consumer_id]
    }


def _letter(family: int) -> str:
    return ascii_uppercase[family % len(ascii_uppercase)]


def _style(family: int) -> str:
    colour = COLOURS[family % len(COLOURS)]
    return f"{'white' if colour in DARK else 'black'} on {colour}"
