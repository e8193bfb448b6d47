from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.demand.intervals import calibrate, coverage, quantiles, units_of

DEMAND = st.floats(0, 1e6, allow_nan=False)


@given(
    arrays(float, (4, 3, 2), elements=DEMAND),
    arrays(float, (4, 3, 2), elements=DEMAND),
    arrays(float, (3, 2), elements=DEMAND),
)
def test_quantiles_rise_and_are_never_negative(
    forecast: np.ndarray, actual: np.ndarray, ahead: np.ndarray
) -> None:
    low, middle, high = quantiles(ahead, calibrate(forecast, actual, ("regular", "regular")))
    assert (low >= 0).all()
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_coverage_is_as_promised_where_errors_stay_what_they_were() -> None:
    rng = np.random.default_rng(5)
    forecast = np.full((40, 14, 3), 100.0)
    actual = rng.gamma(4.0, 25.0, forecast.shape)
    low, middle, high = quantiles(forecast[0], calibrate(forecast, actual, ("regular",) * 3))
    new = rng.gamma(4.0, 25.0, (500, 14, 3))
    assert coverage(low, high, new) == pytest.approx(0.8, abs=0.03)
    assert float(np.mean(new <= middle)) == pytest.approx(0.5, abs=0.05)


def test_a_series_that_was_forecast_zero_borrows_its_classs_scores() -> None:
    forecast, actual = np.ones((30, 2, 2)), np.ones((30, 2, 2)) * 2
    forecast[..., 1] = 0.0
    found = calibrate(forecast, actual, ("regular", "regular"))
    assert found[1].tolist() == found[0].tolist() == [1.0, 1.0, 1.0]
    assert calibrate(forecast, actual, ("regular", "silent"))[1].tolist() == [0, 0, 0]


def test_a_day_without_forecast_has_no_interval() -> None:
    forecast = np.array([[0.0], [4.0]])
    assert units_of(forecast).tolist() == [[0.0], [pytest.approx(np.sqrt(8))]]
    assert quantiles(forecast, np.array([[-1.0, 0.0, 3.0]]))[:, 0, 0].tolist() == [0, 0, 0]
