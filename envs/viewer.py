"""A schedule as a picture: the Gantt chart as an RGB array for videos, and as text for terminals."""

from __future__ import annotations

import colorsys
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plant import Plant, Schedule
from plant.arrays import plant_arrays

ROW, GAP, MARGIN = 12, 3, 8  # pixels: a line's bar, between bars, around all
RESTING, MANNED, OVERTIME, PAPER, NOW = (
    (236, 236, 236), (255, 255, 255), (255, 243, 214), (248, 248, 248), (200, 30, 30),
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
    plant: Plant, schedule: Schedule, now: int | None = None, width: int = 960
) -> NDArray[np.uint8]:
    """The Gantt chart [H, W, 3]: a row a line, shifts white, overtime yellow, runs by family.

    A run is paler between shifts and begins with a light edge. `now`, if given, is marked by a red rule;
    so is nothing else.
    """
    arrays = plant_arrays(plant)
    palette = colours(len(arrays.family_index))
    height = 2 * MARGIN + len(plant.lines) * (ROW + GAP) - GAP
    picture = np.full((height, width, 3), PAPER, np.uint8)
    scale = (width - 2 * MARGIN) / plant.horizon

    def bar(row: int, start: int, end: int, colour: Any, inset: int = 0) -> None:
        left = MARGIN + round(min(start, plant.horizon) * scale)
        right = MARGIN + max(round(min(end, plant.horizon) * scale), round(start * scale) + 1)
        top = MARGIN + row * (ROW + GAP)
        picture[top + inset : top + ROW - inset, left : min(right, width - MARGIN)] = colour

    for row, line in enumerate(plant.lines):
        bar(row, 0, plant.horizon, RESTING)
        for shift in line.shifts:
            bar(row, shift.start, shift.end, OVERTIME if shift.overtime else MANNED)
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
        at = MARGIN + round(min(now, plant.horizon) * scale)
        picture[:, at : at + 1] = NOW
    return picture


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
