"""The same forecast, whoever works at it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from models.demand.config import ForecastConfig
from models.demand.fitting import fit_forecaster
from models.demand.trials.workers import elsewhere
from pipelines.platform.cluster import spread_over
from pipelines.platform.ray import RayUnreachableError
from pipelines.settings import Settings

pytestmark = pytest.mark.integration


def _forecast(workers: int) -> pd.DataFrame:
    days = pd.date_range("2023-01-02", periods=60)
    values = np.random.default_rng(1).gamma(9.0, 1.0, (16, 60))
    table = pd.DataFrame(
        {
            "series": np.repeat([f"s{n:02}" for n in range(16)], 60),
            "time": np.tile(days, 16),
            "value": values.ravel(),
        }
    )
    members = ("seasonal_naive:7", "theta:7", "ses:1")
    return fit_forecaster(table, ForecastConfig(7, members=members, workers=workers)).predict()


@pytest.mark.parametrize("cluster", ["ray", "spark"])
def test_a_cluster_forecasts_as_this_machine_does(
    tmp_path: Path, cluster: Literal["ray", "spark"]
) -> None:
    alone, sent = _forecast(1), []
    with spread_over(Settings(data=tmp_path), cluster) as (spread, count):
        assert count >= 1

        def counted(work):  # type: ignore[no-untyped-def]
            sent.append(len(work))
            return spread(work)

        token = elsewhere.set(counted)
        try:
            together = _forecast(2)
        finally:
            elsewhere.reset(token)
    assert max(sent) > 3
    pd.testing.assert_frame_equal(alone, together)


def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, ray_address="127.0.0.1:1")
    with pytest.raises(RayUnreachableError, match=r"127\.0\.0\.1:1"), spread_over(settings, "ray"):
        pass
