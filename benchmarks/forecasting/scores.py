"""The scores that forecasting competitions and planners judge by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.demand.history.histories import Floats

# M4 scores weekly series by one-step differences: no season longer than a day of hours counts.
LONGEST_SCORED = 24


def scores_of(
    found: pd.DataFrame,
    test: pd.DataFrame,
    train: pd.DataFrame,
    seasons: Sequence[int],
    naive2: pd.DataFrame,
) -> dict[str, float]:
    """Return sMAPE, MASE, OWA (with Naive2's forecasts), RMSSE, WAPE, totals, bias and coverage.

    `found`: unique_id, ds, yhat, q2.5, q10, q90, q97.5; `test` and `train`: unique_id, ds, y. MASE
    and OWA are of the median as M4 defines them: season 1 where it is longer than 24 steps, as for
    its weekly series. RMSSE is over the mean squared one-step difference, per series.
    """
    if pd.api.types.is_datetime64_any_dtype(found["ds"]):
        test = test.assign(ds=pd.to_datetime(test["ds"]).astype(found["ds"].dtype))
    joined = test.merge(found, on=["unique_id", "ds"], how="left")
    if joined["yhat"].isna().any():
        one = joined[joined["yhat"].isna()].iloc[0]
        raise ValueError(
            f"test: expected only steps that were forecast, found series {one['unique_id']} at "
            f"{one['ds']}; give the horizon that the test file has"
        )
    season = seasons[0] if seasons[0] <= LONGEST_SCORED else 1
    scales = _scales(train, season)
    own = joined["unique_id"].map(scales["absolute"]).to_numpy()
    squared = joined["unique_id"].map(scales["squared"]).to_numpy()
    actual, mean = joined["y"].to_numpy(float), joined["yhat"].to_numpy(float)
    scores = {
        "sMAPE": _smape(mean, actual),
        "MASE": float(np.nanmean(np.abs(actual - mean) / own)),
        "RMSSE": _rmsse(joined["unique_id"], mean, actual, squared),
        "WAPE": float(np.abs(mean - actual).sum() / np.abs(actual).sum()),
        "WAPE_total": _total_wape(joined),
        "bias": float((mean - actual).sum() / np.abs(actual).sum()),
        "coverage_80": float(np.mean((actual >= joined["q10"]) & (actual <= joined["q90"]))),
        "coverage_95": float(np.mean((actual >= joined["q2.5"]) & (actual <= joined["q97.5"]))),
    }
    reference = _long(naive2, joined)
    smape = _smape(reference, actual)
    mase = float(np.nanmean(np.abs(actual - reference) / own))
    scores["OWA"] = (scores["sMAPE"] / smape + scores["MASE"] / mase) / 2
    return {name: round(value, 4) for name, value in scores.items()}


def _scales(train: pd.DataFrame, season: int) -> pd.DataFrame:
    ordered = train.sort_values(["unique_id", "ds"])
    values = ordered.groupby("unique_id")["y"]
    seasonal = values.diff(season).abs().groupby(ordered["unique_id"]).mean()
    squared = (values.diff() ** 2).groupby(ordered["unique_id"]).mean()
    return pd.DataFrame({"absolute": seasonal.replace(0, np.nan), "squared": squared})


def _smape(forecast: Floats, actual: Floats) -> float:
    both = np.abs(actual) + np.abs(forecast)
    error = np.divide(
        200 * np.abs(actual - forecast), both, out=np.zeros_like(both), where=both > 0
    )
    return float(error.mean())


def _rmsse(series: pd.Series, forecast: Floats, actual: Floats, squared: Floats) -> float:
    scaled = pd.Series((forecast - actual) ** 2 / np.where(squared > 0, squared, np.nan))
    return float(np.sqrt(scaled.groupby(series.to_numpy()).mean()).mean())


def _total_wape(joined: pd.DataFrame) -> float:
    totals = joined.groupby("unique_id")[["y", "yhat"]].sum()
    return float((totals["y"] - totals["yhat"]).abs().sum() / totals["y"].abs().sum())


def _long(naive2: pd.DataFrame, test: pd.DataFrame) -> Floats:
    wide = naive2.set_index(naive2["unique_id"].astype(str)).drop(columns="unique_id")
    step = test.groupby("unique_id")["ds"].rank(method="first").astype(int)
    columns = wide.columns.get_indexer([f"F{one}" for one in step])
    rows = wide.index.get_indexer(test["unique_id"])
    return np.asarray(wide.to_numpy(np.float64)[rows, columns])
