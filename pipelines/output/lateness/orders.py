"""Late orders: the model of real order ages is fitted, and scores the orders of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd

from envs.history import simulate_history
from envs.history.figures import History
from models.late_risk import (
    LateRiskConfig,
    LateRiskModel,
    Scores,
    backtest,
    fit,
    predict,
    reasons,
)
from models.late_risk.model import Report
from pipelines.output.lateness.ages import MOST_DAYS, RECENT_DAYS, SCHEMA, measures, order_cases
from pipelines.output.stockouts import Foresight
from pipelines.storage.repositories.outlooks import OrderRisk
from plant import Order, Plant
from plant.model import MINUTES_PER_DAY

ROUNDS = 120
TESTED_SHARE = 0.25  # of the days, at the end: what the fit is judged on
REPLAY = "replay"  # what scores orders that nobody placed yet
LOOK = ("item", "ordered", "due", "asked")  # what names a look at an order


@dataclass(frozen=True, slots=True)
class LateRiskFit:
    """A fitted model, the real orders that it was fitted on, and its scores on the last of them.

    tried: looks at orders of the last quarter of the days (`LOOK`'s columns, `late`, `chance`), their
    chances by a model fitted before them as this one was; scores: of those chances.
    """

    model: LateRiskModel
    orders: int
    looks: int
    simulated: int
    tried: pd.DataFrame
    scores: Scores


def fit_late_risk(
    daily: pd.DataFrame,
    lead_quantile: float,
    seed: int,
    simulated: int = 0,
    rounds: int = ROUNDS,
    report: Report = lambda _: None,
) -> LateRiskFit:
    """Return the model of the history's real order ages, and of so many simulated histories beside them.

    It is judged on real orders alone.

    Parameters
    ----------
    daily
        ds, unique_id, {produced, ordered, delivered}_units, ordered_tonnes.

    Raises
    ------
    models.late_risk.LateRiskError
        Where the history has too few orders.
    """
    real = order_cases(daily, lead_quantile, seed)
    made_up = [_simulated(number, seed, lead_quantile, real) for number in range(simulated)]
    config = late_risk_config(seed, rounds)
    days = pd.to_datetime(daily["ds"])
    origin = days.max() - (days.max() - days.min()) * TESTED_SHARE
    (trial,) = backtest(
        pd.concat([real, *(part[part["due"] < origin] for part in made_up)], ignore_index=True),
        SCHEMA,
        config,
        [pd.Timestamp(origin).normalize()],
        report,
    )
    model = fit(pd.concat([real, *made_up], ignore_index=True), SCHEMA, config, report)
    orders = len(real.drop_duplicates(["item", "ordered"]))
    tried = real.loc[trial.rows, [*LOOK, "late"]].assign(chance=trial.chance)
    return LateRiskFit(model, orders, len(real), simulated, tried, trial.scores)


def late_risk_config(seed: int, rounds: int = ROUNDS) -> LateRiskConfig:
    """Return what a model of order ages is made of: half a year of them is not much."""
    return LateRiskConfig(rounds=rounds, folds=3, half_life_days=365.0, seed=seed % 2**31)


def score_late_risk(
    model: LateRiskModel,
    name: str,
    plant: Plant,
    daily: pd.DataFrame,
    foresight: Foresight | None = None,
) -> tuple[OrderRisk, ...]:
    """Return how likely each order of the plant will be late, and why.

    Firm orders that are not due yet are scored by the model; others, and forecast ones, have the
    chance that replaying the schedule gives them, and are left out where nothing was replayed.

    Parameters
    ----------
    name
        What the model is called, with its version.
    """
    replayed = {one.order: one for one in foresight.orders} if foresight else {}
    firm = [one for one in plant.orders if one.source == "firm" and one.due > 0]
    found = []
    if firm:
        cases = open_cases(plant, firm, daily)
        scored = predict(model, cases)
        for order, chance, why in zip(firm, scored.chance, reasons(model, scored), strict=True):
            told = tuple(
                {
                    "code": one.code, "column": one.column, "name": one.name, "value": one.value,
                    "share": round(one.share, 4), "en": one.text("en", SCHEMA),
                    "ko": one.text("ko", SCHEMA),
                }
                for one in why
            )  # fmt: skip
            found.append(OrderRisk(order.id, float(chance), None, None, told, name))
    by_model = {one.order: one for one in found}
    for id, outlook in replayed.items():
        risk = by_model.get(id) or OrderRisk(id, outlook.chance, None, None, (), REPLAY)
        by_model[id] = replace(risk, replayed=outlook.chance, late_units=outlook.late_units)
    return tuple(sorted(by_model.values(), key=lambda one: one.order))


def open_cases(plant: Plant, orders: Sequence[Order], daily: pd.DataFrame) -> pd.DataFrame:
    """Return the plant's open orders as rows of `SCHEMA`, as they look at the horizon's start."""
    start = _local(plant.starts_at)
    daily = daily.assign(ds=pd.to_datetime(daily["ds"]))
    recent = daily[(daily["ds"] < start) & (daily["ds"] >= start - pd.Timedelta(days=RECENT_DAYS))]
    ordered = recent.groupby("unique_id")["ordered_units"].sum() / RECENT_DAYS
    made = recent.groupby("unique_id")["produced_units"].sum() / RECENT_DAYS
    worked = recent[recent["produced_units"] > 0].groupby("unique_id").size() / RECENT_DAYS
    stock = {item.id: item.stock for item in plant.items}
    queue = _queues(plant)
    items = [order.item for order in orders]

    def of(figures: pd.Series) -> np.ndarray:
        found: np.ndarray = figures.reindex(items).fillna(0.0).to_numpy(np.float64)
        return found

    demand = np.maximum(of(ordered), 1e-6)
    due = np.array([order.due for order in orders])
    table = measures(
        np.array([order.quantity for order in orders]) / demand,
        np.array([queue[order.id] for order in orders]) / demand,
        np.array([stock[item] for item in items]) / demand,
        of(made) / demand,
        1.0 - of(worked),
    )
    return table.assign(
        item=items,
        # As in the order ages: days are counted from the end of the day before the horizon.
        days_left=np.minimum(due // MINUTES_PER_DAY + 1, MOST_DAYS).astype(float),
        asked=start,
        due=start + pd.to_timedelta(due // MINUTES_PER_DAY, unit="D"),
    )


def _queues(plant: Plant) -> dict[str, float]:
    """Units of each firm order and of those of its item that are served before it."""
    total: dict[str, float] = {}
    found = {}
    for order in sorted(plant.orders, key=lambda one: (one.due, -one.weight, one.id)):
        if order.source == "firm":
            total[order.item] = total.get(order.item, 0.0) + order.quantity
            found[order.id] = total[order.item]
    return found


def _simulated(number: int, seed: int, lead_quantile: float, real: pd.DataFrame) -> pd.DataFrame:
    """The order ages of a simulated history that ends when the real one does."""
    rng = np.random.default_rng([seed, 2, number])
    history: History = simulate_history(rng)
    cases = order_cases(history.daily, lead_quantile, seed + number)
    moved = real["asked"].max() - cases["asked"].max()
    times = {name: cases[name] + moved for name in ("asked", "due", "ordered")}
    return cases.assign(item=f"simulated {number} " + cases["item"], **times)


def _local(instant: datetime) -> pd.Timestamp:
    """The instant's own clock, without its zone: that of the history's days."""
    return pd.Timestamp(instant.replace(tzinfo=None))
