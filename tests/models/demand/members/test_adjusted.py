from __future__ import annotations

import numpy as np
import pytest

from models.demand.history.histories import Histories
from models.demand.members.adjusted import adjusted, season_profile


def _histories(*series: np.ndarray) -> Histories:
    lengths = [len(own) for own in series]
    names = tuple(f"S{number}" for number in range(len(series)))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Histories(names, np.concatenate(series), offsets, np.array(lengths) - 1)


@pytest.mark.parametrize("length", [28, 29, 33])
def test_a_series_that_only_repeats_is_flat_without_its_season(length: int) -> None:
    season = np.array([5.0, -1, 2, -3, 0, 1, -4])
    own = 100 + season[np.arange(length) % 7]
    without, ahead = adjusted(_histories(own), (7,), 10)
    assert np.allclose(without.values, 100)
    assert np.allclose(ahead[0], season[np.arange(length, length + 10) % 7])


def test_a_trend_stays() -> None:
    own = 3.0 * np.arange(48) + np.tile([4.0, -4.0, 0.0, 0.0], 12)
    without, _ = adjusted(_histories(own), (4,), 4)
    assert np.allclose(np.diff(without.values), 3)


def test_what_chance_alone_makes_is_not_taken_for_a_season() -> None:
    generator = np.random.default_rng(5)
    profiles = [season_profile(generator.normal(0, 1, 60), 12) for _ in range(200)]
    assert np.mean([np.abs(profile).mean() for profile in profiles]) < 0.12


def test_two_seasons_are_taken_off_one_after_the_other() -> None:
    step = np.arange(24 * 7 * 5)
    own = 50 + 10 * np.sin(2 * np.pi * step / 24) + 20 * (step // 24 % 7 == 6)
    without, ahead = adjusted(_histories(own), (24, 168), 48)
    ahead_own = 10 * np.sin(2 * np.pi * (step[-1] + 1 + np.arange(48)) / 24)
    assert without.values.std() < 0.1 * own.std()
    assert np.corrcoef(ahead[0], ahead_own)[0, 1] > 0.99


def test_a_series_of_less_than_two_seasons_is_left_as_it_is() -> None:
    own = np.arange(20.0)
    without, ahead = adjusted(_histories(own, own[:5]), (12,), 3)
    assert np.array_equal(without.values, np.concatenate([own, own[:5]]))
    assert not ahead.any()
