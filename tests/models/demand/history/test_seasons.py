from __future__ import annotations

import numpy as np

from models.demand.history.histories import Histories
from models.demand.history.seasons import seasons_of


def _repeating(lengths: tuple[int, ...], steps: int, frequency: str | None) -> Histories:
    generator = np.random.default_rng(4)
    step = np.arange(steps)
    values = [
        100
        + sum(20 * np.sin(2 * np.pi * (step + shift) / length) for length in lengths)
        + generator.normal(0, 3, steps)
        for shift in range(6)
    ]
    last = np.datetime64("2023-12-31", "ns") if frequency else steps
    return Histories(
        tuple(f"S{number}" for number in range(6)),
        np.concatenate(values),
        np.arange(7) * steps,
        np.array([last] * 6),
        frequency,
    )


def test_a_week_is_found_in_days() -> None:
    assert seasons_of(_repeating((7,), 200, "D")) == (7,)


def test_a_day_and_a_week_are_found_in_hours() -> None:
    assert seasons_of(_repeating((24, 168), 900, "h")) == (24, 168)
    assert seasons_of(_repeating((24, 168), 900, None), given=(24,)) == (24, 168)


def test_noise_has_no_season() -> None:
    assert seasons_of(_repeating((), 200, "D")) == (1,)


def test_a_given_season_is_taken_as_it_is() -> None:
    assert seasons_of(_repeating((), 200, None), given=(52,)) == (52,)


def test_an_hour_of_a_day_is_no_season_of_its_own() -> None:
    step = np.arange(24 * 30)
    day = np.where(step % 24 < 8, 0.0, 10.0 + 3 * np.cos(2 * np.pi * step / 4))
    generator = np.random.default_rng(4)
    values = day + generator.normal(0, 1, (12, len(step)))
    names = tuple(f"S{number}" for number in range(12))
    offsets = np.arange(13) * len(step)
    histories = Histories(names, values.ravel(), offsets, np.full(12, len(step) - 1))
    assert seasons_of(histories) == (24,)
