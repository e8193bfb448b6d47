"""What drift compares: the daily history, the forecast's backtest, plans and what was produced."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from models.drift import (
    MEASURES,
    Sample,
    demonstrated_share,
    executed_adherence,
    forecast_samples,
    input_samples,
    output_samples,
    prediction_samples,
    realised_windows,
)
from pipelines.context import Context
from pipelines.stamp import digest_of
from plant import Plant, Schedule

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine

RULES = "2"  # counts up where the rules of models/drift give other verdicts of the same samples
ENSEMBLE = "ensemble"
COLUMNS = ("unique_id", "ds", *MEASURES)


class DriftError(RuntimeError):
    """Drift cannot be judged; the message names the file and what is missing in it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is compared, and the two shares that no distribution says."""

    samples: tuple[Sample, ...]
    executed: float | None
    demonstrated: float
    last_day: date

    def digest(self, context: Context, ages: Mapping[str, float | None]) -> str:
        """The SHA-256 of all of it, of the models' ages, and of the parameters that judge it."""
        digest = hashlib.sha256()
        for sample in self.samples:
            digest.update(f"{sample.kind}|{sample.column}|{len(sample.reference)}|".encode())
            digest.update(sample.reference.tobytes() + sample.current.tobytes())
        shares = f"{self.executed} {self.demonstrated}"
        told = json.dumps(dict(ages), sort_keys=True)
        return digest_of([], digest.hexdigest(), shares, told, context.params.drift, RULES)


def measure(context: Context, engine: Engine) -> Measured:
    """Return what the history, the backtest, the schedule and past versions give to compare.

    Raises
    ------
    DriftError
        Where a file is missing, or lacks a column.
    """
    from plant.io import load_plant, load_schedule

    settings, params = context.settings, context.params.drift
    daily = _daily(settings.silver / "daily")
    backtest = _backtest(settings.backtest_file)
    windows = _windows(settings.metrics / "forecast_error.csv", _realised(context, engine, daily))
    for path in (settings.plant_file, settings.schedule_file):
        if not path.is_file():
            raise DriftError(f"{path}: not there, run the steps forecast, train and plan first")
    plant, schedule = load_plant(settings.plant_file), load_schedule(settings.schedule_file)
    produced = daily.rename(columns={"produced_units": "units"})[["unique_id", "ds", "units"]]
    last_day = daily["ds"].max()
    planned = _planned(plant, schedule, set(daily["unique_id"]))
    recent = produced[produced["ds"] > last_day - timedelta(days=params.current_days)]
    samples = (
        *input_samples(daily, params.reference_days, params.current_days),
        *prediction_samples(backtest, _forecast(settings.forecast_file)),
        *forecast_samples(windows, last_day, params.current_days),
        *output_samples(planned, recent),
    )
    executed = _executed(engine, produced, last_day.date())
    return Measured(samples, executed, demonstrated_share(planned, produced), last_day.date())


def _executed(engine: Engine, produced: pd.DataFrame, last_day: date) -> float | None:
    """The adherence to the newest version of which planned days have passed, if there is one."""
    from pipelines.storage import reading
    from pipelines.storage.repositories import list_versions, load_snapshot, load_version

    with reading(engine) as session:
        for meta in list_versions(session):
            if load_snapshot(session, meta.plant_id).starts_at.date() <= last_day:
                stored = load_version(session, meta.number)
                items = set(produced["unique_id"])
                return executed_adherence(_planned(stored.plant, stored.schedule, items), produced)
    return None


def _planned(plant: Plant, schedule: Schedule, items: set[str]) -> pd.DataFrame:
    """What the schedule delivers of those items: unique_id, ds (the plant's own day), units."""
    import pandas as pd

    rows = [
        (run.item, (plant.starts_at + timedelta(minutes=run.end)).date(), run.quantity)
        for run in schedule.runs
        if run.item in items
    ]
    frame = pd.DataFrame(rows, columns=["unique_id", "ds", "units"])
    frame["ds"] = pd.to_datetime(frame["ds"])
    return frame.groupby(["unique_id", "ds"], as_index=False)["units"].sum()


def _daily(folder: Path) -> pd.DataFrame:
    import pandas as pd

    if not folder.is_dir():
        raise DriftError(f"{folder}: not there, run `takt ingest` first")
    daily = pd.read_parquet(folder)
    _expect(folder, daily, COLUMNS)
    return daily.loc[:, list(COLUMNS)].assign(ds=pd.to_datetime(daily["ds"]))


def _windows(path: Path, realised: pd.DataFrame) -> pd.DataFrame:
    """The errors of the backtest and, from the first forecast that was put to use on, of those."""
    import pandas as pd

    if not path.is_file():
        raise DriftError(f"{path}: not there, run `takt forecast` first")
    errors = pd.read_csv(path)
    _expect(path, errors, ("origin", "forecaster", "wape", "bias"))
    ensemble = errors[errors["forecaster"] == ENSEMBLE].assign(
        origin=lambda rows: pd.to_datetime(rows["origin"])
    )
    columns = ["origin", "wape", "bias"]
    if not len(realised):
        return ensemble[columns]
    tried = ensemble[ensemble["origin"] < realised["origin"].min()]
    return pd.concat([tried[columns], realised[columns]], ignore_index=True)


def _realised(context: Context, engine: Engine, daily: pd.DataFrame) -> pd.DataFrame:
    """How far off the forecasts were that past plans rested on, where their days have come."""
    from pipelines.storage import reading
    from pipelines.storage.repositories.forecasts import load_used_forecasts

    with reading(engine) as session:
        used = load_used_forecasts(session)
    return realised_windows(used, daily, context.params.drift.realised_days)


def _forecast(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise DriftError(f"{path}: not there, run `takt forecast` first")
    return pd.read_parquet(path).rename(columns={"mean": "units"})


def _backtest(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise DriftError(f"{path}: not there, run `takt forecast` first")
    found = pd.read_parquet(path)
    _expect(path, found, ("origin", "unique_id", "ds", "mean"))
    return found.rename(columns={"mean": "units"})


def _expect(path: Path, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise DriftError(
            f"{path}: expected columns {', '.join(columns)}, found no {', '.join(missing)}; run the "
            "step that writes it again"
        )
