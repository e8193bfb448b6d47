"""The contest of line rates: a challenger meets the champion on runs that neither learnt from.

These are the runs of the days after the champion's history. Before each few days of them the challenger
is fitted anew; the champion answers as it was fitted. Both know all that was made before a run's day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from models.contest import Contender, Decision, Losses, Rules, decide, first, losses_from_rows
from models.rates import LEAST_ROWS, predict, refreshed
from models.rates.schema import days_of
from models.rates.windows import Report
from pipelines.output.rates.line_runs import HORIZON_DAYS, RateFit, fit_rates
from pipelines.registry.challenges import origins_between

LEAST_NEW = 60
LEAST_DAYS = 5  # runs of one day share its luck
HORIZON = pd.Timedelta(days=HORIZON_DAYS)
KINDS = ("share", "yields")  # what is measured of a run, as a share of what is planned
PROMISED = 0.8  # of values lie between the outer two of the quantiles compared
OUTER = ("q10", "q90")


@dataclass(frozen=True, slots=True)
class Champion:
    """The champion as it stands: its name, its models, and its last day of history."""

    name: str
    model: RateFit
    until: date


def unseen(runs: pd.DataFrame, until: date) -> pd.DataFrame:
    """Return the runs of the days after a history that ended on that day."""
    return runs[runs["start"].dt.normalize() > pd.Timestamp(until)]


def can_judge(runs: pd.DataFrame) -> bool:
    """Return whether so many runs, on so many days, tell a better model from a worse one."""
    return len(runs) >= LEAST_NEW and runs["start"].dt.normalize().nunique() >= LEAST_DAYS


def meet(
    champion: Champion,
    runs: pd.DataFrame,
    seed: int,
    rules: Rules,
    attempts: int,
    report: Report,
) -> Decision:
    """Return whether the challenger takes the champion's place, by the absolute errors of its rates.

    Parameters
    ----------
    runs
        All runs that are known, `line_runs`.
    attempts
        How many contests these same data have decided so far, this one included.

    Raises
    ------
    models.rates.RatesError
        Where the champion cannot be asked about these runs.
    """
    new = unseen(runs, champion.until)
    both = _of_both(champion, runs, new, seed, report) if can_judge(new) else new.iloc[:0]
    if not can_judge(both):
        why = (
            f"{champion.name} cannot be compared: {len(new)} runs since its history, {len(both)} of "
            f"them with enough before to fit a challenger on; {LEAST_NEW} on {LEAST_DAYS} days are "
            "needed"
        )
        return first("the challenger", why, other_data=True)
    decision = decide(
        _contender(champion.name, both, "champion"),
        [_contender("the challenger", both, "challenger")],
        rules,
        attempts=attempts,
    )
    report(decision.reason)
    return decision


def said_of(model: RateFit, known: pd.DataFrame, asked: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the runs asked about, with what the models say of each at the beginning of its day.

    Columns <kind>_<by>, and with _q10 and _q90 its interval: nothing made from then on is used.
    """
    day = days_of(asked["start"].dt.normalize())
    columns = {}
    for kind, one in zip(KINDS, (model.speed, model.yields), strict=True):
        said = predict(refreshed(one, known), asked, day)
        columns[f"{kind}_{by}"] = said["mean"]
        columns |= {f"{kind}_{by}_{name}": said[name] for name in OUTER}
    return asked.assign(**columns)


def absolute_errors(runs: pd.DataFrame, by: str) -> Losses:
    """Return by day and line the absolute errors of speed and yield together, as shares of the plan."""
    error = sum(np.abs(runs[f"{kind}_{by}"] - runs[kind]) for kind in KINDS)
    days = runs["start"].dt.strftime("%Y-%m-%d")
    return losses_from_rows(list(days), list(runs["line"]), np.asarray(error))


def miscalibration(runs: pd.DataFrame, by: str) -> float:
    """Return how far the share of values within their interval is from the promised one, on average."""
    low, high = OUTER
    found = [
        runs[kind].between(runs[f"{kind}_{by}_{low}"], runs[f"{kind}_{by}_{high}"]).mean()
        for kind in KINDS
    ]
    return float(np.mean([abs(share - PROMISED) for share in found]))


def _of_both(
    champion: Champion, runs: pd.DataFrame, new: pd.DataFrame, seed: int, report: Report
) -> pd.DataFrame:
    """The new runs with what either says, but for those with too little before them."""
    parts = []
    for origin, end in pairwise(_origins(new)):
        before = runs[runs["start"] < origin]
        asked = new[(new["start"] >= origin) & (new["start"] < end)]
        if asked.empty or len(before) < LEAST_ROWS:
            continue
        report(f"rates: {champion.name} and a challenger from {origin:%Y-%m-%d} on")
        challenger = fit_rates(before, HORIZON_DAYS, seed)
        said = said_of(challenger, runs, asked, "challenger")
        parts.append(said_of(champion.model, runs, said, "champion"))
    return pd.concat(parts) if parts else new.iloc[:0]


def _origins(new: pd.DataFrame) -> list[pd.Timestamp]:
    """The first days of the challengers, a horizon or more apart, and the day after the last run."""
    begin, last = new["start"].min().normalize(), new["start"].max().normalize()
    end = last + pd.Timedelta(days=1)
    return [one.normalize() for one in origins_between(begin, end, HORIZON)]


def _contender(name: str, runs: pd.DataFrame, by: str) -> Contender:
    return Contender(name, absolute_errors(runs, by), miscalibration(runs, by))
