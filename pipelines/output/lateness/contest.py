"""The contest of late risk: a challenger meets the champion on looks at orders that neither learnt from.

Two ways lead to such looks. Those made after the champion's history: on them the champion answers as it
is, and the challenger is fitted anew before each fortnight of them. Where there are too few: those that
each was tried on before it was fitted for good, where both were tried on the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from models.contest import Contender, Decision, Losses, Rules, decide, first, losses_from_rows
from models.late_risk import LateRiskConfig, LateRiskModel, fit, predict, refreshed, reliability
from models.late_risk.model import Report
from models.late_risk.schema import days_of, known_days
from pipelines.output.lateness.ages import SCHEMA
from pipelines.output.lateness.orders import LOOK
from pipelines.registry.challenges import origins_between

LEAST_LOOKS = 200
LEAST_EACH = 10  # late ones, and ones in time, without which chances cannot be judged
FORTNIGHT = pd.Timedelta(days=14)
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Champion:
    """The champion as it stands: its name, its last day of history, and what it was tried on."""

    name: str
    model: LateRiskModel
    until: date
    tried: pd.DataFrame


def unseen(cases: pd.DataFrame, until: date) -> pd.DataFrame:
    """Return the looks made after a history that ended on that day: their ends were not in it."""
    return cases[cases["asked"] > pd.Timestamp(until)]


def can_judge(looks: pd.DataFrame) -> bool:
    """Return whether so many looks, late and in time, tell a better model from a worse one."""
    late = int(looks["late"].sum())
    return len(looks) >= LEAST_LOOKS and min(late, len(looks) - late) >= LEAST_EACH


def meet(
    champion: Champion,
    cases: pd.DataFrame,
    tried: pd.DataFrame,
    config: LateRiskConfig,
    rules: Rules,
    attempts: int,
    report: Report,
) -> Decision:
    """Return whether the challenger takes the champion's place, by the squared error of the chances.

    Parameters
    ----------
    cases
        All looks at the history's orders, `order_cases`.
    tried
        What the challenger was tried on: `LOOK`'s columns, `late`, `chance`.
    attempts
        How many contests these same data have decided so far, this one included.
    """
    new = unseen(cases, champion.until)
    if can_judge(new):
        both = _on_new_looks(champion, cases, new, config, report)
    else:
        both = tried.merge(champion.tried, on=[*LOOK, "late"], suffixes=("", "_champion"))
    if not can_judge(both):
        return first("the challenger", _nothing_shared(champion, both, new), other_data=True)
    decision = decide(
        _contender(champion.name, both, "chance_champion"),
        [_contender("the challenger", both, "chance")],
        rules,
        overlap=max(1, int(np.ceil((both["due"] - both["asked"]).dt.days.mean() / WEEK_DAYS))),
        attempts=attempts,
    )
    report(decision.reason)
    return decision


def squared_errors(looks: pd.DataFrame, chance: str) -> Losses:
    """Return the squared errors of the chances by week and product."""
    week = (looks["asked"] - looks["asked"].min()).dt.days // WEEK_DAYS
    error = (looks[chance] - looks["late"]) ** 2
    return losses_from_rows([f"{one:04d}" for one in week], list(looks["item"]), error)


def _on_new_looks(
    champion: Champion,
    cases: pd.DataFrame,
    new: pd.DataFrame,
    config: LateRiskConfig,
    report: Report,
) -> pd.DataFrame:
    """The new looks with either's chances, each from what was known at the origin before it."""
    due, known = days_of(cases[SCHEMA.due]), known_days(cases, SCHEMA)
    parts = []
    for origin, end in pairwise(_origins(new)):
        at = days_of(pd.Series([origin]))[0]
        before = cases[(known <= at) & (due < at)]
        asked = new[(new["asked"] >= origin) & (new["asked"] < end)]
        if asked.empty:
            continue
        report(f"late risk: {champion.name} and a challenger from {origin:%Y-%m-%d} on")
        challenger = fit(before, SCHEMA, config)
        parts.append(
            asked.assign(
                chance=predict(challenger, asked).chance,
                chance_champion=predict(refreshed(champion.model, before), asked).chance,
            )
        )
    return pd.concat(parts)


def _origins(new: pd.DataFrame) -> list[pd.Timestamp]:
    """The origins of the challenger, a fortnight apart or more, and the end after them."""
    begin, end = new["asked"].min(), new["asked"].max() + pd.Timedelta(days=1)
    return origins_between(begin, end, FORTNIGHT)


def _contender(name: str, looks: pd.DataFrame, chance: str) -> Contender:
    bins = reliability(looks[chance].to_numpy(np.float64), looks["late"].to_numpy(np.float64))
    distance = sum(one.orders * abs(one.said - one.came) for one in bins) / len(looks)
    return Contender(name, squared_errors(looks, chance), distance)


def _nothing_shared(champion: Champion, both: pd.DataFrame, new: pd.DataFrame) -> str:
    return (
        f"{champion.name} cannot be compared: {len(new)} looks at orders since its history, "
        f"{len(both)} that both were tried on, {LEAST_LOOKS} are needed"
    )
