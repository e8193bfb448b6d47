"""Backtest on time splits: fitted on what was known at an origin, scored on what was due after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.late_risk.config import LateRiskConfig
from models.late_risk.model import Report, fit, predict
from models.late_risk.schema import Floats, Schema, check_cases, days_of, known_days
from models.late_risk.scores import Scores, score


@dataclass(frozen=True, slots=True)
class Trial:
    """One origin: chances and labels of the orders due from it on, and their scores.

    rows: the orders' labels in the table's index.
    """

    origin: pd.Timestamp
    rows: pd.Index
    chance: Floats
    late: Floats
    scores: Scores


def backtest(
    table: pd.DataFrame,
    schema: Schema,
    config: LateRiskConfig,
    origins: Sequence[pd.Timestamp],
    report: Report = lambda _: None,
) -> tuple[Trial, ...]:
    """Return a trial for each origin: orders due from it to the next (the last one's: to the end).

    Nothing due or known after an origin is used for it: those rows are not passed on.
    """
    cases = check_cases(table, schema, labelled=True)
    due, known = days_of(cases[schema.due]), known_days(cases, schema)
    found = []
    ends = [*origins[1:], pd.Timestamp.max]
    for origin, end in zip(origins, ends, strict=True):
        at = days_of(pd.Series([origin]))[0]
        before = (known <= at) & (due < at)
        inside = (due >= at) & (due < days_of(pd.Series([end]))[0])
        report(f"late risk: origin {origin:%Y-%m-%d}")
        model = fit(cases[before], schema, config)
        asked = None if schema.asked else np.full(int(inside.sum()), at)
        chance = predict(model, cases[inside], asked).chance
        late = cases.loc[inside, schema.late].to_numpy(np.float64)
        found.append(Trial(origin, cases.index[inside], chance, late, score(chance, late)))
    return tuple(found)
