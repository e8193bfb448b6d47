"""The rates that a plan is made with: learnt from what lines counted, where they counted enough."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from models.rates import LEAST_ROWS
from pipelines.context import Context
from pipelines.json_file import store_json
from pipelines.output.rates.line_runs import (
    HORIZON_DAYS,
    RateFit,
    RateUse,
    beliefs_of,
    fitted_or_why,
    line_runs,
    rated_plant,
)
from pipelines.output.replay import Belief
from pipelines.storage import open_database, reading
from pipelines.storage.repositories.outlooks import load_line_minutes
from plant import Plant

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

COUNTED_DAYS = 28


def with_measured_rates(context: Context, plant: Plant) -> Plant:
    """Return the plant with what its lines will make, after telling which rates are measured.

    Every capability's source, and the reason where it is master data, is kept in the rates' file.

    Raises
    ------
    pipelines.storage.StorageError, pipelines.platform.tracking.TrackingError
        Where the database, or with enough runs MLflow, cannot be used.
    """
    engine = open_database(context.settings.database_url)
    try:
        with reading(engine) as session:
            since = plant.starts_at - timedelta(days=COUNTED_DAYS)
            minutes = load_line_minutes(session, since)
    finally:
        engine.dispose()
    runs = line_runs(minutes, plant) if len(minutes) else minutes
    found, why = _found_or_why(context, runs)
    rated, uses = rated_plant(plant, found, why)
    measured = sum(one.source == "measured" for one in uses)
    told = f"; master data for the rest: {uses[0].reason}" if uses and not measured else ""
    context.report(f"rates: {measured} of {len(uses)} are measured{told}")
    _store(_file(context), uses)
    return rated


def load_beliefs(context: Context) -> dict[tuple[str, str], Belief]:
    """Return what is believed of the lines whose rates are measured; nothing where none are."""
    file = _file(context)
    if not file.is_file():
        return {}
    rows = json.loads(file.read_text("utf-8"))
    return {
        (row["line"], row["item"]): Belief(tuple(row["speed"]), tuple(row["yields"]))
        for row in rows
        if row["source"] == "measured"
    }


def _found_or_why(context: Context, runs: pd.DataFrame) -> tuple[RateFit | None, str]:
    """The champion, asked for only where a model could be fitted: with few runs MLflow is not needed."""
    if len(runs) < LEAST_ROWS:
        return fitted_or_why(runs, HORIZON_DAYS, context.params.seed)
    from pipelines.output.rates.champion import champion_rates
    from pipelines.registry import open_registry

    return champion_rates(context, open_registry(context), runs)


def _file(context: Context) -> Path:
    return context.settings.forecast_file.with_name("rates.json")


def _store(file: Path, uses: tuple[RateUse, ...]) -> None:
    beliefs = beliefs_of(uses)
    rows = [
        {"line": one.line, "item": one.item, "source": one.source, "rate": one.rate}
        | {"reason": one.reason}
        | _quantiles(beliefs.get((one.line, one.item)))
        for one in uses
    ]
    store_json(file, rows)


def _quantiles(belief: Belief | None) -> dict[str, tuple[float, float, float]]:
    if belief is None or belief.yields is None:
        return {}
    return {"speed": belief.speed, "yields": belief.yields}
