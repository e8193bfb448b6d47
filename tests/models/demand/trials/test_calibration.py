from __future__ import annotations

import numpy as np

from models.demand.history.histories import Histories
from models.demand.trials.calibration import LEVELS, calibrate, spreads


def _errors(seed: int, series: int = 2000) -> np.ndarray:
    generator = np.random.default_rng(seed)
    scale = np.sqrt(1 + np.arange(10))
    return generator.exponential(1, (3, series, 10)) * scale - 1.0


def test_intervals_hold_what_they_promise_on_errors_never_seen() -> None:
    classes = np.zeros(2000, dtype=np.int64)
    ones = np.ones((3, 2000, 10))
    found = calibrate(_errors(1), ones, classes, 1)
    held = _errors(2)[0]
    quantiles = found.quantiles(np.zeros((2000, 10)), np.ones((2000, 10)), classes)
    for low, high, promise in ((0.1, 0.9, 0.8), (0.025, 0.975, 0.95)):
        inside = (held >= quantiles[LEVELS.index(low)]) & (held <= quantiles[LEVELS.index(high)])
        assert abs(inside.mean() - promise) < 0.02


def test_later_steps_have_wider_intervals_where_errors_grow() -> None:
    classes = np.zeros(2000, dtype=np.int64)
    found = calibrate(_errors(1), np.ones((3, 2000, 10)), classes, 1)
    quantiles = found.quantiles(np.zeros((2000, 10)), np.ones((2000, 10)), classes)
    width = quantiles[-1] - quantiles[0]
    assert (width[:, -1] > width[:, 0]).all()


def test_a_class_without_errors_of_its_own_takes_those_of_all() -> None:
    classes = np.zeros(2000, dtype=np.int64)
    found = calibrate(_errors(1), np.ones((3, 2000, 10)), classes, 2)
    assert np.allclose(found.scores[1].mean(), found.scores[0].mean(), rtol=0.05)


def test_a_series_that_moves_more_has_a_wider_spread() -> None:
    calm, wild = np.tile([10.0, 11.0], 20), np.tile([5.0, 16.0], 20)
    histories = Histories(
        ("calm", "wild"), np.concatenate([calm, wild]), np.array([0, 40, 80]), np.array([40, 40])
    )
    found = spreads(histories, np.full((2, 3), 10.0), is_count=False)
    assert (found[1] > 5 * found[0]).all()


def test_errors_that_share_an_origins_luck_get_wider_intervals() -> None:
    generator = np.random.default_rng(3)
    errors = generator.normal(0, 1, (3, 500, 10)) * np.array([0.6, 1.0, 1.6])[:, None, None]
    mixed = generator.permutation(errors.ravel()).reshape(errors.shape)
    classes, ones = np.zeros(500, dtype=np.int64), np.ones(errors.shape)
    shared, alike = (
        calibrate(one, ones, classes, 1).scores.mean(axis=(0, 1)) for one in (errors, mixed)
    )
    high = LEVELS.index(0.975)
    assert shared[high] > 1.1 * alike[high]
    assert np.isclose(alike[high], np.quantile(errors, 0.975), rtol=0.1)


def test_errors_of_one_origin_alone_are_taken_as_they_are() -> None:
    errors = np.random.default_rng(3).normal(0, 1, (1, 500, 10))
    found = calibrate(errors, np.ones(errors.shape), np.zeros(500, dtype=np.int64), 1)
    assert np.isclose(found.scores[0, :, -1].mean(), np.quantile(errors, 0.975), rtol=0.1)
