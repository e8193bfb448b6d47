"""Weights and calibration from slices of time: what slices agree on counts, what is luck does not."""

from __future__ import annotations

import numpy as np
import pytest

from models.late_risk.calibration import (
    Calibration,
    Slice,
    best_offset,
    best_weights,
    calibrate,
    telling,
)

USUAL = (0.5, 0.5, 0.0)


def _slice(
    rng: np.random.Generator, noises: tuple[float, ...], offset: float = 0.0, steep: float = 1.0
) -> Slice:
    """Members that see the true log odds with some noise, and say them `steep` times too strongly."""
    truth = rng.normal(-1.5, 1.2, 600)
    late = (rng.random(600) < 1 / (1 + np.exp(-(truth + offset)))).astype(float)
    return Slice(np.array([steep * truth + rng.normal(0, one, 600) for one in noises]), late)


def test_usual_weights_stay_where_members_are_alike() -> None:
    rng = np.random.default_rng(1)
    alike = best_weights([_slice(rng, (0.5, 0.5, 3.0)) for _ in range(4)], USUAL)
    assert alike == pytest.approx(USUAL, abs=0.2)
    one = best_weights([_slice(rng, (0.5, 0.5, 0.1))], USUAL)  # one slice shows nothing
    assert one == pytest.approx(USUAL, abs=0.2)


def test_a_member_that_is_a_little_worse_counts_less() -> None:
    rng = np.random.default_rng(1)
    better, worse, never = best_weights([_slice(rng, (0.5, 1.0, 3.0)) for _ in range(2)], USUAL)
    assert 0 < worse < 0.5 < better < 1
    assert never == 0


def test_a_member_that_is_clearly_better_takes_the_weight() -> None:
    rng = np.random.default_rng(1)
    assert best_weights([_slice(rng, (2.5, 2.5, 0.1)) for _ in range(4)], USUAL)[2] >= 0.75


def test_an_offset_counts_where_the_slices_agree_on_it() -> None:
    rng = np.random.default_rng(1)
    alike = [_slice(rng, (0.1,), offset=1.0) for _ in range(4)]
    apart = [_slice(rng, (0.1,), offset=one) for one in (1.0, -1.0, 0.8, -0.8)]
    assert calibrate(alike, (1.0,)).offset == pytest.approx(1.0, abs=0.2)
    assert abs(calibrate(apart, (1.0,)).offset) < 0.1


def test_half_of_what_the_slices_were_too_sure_of_is_taken_back() -> None:
    rng = np.random.default_rng(1)
    found = calibrate([_slice(rng, (0.0,), steep=2.0) for _ in range(4)], (1.0,))
    assert found.slope == pytest.approx(0.75, abs=0.06)


def test_without_slices_log_odds_stay_as_they_are() -> None:
    assert calibrate([], (1.0,)) == Calibration()
    rng = np.random.default_rng(1)
    one = _slice(rng, (0.1,))
    assert telling([one, Slice(one.log_odds, np.zeros(600))]) == [one]


def test_the_offset_makes_the_mean_chance_the_share_late() -> None:
    odds = np.random.default_rng(1).normal(size=500)
    late = np.repeat([1.0, 0.0], [100, 400])
    chance = Calibration(best_offset(odds, late)).chance(odds)
    assert chance.mean() == pytest.approx(0.2, abs=1e-6)
