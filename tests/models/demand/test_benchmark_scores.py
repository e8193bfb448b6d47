"""The benchmark's scores, on figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.forecasting.naive2 import naive2_of
from benchmarks.forecasting.scores import scores_of


def _long(values: list[float], first: int = 1) -> pd.DataFrame:
    steps = np.arange(first, first + len(values))
    return pd.DataFrame({"unique_id": "A", "ds": steps, "y": values})


def _said(values: list[float], first: int) -> pd.DataFrame:
    found = _long(values, first).rename(columns={"y": "yhat"})
    return found.assign(**{"q2.5": 0.0, "q10": 9.0, "q90": 11.0, "q97.5": 100.0})


def test_scores_are_those_worked_out_by_hand() -> None:
    train, test = _long([8.0, 10.0, 8.0, 10.0]), _long([10.0, 14.0], 5)
    naive2 = pd.DataFrame({"unique_id": ["A"], "F1": [10.0], "F2": [10.0]})
    found = scores_of(_said([10.0, 10.0], 5), test, train, (1,), naive2)
    assert found["sMAPE"] == pytest.approx(100 * 4 / 24, abs=1e-3)
    assert found["MASE"] == pytest.approx((0 + 4 / 2) / 2)
    assert found["OWA"] == 1
    assert found["RMSSE"] == pytest.approx(np.sqrt(16 / 2 / 4), abs=1e-4)
    assert found["WAPE"] == pytest.approx(4 / 24, abs=1e-4)
    assert found["bias"] == pytest.approx(-4 / 24, abs=1e-4)
    assert found["coverage_80"] == 0.5
    assert found["coverage_95"] == 1


def test_a_step_that_was_not_forecast_is_named() -> None:
    naive2 = pd.DataFrame({"unique_id": ["A"], "F1": [1.0]})
    with pytest.raises(ValueError, match="series A at 6"):
        scores_of(_said([1.0], 5), _long([1.0, 2.0], 5), _long([1.0, 2.0]), (1,), naive2)


def test_naive2_keeps_a_clear_season_and_drops_none() -> None:
    season = np.tile([10.0, 20.0, 30.0, 40.0], 8)
    found = naive2_of(_long(season.tolist()), 4, 4).iloc[0, 1:].to_numpy(float)
    assert np.allclose(found, [10, 20, 30, 40])
    flat = naive2_of(_long(season.tolist()), 2, 1).iloc[0, 1:].to_numpy(float)
    assert flat.tolist() == [40, 40]
