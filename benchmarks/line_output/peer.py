"""The peer of the benchmark: LightGBM as it comes, on the same columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.line_output.tables import PRODUCTS
from models.rates import RateSchema

LAG_DAYS = 7


def plain_lightgbm(schema: RateSchema, known: pd.DataFrame, ahead: pd.DataFrame) -> np.ndarray:
    """A peer: LightGBM as it comes, on the row's columns (codes for names), weekday and day.

    A product's days have no other columns: they get what it made so many days before.
    """
    import lightgbm

    seen = [_figures(schema, known, rows) for rows in (known, ahead)]
    model = lightgbm.LGBMRegressor(n_jobs=1, verbose=-1, random_state=0)
    model.fit(seen[0], known[schema.value])
    return np.maximum(model.predict(seen[1]), 0.0)


def _figures(schema: RateSchema, known: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    at = pd.to_datetime(rows[schema.at])
    found = {"weekday": at.dt.dayofweek, "day": at.dt.day}
    for name in (*schema.keys, *schema.names):
        codes = {value: code for code, value in enumerate(sorted(known[name].unique()))}
        found[name] = rows[name].map(codes)
    for name in filter(None, (schema.reference, schema.capacity, *schema.numbers)):
        found[name] = rows[name]
    if schema is PRODUCTS:
        made = known.set_index(["unique_id", "ds"])[schema.value]
        for lag in (LAG_DAYS, 2 * LAG_DAYS, 3 * LAG_DAYS, 4 * LAG_DAYS):
            before = list(zip(rows["unique_id"], at - pd.Timedelta(days=lag), strict=True))
            found[f"lag {lag}"] = made.reindex(before).to_numpy()
    return pd.DataFrame(found)
