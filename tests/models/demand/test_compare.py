from __future__ import annotations

import numpy as np

from models.demand import compare


def test_a_steady_gain_wins() -> None:
    champion = np.array([1.0, 1.1, 0.9, 1.0, 1.2, 1.0])
    verdict = compare(champion, champion - np.array([0.1, 0.11, 0.09, 0.1, 0.1, 0.12]), 0.05)
    assert verdict.challenger_wins
    assert verdict.p_value < 0.01


def test_a_gain_within_the_noise_does_not_win() -> None:
    champion = np.array([1.0, 1.1, 0.9, 1.0, 1.2, 1.0])
    verdict = compare(champion, champion - np.array([0.5, -0.4, 0.3, -0.3, 0.2, -0.1]), 0.1)
    assert verdict.gain > 0
    assert not verdict.challenger_wins


def test_equals_and_worse_ones_do_not_win() -> None:
    champion = np.array([1.0, 1.1, 0.9])
    assert not compare(champion, champion, 0.5).challenger_wins
    assert not compare(champion, champion + 0.1, 0.5).challenger_wins
    assert not compare(champion[:1], champion[:1] - 1, 0.5).challenger_wins


def test_the_statistic_is_that_of_diebold_and_mariano_by_hand() -> None:
    # d = 1, 2, 3, 2: mean 2, variance 0.5, covariance of neighbours 0: the variance stays 0.5;
    # t = 2 / sqrt(0.5 / 4) * sqrt(3 / 4) = 4.899, one-sided with 3 degrees of freedom: 0.00814.
    verdict = compare(np.array([1.0, 2.0, 3.0, 2.0]), np.zeros(4), 0.05)
    assert abs(verdict.p_value - 0.00814) < 1e-4
