"""A schedule as a picture: the Gantt chart as an RGB array for videos, and as text for terminals."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plant import Plant, Schedule
from plant.arrays import PlantArrays, plant_arrays
from plant.calendar import NEVER, changeover_start
from plant.model import MINUTES_PER_DAY

ROW, GAP, MARGIN = 12, 3, 8  # pixels: a line's bar, between bars, around all
LETTERS = 10  # pixels high
RESTING, MANNED, OVERTIME, PAPER, NOW, SETUP, INK = (
    (236, 236, 236), (255, 255, 255), (255, 243, 214), (248, 248, 248), (200, 30, 30), (96, 96, 96),
    (70, 70, 70),
)  # fmt: skip
# Pixels from which on a run begins with a light edge, so that it is told from the one before.
EDGED = 3
GOLDEN = 0.618034  # of the colour circle: neighbours differ well


def colours(count: int) -> NDArray[np.uint8]:
    """A colour [count, 3] for each family."""
    hues = [(0.58 + GOLDEN * number) % 1.0 for number in range(count)]
    rgb = [colorsys.hls_to_rgb(hue, 0.52, 0.55) for hue in hues]
    return np.array(np.round(np.array(rgb).reshape(-1, 3) * 255), np.uint8)


def drawn(
    plant: Plant, schedule: Schedule, now: int | None = None, width: int = 960, named: bool = True
) -> NDArray[np.uint8]:
    """The Gantt chart [H, W, 3]: a row a line, shifts white, overtime yellow, runs by family.

    A run is paler between shifts, begins with a light edge, and has its changeover before it in dark grey.
    `now`, if given, is marked by a red rule. `named`: whether lines have their ids on the left and days
    their dates below.
    """
    arrays = plant_arrays(plant)
    palette = colours(len(arrays.family_index))
    left = MARGIN + (_widest([line.id for line in plant.lines]) + GAP if named else 0)
    bottom = 2 * MARGIN + len(plant.lines) * (ROW + GAP) - GAP
    picture = np.full((bottom + (ROW if named else 0), width, 3), PAPER, np.uint8)
    scale = (width - left - MARGIN) / plant.horizon

    def bar(row: int, start: int, end: int, colour: Any, inset: int = 0) -> None:
        first = left + round(min(start, plant.horizon) * scale)
        last = left + max(round(min(end, plant.horizon) * scale), round(start * scale) + 1)
        top = MARGIN + row * (ROW + GAP)
        picture[top + inset : top + ROW - inset, first : min(last, width - MARGIN)] = colour

    for row, line in enumerate(plant.lines):
        bar(row, 0, plant.horizon, RESTING)
        for shift in line.shifts:
            bar(row, shift.start, shift.end, OVERTIME if shift.overtime else MANNED)
    for row, start, end in _changeovers(arrays, schedule):
        if start < plant.horizon:
            bar(row, start, end, SETUP, inset=3)
    for run in schedule.runs:
        if run.start >= plant.horizon:
            continue
        row = arrays.line_index[run.line]
        colour = palette[arrays.items.family[arrays.item_index[run.item]]]
        bar(row, run.start, run.end, (colour.astype(int) + 2 * 255) // 3, inset=1)
        for shift in plant.lines[row].shifts:
            start, end = max(shift.start, run.start), min(shift.end, run.end)
            if start < end:
                bar(row, start, end, colour, inset=1)
        if round((run.end - run.start) * scale) > EDGED:
            bar(row, run.start, run.start, PAPER, inset=1)
    if now is not None:
        at = left + round(min(now, plant.horizon) * scale)
        picture[:bottom, at : at + 1] = NOW
    return _named(picture, plant, left, scale) if named else picture


def _changeovers(arrays: PlantArrays, schedule: Schedule) -> Iterator[tuple[int, int, int]]:
    """The changeovers into the runs of a schedule: row of the line, from, to."""
    family = dict(enumerate(arrays.lines.initial_family.tolist()))
    for run in sorted(schedule.runs, key=lambda one: one.start):
        row = arrays.line_index[run.line]
        new = int(arrays.items.family[arrays.item_index[run.item]])
        old, family[row] = family[row], new
        table = arrays.lines.table[row]
        minutes = int(arrays.changeovers.minutes[table, old, new]) if old >= 0 else 0
        begin = changeover_start(arrays.calendar, row, run.start, minutes)
        if minutes > 0 and begin != NEVER:
            yield row, begin, run.start


def _named(picture: NDArray[np.uint8], plant: Plant, left: int, scale: float) -> NDArray[np.uint8]:
    """The picture with the lines' ids, and the dates of as many days as there is room for."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    pen, font = ImageDraw.Draw(image), _font()
    for row, line in enumerate(plant.lines):
        pen.text((MARGIN, MARGIN + row * (ROW + GAP)), line.id, INK, font)
    below, free = len(picture) - MARGIN - LETTERS, 0
    for day in range(0, plant.horizon, MINUTES_PER_DAY):
        at = left + round(day * scale)
        date = (plant.starts_at + timedelta(minutes=day)).strftime("%m-%d")
        if at >= free:
            pen.line((at, below, at, below + 3), INK)
            pen.text((at + 2, below), date, INK, font)
            free = at + 2 + _widest([date]) + GAP
    return np.array(image)


def _widest(texts: Sequence[str]) -> int:
    """The pixels that the widest of some texts takes."""
    return max((round(_font().getlength(text)) for text in texts), default=0)


@cache
def _font() -> Any:
    from PIL import ImageFont  # loaded where a picture is asked for

    return ImageFont.load_default(LETTERS)


def animated(
    plant: Plant, schedule: Schedule, frames: int = 60, width: int = 960, milliseconds: int = 80
) -> bytes:
    """A GIF of the schedule as it comes about: each frame has the runs that have started by its minute."""
    from PIL import Image  # loaded where a film is asked for

    pictures = []
    for now in np.linspace(0, plant.horizon, frames).astype(int).tolist():
        so_far = Schedule(tuple(run for run in schedule.runs if run.start <= now))
        pictures.append(Image.fromarray(drawn(plant, so_far, now, width)))
    out = io.BytesIO()
    pictures[0].save(
        out, "GIF", save_all=True, append_images=pictures[1:], duration=milliseconds, loop=0
    )
    return out.getvalue()


def written(plant: Plant, schedule: Schedule, now: int | None = None, width: int = 96) -> str:
    """The Gantt chart as text: a row a line, a letter a run's family, dots are shifts.

    A cell shows what the line does at the middle of its minutes.
    """
    arrays = plant_arrays(plant)
    minutes = (np.arange(width) + 0.5) * plant.horizon / width
    cells = {line.id: np.full(width, " ") for line in plant.lines}
    for line in plant.lines:
        for shift in line.shifts:
            cells[line.id][(minutes >= shift.start) & (minutes < shift.end)] = "."
    for run in schedule.runs:
        letter = chr(ord("A") + int(arrays.items.family[arrays.item_index[run.item]]) % 26)
        cells[run.line][(minutes >= run.start) & (minutes < run.end)] = letter
    name = max(len(line.id) for line in plant.lines)
    rows = [f"{line.id:<{name}} |{''.join(cells[line.id])}|" for line in plant.lines]
    if now is not None:
        at = min(int(now / plant.horizon * width), width - 1)
        rows.append(" " * (name + 2 + at) + "^")
    return "\n".join(rows) + "\n"
