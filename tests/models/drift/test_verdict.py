"""From samples to verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from models.drift import (
    Comparison,
    judge_adherence,
    judge_forecast,
    judge_inputs,
    judge_predictions,
    worst,
)


def _columns(drifted: int, of: int, now: float = 1.1) -> list[Comparison]:
    return [Comparison(f"c{n}", 0.001 if n < drifted else 0.4, 1.0, now) for n in range(of)]


@pytest.mark.parametrize(
    ("drifted", "verdict"), [(4, "ok"), (5, "warn"), (9, "warn"), (10, "drift")]
)
def test_inputs_drift_with_the_share_of_columns(drifted: int, verdict: str) -> None:
    found = judge_inputs(_columns(drifted, 20), share=0.5)
    assert found.verdict == verdict
    assert found.statistic == drifted / 20
    assert found.drifted_columns == tuple(f"c{n}" for n in range(drifted))


@pytest.mark.parametrize(
    ("recent", "earlier", "shifted", "verdict"),
    [
        ([0.40], [0.40], 0, "ok"),
        ([0.40], [], 0, "ok"),
        ([0.50, 0.52], [0.40], 0, "warn"),
        ([0.40], [0.40], 1, "warn"),
        ([0.62, 0.60], [0.60], 0, "drift"),
    ],
)
def test_a_forecast_drifts_above_its_greatest_error_and_warns_when_it_worsens(
    recent: list[float], earlier: list[float], shifted: int, verdict: str
) -> None:
    found = judge_forecast(_columns(shifted, 2), np.array(recent), np.array(earlier), most=0.6)
    assert found.verdict == verdict
    assert found.statistic == pytest.approx(sum(recent) / len(recent))


def test_a_forecast_that_got_better_is_no_warning() -> None:
    better = _columns(2, 2, now=-0.2)
    assert judge_forecast(better, np.array([0.4]), np.array([0.6]), most=0.6).verdict == "ok"


def test_what_cannot_be_measured_is_a_warning_that_says_so() -> None:
    found = judge_forecast([], np.array([]), np.array([]), most=0.6)
    assert (found.verdict, found.statistic) == ("warn", None)
    assert found.reason == "nothing to compare yet"


def test_adherence_rests_on_what_was_executed_where_something_was() -> None:
    assert judge_adherence([], executed=0.95, demonstrated=0.1).verdict == "ok"
    assert judge_adherence([], executed=0.80, demonstrated=1.0).verdict == "warn"
    assert judge_adherence([], executed=0.70, demonstrated=1.0).verdict == "drift"
    stand_in = judge_adherence([], executed=None, demonstrated=0.8)
    assert stand_in.verdict == "warn"
    assert stand_in.measure == "planned units backed by past output"


def test_the_gravest_verdict_counts() -> None:
    fine = judge_inputs(_columns(0, 4), 0.5)
    bad = judge_inputs(_columns(4, 4), 0.5)
    assert worst([fine, fine]) == "ok"
    assert worst([fine, bad, fine]) == "drift"


@pytest.mark.parametrize(
    ("p_value", "now", "verdict"),
    [(0.4, 2.0, "ok"), (0.001, 1.1, "warn"), (0.001, 1.4, "drift"), (0.001, 0.5, "drift")],
)
def test_predictions_drift_where_they_moved_far_and_not_by_chance(
    p_value: float, now: float, verdict: str
) -> None:
    found = judge_predictions([Comparison("forecast a day", p_value, 1.0, now)], most=0.3)
    assert found.verdict == verdict
    assert found.statistic == pytest.approx(abs(now - 1))
    assert judge_predictions([], most=0.3).statistic is None
