"""Real order ages: the orders of a daily history, matched first in, first out to its deliveries.

An order is what was ordered of a product on a day. It is promised for as many days after it as nearly
all of the product's orders took (`envs.fmcg.measured`), and late where its last unit came after that. Each
is looked at at the end of some days before the promise, with what was known then.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from envs.fmcg.measured import FLOWS, measure_products
from models.late_risk import Schema
from plant.arrays import Floats

RECENT_DAYS = 28
LOOKS = 3
MOST_DAYS = 60.0

# What of an order is known when its lateness is asked about.
NUMBERS = (
    "quantity_days",  # the order in days of the item's mean demand
    "queue_days",  # orders before it and itself, not yet served, in days of mean demand
    "stock_days",  # units in stock in days of mean demand
    "covered",  # stock over queue
    "days_left",  # from now to the promise
    "made_share",  # mean output over mean demand, recently
    "idle_share",  # share of recent days without output
)
SCHEMA = Schema(
    due="due",
    late="late",
    asked="asked",
    entities=("item",),
    numbers=NUMBERS,
    labels={
        "item": ("product", "품목"),
        "due": ("the promised day", "납기일"),
        "quantity_days": ("order size in days of demand", "수요 일수로 본 주문량"),
        "queue_days": ("orders still to be served, in days of demand", "미출하 주문(수요 일수)"),
        "stock_days": ("stock in days of demand", "재고(수요 일수)"),
        "covered": ("stock over orders still to be served", "미출하 주문 대비 재고"),
        "days_left": ("days left to the promise", "납기까지 남은 일수"),
        "made_share": ("recent output over demand", "수요 대비 최근 생산"),
        "idle_share": ("share of recent days without output", "최근 생산 없는 날의 비율"),
    },
)


@dataclass(frozen=True, slots=True)
class _Flows:
    """One product's flows [D] by day, cumulated, with what was open and in stock before them."""

    ordered: Floats
    delivered: Floats
    produced: Floats
    open_before: float
    stock_before: float


def order_cases(daily: pd.DataFrame, lead_quantile: float, seed: int) -> pd.DataFrame:
    """Return a row a look at an order: `SCHEMA`'s columns, and `ordered` (the day), `units`.

    Orders whose promise lies after the history and that are still open are left out: nobody knows.

    Parameters
    ----------
    daily
        ds, unique_id, {produced, ordered, delivered}_units and ordered_tonnes.
    lead_quantile
        Of days from order to delivery, by units: that many a product's orders are promised for.
    seed
        Of the days on which orders are looked at: those of an order stay the same as days go by.
    """
    daily = daily.assign(ds=pd.to_datetime(daily["ds"]))
    days = pd.date_range(daily["ds"].min(), daily["ds"].max())
    leads = {
        one.product: one.lead_days
        for one in measure_products(daily, RECENT_DAYS, 0.9, lead_quantile)
    }
    parts = []
    for product, rows in daily.groupby("unique_id"):
        wide = rows.groupby("ds")[[f"{flow}_units" for flow in FLOWS]].sum()
        flows = _flows(wide.reindex(days).fillna(0.0))
        rng = np.random.default_rng([seed, zlib.crc32(str(product).encode())])
        parts.append(_looks(str(product), flows, max(leads[str(product)], 1), days, rng))
    return pd.concat(parts, ignore_index=True)


def served_days(ordered: Floats, delivered: Floats) -> Floats:
    """Return the day (its place) on which each day's orders were delivered in full; nan: not yet.

    First in, first out; what was open before the history is served first.
    """
    flows = _flows(
        pd.DataFrame({"produced": ordered * 0.0, "ordered": ordered, "delivered": delivered})
    )
    return _served(flows)


def _flows(wide: pd.DataFrame) -> _Flows:
    columns = {flow: wide.filter(like=flow).iloc[:, 0].to_numpy(np.float64) for flow in FLOWS}
    ordered, delivered, produced = (
        np.cumsum(columns[flow]) for flow in ("ordered", "delivered", "produced")
    )
    return _Flows(
        ordered,
        delivered,
        produced,
        max(0.0, float((delivered - ordered).max(initial=0.0))),
        max(0.0, float((delivered - produced).max(initial=0.0))),
    )


def _served(flows: _Flows) -> Floats:
    place = np.searchsorted(
        np.round(flows.delivered, 6), np.round(flows.ordered + flows.open_before, 6)
    )
    days = np.maximum(place, np.arange(len(place))).astype(np.float64)
    days[place >= len(flows.delivered)] = np.nan
    return days


def _looks(
    product: str, flows: _Flows, lead: int, days: pd.DatetimeIndex, rng: np.random.Generator
) -> pd.DataFrame:
    units = np.diff(flows.ordered, prepend=0.0)
    placed = np.flatnonzero(units > 0)
    served = _served(flows)[placed]
    due = placed + lead
    # Drawn before any order is left out, so that a longer history draws the same for the first ones.
    delays = np.floor(rng.random((len(placed), LOOKS)) * lead).astype(np.int64)
    known = ~np.isnan(served) | (due < len(days))
    placed, served, due, delays = placed[known], served[known], due[known], delays[known]
    late = np.where(np.isnan(served), True, served > due)
    frames = []
    for delay in delays.T:
        drawn = placed + delay
        looked = np.minimum(drawn, len(days) - 1)
        frame = _state(flows, placed, looked)
        frame["item"], frame["units"] = product, units[placed]
        frame["days_left"] = (due - looked).astype(float)
        frame["late"] = late.astype(float)
        frame["ordered"] = days[placed]
        frame["due"] = days[0] + pd.to_timedelta(due, unit="D")
        frame["asked"] = days[looked] + pd.Timedelta(days=1)
        # What has been served in full needs no score any more.
        frames.append(frame[np.isnan(served) | (served > drawn)])
    return pd.concat(frames, ignore_index=True)


def _state(flows: _Flows, placed: np.ndarray, looked: np.ndarray) -> pd.DataFrame:
    """What was known of each order at the end of the day on which it is looked at."""
    span = np.minimum(looked + 1, RECENT_DAYS)
    demand = np.maximum(_recent(flows.ordered, looked, span), 1e-6)
    queue = flows.ordered[placed] + flows.open_before - flows.delivered[looked]
    stock = flows.stock_before + flows.produced[looked] - flows.delivered[looked]
    units = np.diff(flows.ordered, prepend=0.0)[placed]
    idle = np.concatenate([[0.0], np.cumsum(np.diff(flows.produced, prepend=0.0) <= 0)])
    return measures(
        units / demand,
        queue / demand,
        stock / demand,
        _recent(flows.produced, looked, span) / demand,
        (idle[looked + 1] - idle[looked + 1 - span]) / span,
    )


def measures(
    quantity: Floats, queue: Floats, stock: Floats, made: Floats, idle: Floats
) -> pd.DataFrame:
    """Return the numbers of orders, all in days of mean demand."""
    return pd.DataFrame(
        {
            "quantity_days": np.minimum(quantity, MOST_DAYS),
            "queue_days": np.minimum(queue, MOST_DAYS),
            "stock_days": np.minimum(stock, MOST_DAYS),
            "covered": np.minimum(stock / np.maximum(queue, 1e-6), 10.0),
            "made_share": np.minimum(made, 10.0),
            "idle_share": idle,
        }
    )


def _recent(cumulated: Floats, looked: np.ndarray, span: np.ndarray) -> Floats:
    """The mean a day over the last `span` days up to and with the one looked at."""
    padded = np.concatenate([[0.0], cumulated])
    mean: Floats = (padded[looked + 1] - padded[looked + 1 - span]) / span
    return mean
