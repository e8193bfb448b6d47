"""Demand forecasts: one row for each origin, model, product and day."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipelines.storage.repositories.sync import Changes, Shape, sync_rows
from pipelines.storage.tables import DailyFactRow, ForecastRow

FIGURES = ("mean", "q10", "q50", "q90")


def sync_forecast(
    session: Session, frame: pd.DataFrame, origin: datetime, model: str, made_at: datetime
) -> Changes:
    """The changes that make the forecast of that origin and model the frame's.

    Parameters
    ----------
    frame
        unique_id, ds (day), mean, q10, q50, q90 in units; one row a product and day.
    origin
        The instant up to which demand was known.
    """
    shape = Shape(
        ForecastRow,
        ("origin", "model", "unique_id", "ds"),
        FIGURES,
        (ForecastRow.origin == origin, ForecastRow.model == model),
    )
    dated = frame[["unique_id", *FIGURES]].assign(
        origin=origin, model=model, ds=[day.date() for day in pd.to_datetime(frame["ds"])]
    )
    rows = dated.to_dict("records")
    for row in rows:
        row["origin"] = origin  # pandas would hand over its own type of instant
    return sync_rows(session, shape, rows, {"made_at": made_at})


def load_forecast(session: Session, origin: datetime | None = None) -> pd.DataFrame:
    """The forecast of an origin, by default the newest.

    Columns: model, unique_id, ds, mean, q10, q50, q90.
    """
    columns = ("model", "unique_id", "ds", *FIGURES)
    asked = origin if origin is not None else session.scalar(select(func.max(ForecastRow.origin)))
    query = (
        select(*(getattr(ForecastRow, name) for name in columns))
        .where(ForecastRow.origin == asked)
        .order_by(ForecastRow.model, ForecastRow.unique_id, ForecastRow.ds)
    )
    frame = pd.DataFrame([tuple(row) for row in session.execute(query)], columns=list(columns))
    return frame.assign(ds=pd.to_datetime(frame["ds"]))


def load_used_forecasts(session: Session) -> pd.DataFrame:
    """The forecast of each origin that was made last: origin (its first day), unique_id, ds, mean."""
    query = select(
        ForecastRow.origin,
        ForecastRow.made_at,
        ForecastRow.unique_id,
        ForecastRow.ds,
        ForecastRow.mean,
    ).order_by(ForecastRow.made_at)
    columns = ["origin", "made_at", "unique_id", "ds", "mean"]
    frame = pd.DataFrame([tuple(row) for row in session.execute(query)], columns=columns)
    frame = frame.drop_duplicates(["origin", "unique_id", "ds"], keep="last")
    frame = frame.assign(ds=pd.to_datetime(frame["ds"]))
    first = frame.groupby("origin")["ds"].transform("min")
    return frame.assign(origin=first)[["origin", "unique_id", "ds", "mean"]]


def list_origins(session: Session) -> list[datetime]:
    """The instants up to which demand was known to a forecast, newest first."""
    return list(
        session.scalars(select(ForecastRow.origin).distinct().order_by(ForecastRow.origin.desc()))
    )


def list_forecast_items(session: Session, origin: datetime) -> list[str]:
    """The products that were forecast from an origin on."""
    query = select(ForecastRow.unique_id).where(ForecastRow.origin == origin).distinct()
    return list(session.scalars(query.order_by(ForecastRow.unique_id)))


def load_item_forecast(
    session: Session, origin: datetime, item: str
) -> list[tuple[str, date, float, float, float, float]]:
    """One product's forecast: model, day, mean, q10, q50, q90; by model and day."""
    query = (
        select(ForecastRow.model, ForecastRow.ds, *(getattr(ForecastRow, name) for name in FIGURES))
        .where(ForecastRow.origin == origin, ForecastRow.unique_id == item)
        .order_by(ForecastRow.model, ForecastRow.ds)
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in session.execute(query)]


def load_item_history(
    session: Session, item: str, days: int
) -> list[tuple[date, float, float, float]]:
    """The last days of one product: day, units ordered, issued, produced; oldest first."""
    query = (
        select(
            DailyFactRow.ds,
            DailyFactRow.ordered_units,
            DailyFactRow.issued_units,
            DailyFactRow.produced_units,
        )
        .where(DailyFactRow.unique_id == item)
        .order_by(DailyFactRow.ds.desc())
        .limit(days)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)][::-1]
