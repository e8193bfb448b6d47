"""The demand forecaster on the real history: better than the plain methods, and as sure as it says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from models.demand.history.classes import classify
from models.demand.trials.judged import ENSEMBLE, scores_of
from pipelines.context import Context
from pipelines.forecasting.contest import Challenge, try_challenger
from pipelines.forecasting.history import load_history
from pipelines.params import load_params
from pipelines.platform.datasets import DatasetUnavailableError, locate_dataset
from pipelines.settings import REPOSITORY, load_settings

pytestmark = [pytest.mark.realdata, pytest.mark.slow]
CUT = date(2023, 7, 1)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Challenge:
    settings = load_settings()
    try:
        folder = locate_dataset("fmcg_production", settings, print).folder
    except DatasetUnavailableError as error:
        pytest.skip(str(error))
    silver: Path = tmp_path_factory.mktemp("silver")
    (silver / "daily").mkdir()
    pd.read_parquet(folder / "daily.parquet").to_parquet(silver / "daily" / "part-0.parquet")
    params = load_params(REPOSITORY / "params.yaml")
    context = Context(settings, params, lambda: datetime(2023, 7, 1, tzinfo=UTC), lambda line: None)
    return try_challenger(context, load_history(silver, CUT, print))


def test_the_ensemble_beats_the_plain_methods_in_the_last_eight_fortnights(
    trial: Challenge,
) -> None:
    classes = classify(trial.challenger.histories, trial.challenger.task)
    scores = scores_of(trial.trial, trial.ensemble, classes)
    of = {score.forecaster: score for score in scores if score.series_class == "all"}
    assert of[ENSEMBLE].wape < of["seasonal_naive:7"].wape - 0.04
    assert of[ENSEMBLE].wape < of["seasonal_mean:7"].wape - 0.02
    assert abs(of[ENSEMBLE].bias) < 0.1


def test_intervals_cover_about_what_they_promise(trial: Challenge) -> None:
    covered = trial.coverage_of(trial.ensemble)
    assert covered is not None
    assert 0.65 < covered < 0.9


def test_what_has_not_sold_for_eight_weeks_is_forecast_zero(trial: Challenge) -> None:
    histories = trial.challenger.histories
    ended = {
        name
        for name, cls in zip(histories.names, trial.classes, strict=True)
        if cls in ("ended", "zero")
    }
    forecast = trial.challenger.predict((0.1, 0.5, 0.9))
    by_series = forecast.groupby("series")["q90"].max()
    assert len(ended) == 10
    assert (by_series[list(ended)] == 0).all()
    assert forecast["time"].min() == pd.Timestamp(CUT)
