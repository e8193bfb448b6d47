"""Forecasts as they are shown: an item's history, its quantiles, and what each member says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from pipelines.storage import reading
from pipelines.storage.repositories import NotStoredError
from pipelines.storage.repositories.forecasts import (
    list_forecast_items,
    list_origins,
    load_item_forecast,
    load_item_history,
)


@dataclass(frozen=True, slots=True)
class ForecastDay:
    """What a model expects of a day, in units; with chance 0.1, 0.5 and 0.9 it is no more."""

    model: str
    day: date
    mean: float
    q10: float
    q50: float
    q90: float


@dataclass(frozen=True, slots=True)
class HistoryDay:
    """What was ordered, issued and produced on a day, in units."""

    day: date
    ordered: float
    issued: float
    produced: float


@dataclass(frozen=True, slots=True)
class ForecastIndex:
    """The instants up to which demand was known, newest first, and the items forecast at the newest."""

    origins: tuple[datetime, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemForecast:
    """An item's forecast from an origin on, with the history before it."""

    item: str
    origin: datetime
    days: tuple[ForecastDay, ...]
    history: tuple[HistoryDay, ...]


def forecast_index(engine: Engine) -> ForecastIndex:
    """Which forecasts are stored."""
    with reading(engine) as session:
        origins = list_origins(session)
        items = list_forecast_items(session, origins[0]) if origins else []
    return ForecastIndex(tuple(origins), tuple(items))


def forecast_of(engine: Engine, item: str, origin: datetime | None, days: int) -> ItemForecast:
    """The forecast of an item, of the newest origin where none is given.

    Parameters
    ----------
    days
        How many days of history to show.

    Raises
    ------
    NotStoredError
        Where the item was not forecast then.
    """
    with reading(engine) as session:
        origins = list_origins(session)
        asked = origin or (origins[0] if origins else None)
        rows = load_item_forecast(session, asked, item) if asked else []
        if asked is None or not rows:
            raise NotStoredError(
                f"no forecast of {item} is stored" + (f" from {asked}" if asked else "")
            )
        history = load_item_history(session, item, days)
    return ItemForecast(
        item,
        asked,
        tuple(ForecastDay(*row) for row in rows),
        tuple(HistoryDay(*row) for row in history),
    )
