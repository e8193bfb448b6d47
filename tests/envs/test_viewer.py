"""The Gantt chart as pixels and as text."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from PIL import Image

from envs.scenarios import generate
from envs.tick_env import TickEnv
from envs.viewer import (
    MANNED,
    NOW,
    OVERTIME,
    PAPER,
    RESTING,
    SETUP,
    animated,
    colours,
    drawn,
    written,
)
from plant import Capability, Changeover, Item, Line, Plant, Run, Schedule, Shift

PLANT = Plant(
    currency="EUR",
    starts_at=datetime(2026, 1, 5, tzinfo=UTC),
    horizon=480,
    lines=(
        Line("L1", shifts=(Shift(0, 240),)),
        Line("L2", shifts=(Shift(120, 360), Shift(360, 480, True))),
    ),
    items=(Item("A", "red"), Item("B", "blue")),
    capabilities=(Capability("L1", "A", 60), Capability("L2", "B", 60)),
)
SCHEDULE = Schedule((Run("R1", "L1", "A", 0, 120, 100), Run("R2", "L2", "B", 240, 360, 100)))


def test_text_shows_runs_by_family_and_shifts_as_dots() -> None:
    assert written(PLANT, SCHEDULE, now=240, width=8) == (
        "L1 |AA..    |\n"
        "L2 |  ..BB..|\n"
        "        ^\n"
    )  # fmt: skip


def test_the_picture_shows_the_same() -> None:
    picture = drawn(PLANT, SCHEDULE, now=400, width=496, named=False)
    first, second = colours(2)
    assert picture.dtype == np.uint8
    assert picture[14, 8 + 60].tolist() == first.tolist()
    assert picture[14, 8 + 180].tolist() == list(MANNED)
    assert picture[14, 8 + 300].tolist() == list(RESTING)
    assert picture[29, 8 + 300].tolist() == second.tolist()
    assert picture[29, 8 + 450].tolist() == list(OVERTIME)
    assert picture[0, 8 + 400].tolist() == list(NOW)


def test_runs_beside_each_other_are_told_apart_and_rest_between_shifts() -> None:
    line = Line("L1", shifts=(Shift(0, 120), Shift(240, 480)))
    plant = replace(PLANT, lines=(line, PLANT.lines[1]))
    runs = Run("R1", "L1", "A", 60, 300, 180), Run("R2", "L1", "A", 300, 420, 120)
    picture = drawn(plant, Schedule(runs), width=496, named=False)[14].astype(int)
    colour = colours(2)[0].tolist()
    assert picture[8 + 100].tolist() == picture[8 + 260].tolist() == colour
    assert (picture[8 + 180] > colour).all()
    assert picture[8 + 300].tolist() == list(PAPER)
    assert picture[8 + 302].tolist() == colour


def test_a_changeover_is_drawn_before_its_run() -> None:
    given = replace(
        PLANT,
        lines=(Line("L1", shifts=(Shift(0, 480),), initial_family="blue"),),
        capabilities=PLANT.capabilities[:1],
        changeovers=(Changeover("blue", "red", 60),),
    )
    picture = drawn(given, Schedule((Run("R1", "L1", "A", 120, 240, 100),)), width=496, named=False)
    for minute, colour in ((50, MANNED), (90, SETUP), (130, colours(2)[0])):
        assert picture[14, 8 + minute].tolist() == list(colour)


def test_lines_are_named_on_the_left_and_days_below() -> None:
    days = replace(PLANT, horizon=4 * 1440)
    plain = drawn(days, SCHEDULE, width=500, named=False)
    picture = drawn(days, SCHEDULE, width=500)
    assert picture.shape[0] > plain.shape[0]
    inked = picture.max(axis=-1) < 160
    assert inked[8:20, :20].any()
    assert inked[23:35, :20].any()
    below = inked[plain.shape[0] - 8 :].any(axis=0)
    assert below[:200].any()
    assert below[300:].any()


def test_an_environment_draws_what_has_started() -> None:
    env = TickEnv(generate(3, 6, 40, 5, 0.9, 1), scale=50.0, render_mode="rgb_array")
    seen, _ = env.reset(seed=1)
    before = env.render()
    for _ in range(30):
        choice = np.argmax(seen["mask"][:, ::-1], axis=1)
        action = np.zeros((3, 3), np.int64)
        action[:, 0] = seen["mask"].shape[1] - 1 - choice
        seen, *_ = env.step(action)
    assert before.shape == env.render().shape
    assert (before != env.render()).any()
    assert len(env.schedule().runs) > 0


def test_a_film_shows_runs_as_they_start() -> None:
    film = Image.open(io.BytesIO(animated(PLANT, SCHEDULE, frames=5, width=200)))
    assert (getattr(film, "n_frames", 1), film.size[0]) == (5, 200)

    def painted(frame: int) -> int:
        film.seek(frame)
        shades = np.array(film.convert("RGB")).astype(int)
        return int(((shades.max(-1) - shades.min(-1)) > 60).sum())

    counts = [painted(frame) for frame in range(5)]
    assert counts[0] < counts[2] < counts[4] + 1
    assert len(set(counts)) > 1
