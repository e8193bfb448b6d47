"""Forecasts of a file never seen: read, fitted within a budget, and how good that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.demand import DemandError
from models.demand.config import ForecastConfig
from models.demand.fitting import fit_forecaster
from models.demand.forecaster import Forecaster
from models.demand.history.classes import CLASSES, classify
from models.demand.history.histories import Histories
from models.demand.history.table import read_table
from models.demand.trials.judged import weighted_at_origins
from models.demand.trials.trial import Trial
from models.demand.trials.weights import filled
from pipelines.forecasting.accuracy import Accuracy, Floats, Tried, accuracy_by_class
from pipelines.forecasting.outlook import Outlook, outlook_of
from pipelines.forecasting.raw_file import FileError
from pipelines.forecasting.table_file import TableFile

if TYPE_CHECKING:
    import pandas as pd

Report = Callable[[str], None]
NAIVE = "seasonal_naive:"
# Members that read what is known ahead.
READING = ("trees", "xgboost")
OUTPUTS = (".csv", ".parquet", ".xlsx")
MOST_EXCEL_ROWS = 1_048_575


@dataclass(frozen=True, slots=True)
class About:
    """What the table was found to be.

    `repairs` is what was put right in it, `columns` what its columns were told to mean, `notes` what
    of it has no effect.
    """

    path: str
    series: int
    values: int
    frequency: str
    seasons: tuple[int, ...]
    measure: str
    classes: Mapping[str, int]
    columns: tuple[str, ...]
    repairs: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast of a file.

    Parameters
    ----------
    table
        The columns that name series, unique_id, ds, mean and a column a quantile.
    accuracy
        On past origins, weights of each having been chosen on the others.
    origins
        How many those were; with one, its weights were chosen on itself.
    members
        Of each class, the members with a weight, heaviest first.
    left_out
        Members that there was no time for, with about how many seconds they would have taken.
    outlook
        Of the largest series, and of all together where there are several: what is to come.
    """

    about: About
    table: pd.DataFrame
    accuracy: tuple[Accuracy, ...]
    origins: int
    members: Mapping[str, Mapping[str, float]]
    left_out: Mapping[str, float]
    outlook: tuple[Outlook, ...] = ()


def forecast_file(file: TableFile, config: ForecastConfig, report: Report) -> Ahead:
    """Return the forecast of a file's series.

    Raises
    ------
    FileError
        Where the table cannot be forecast from; with the file's own rows.
    """
    try:
        forecaster = fit_forecaster(file.table, config, report)
    except DemandError as error:
        raise file.told(error) from error
    report("forecasting")
    found = forecaster.predict()
    trial = forecaster.trial
    assert trial is not None
    classes = classify(forecaster.histories, forecaster.task)
    return Ahead(
        _about(file, forecaster),
        _with_names(file, found),
        accuracy_by_class(_tried(trial, forecaster, classes), [CLASSES[cls] for cls in classes]),
        len(trial.cuts),
        _members(forecaster, classes),
        dict(trial.left_out),
        outlook_of(forecaster.histories, found, config.horizon),
    )


@dataclass(frozen=True, slots=True)
class TrialOfFile:
    """A rolling-origin backtest of a file: everything fitted anew before each origin.

    `table` holds the forecasts: unique_id, origin (steps before the end), ds, mean, quantiles, actual.
    """

    about: About
    accuracy: tuple[Accuracy, ...]
    by_origin: Mapping[int, Accuracy]
    table: pd.DataFrame


def backtest_file(
    file: TableFile, config: ForecastConfig, origins: int, report: Report
) -> TrialOfFile:
    """Return how good forecasts from past origins would have been, one horizon apart.

    Nothing after an origin is read by what is fitted before it. The budget is shared by the origins.

    Raises
    ------
    FileError
        Where the table cannot be forecast from, or is too short for the origins.
    """
    import pandas as pd

    try:
        histories, repairs = read_table(file.table, config.rules)
    except DemandError as error:
        raise file.told(error) from error
    cuts = [config.horizon * (number + 1) for number in reversed(range(origins))]
    longest = int(histories.lengths.max())
    least = 2 * config.horizon
    if longest < cuts[0] + least:
        raise FileError(
            f"{file.path}: expected at least {cuts[0] + least} steps for {origins} origins of "
            f"{config.horizon}, found {longest} in the longest series; ask for fewer origins"
        )
    once = replace(config, seconds=config.seconds / origins if config.seconds else None)
    frames, parts, forecaster = [], [], None
    for number, cut in enumerate(cuts, 1):
        report(f"origin {number} of {origins}: fitting on all but the last {cut} steps")
        kept = histories.lengths > cut + 1
        forecaster = fit_forecaster(histories.cut(cut, kept), once, report)
        frame, part = _at_origin(forecaster, histories, cut, kept)
        frames.append(frame)
        parts.append(part)
    assert forecaster is not None
    classes = [CLASSES[cls] for cls in classify(histories, forecaster.task)]
    tried = Tried(*(np.stack(one) for one in zip(*parts, strict=True)))
    about = _about(file, replace(forecaster, histories=histories, repairs=repairs))
    by_origin = {
        cut: accuracy_by_class(_one(tried, place), classes)[0] for place, cut in enumerate(cuts)
    }
    return TrialOfFile(about, accuracy_by_class(tried, classes), by_origin, pd.concat(frames))


def store(table: pd.DataFrame, path: Path) -> None:
    """Write a forecast as CSV, Parquet or Excel, by the file's name.

    Raises
    ------
    FileError
        Where the name says none of them, or Excel cannot hold so many rows.
    """
    kind = path.suffix.casefold()
    if kind not in OUTPUTS:
        raise FileError(
            f"{path}: expected a name that ends in {', '.join(OUTPUTS)}, found {kind!r}"
        )
    if kind == ".xlsx" and len(table) > MOST_EXCEL_ROWS:
        raise FileError(
            f"{path}: Excel holds {MOST_EXCEL_ROWS:,} rows, the forecast has {len(table):,}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == ".parquet":
        table.to_parquet(path, index=False)
    elif kind == ".xlsx":
        table.to_excel(path, index=False, sheet_name="forecast")
    else:
        table.to_csv(path, index=False, float_format="%.6g")


def _at_origin(
    forecaster: Forecaster, histories: Histories, cut: int, kept: Any
) -> tuple[pd.DataFrame, tuple[Floats, ...]]:
    """The forecast at one origin as a table, and its parts of `Tried`."""
    horizon, count = forecaster.task.horizon, len(histories)
    found = forecaster.predict((0.1, 0.5, 0.9))
    actual = histories.select(kept).future(cut, horizon)
    trial = forecaster.trial
    assert trial is not None

    def whole(values: Any) -> Floats:
        wide = np.full((count, horizon), np.nan)
        wide[kept] = values
        return wide

    columns = [
        found[name].to_numpy(np.float64).reshape(-1, horizon) for name in ("mean", "q10", "q90")
    ]
    seen = forecaster.histories
    naive = seasonal_naive(seen, forecaster.task.season, horizon)
    units = np.full(count, np.nan)
    units[kept] = [_unit(seen.of(number)) for number in range(len(seen))]
    frame = found.rename(columns={"series": "unique_id", "time": "ds"})
    frame.insert(1, "steps_before_end", cut)
    frame["actual"] = actual.ravel()
    mean, low, high = (whole(one) for one in columns)
    return frame, (mean, whole(naive), whole(actual), units, low, high)


def seasonal_naive(histories: Histories, season: int, horizon: int) -> Floats:
    """Return each series' last season again and again, shape (series, horizon)."""
    rows = []
    for number in range(len(histories)):
        own = histories.of(number)
        last = own[-season:] if len(own) >= season else own[-1:]
        rows.append(np.resize(last, horizon))
    return np.array(rows)


def _unit(own: Floats) -> float:
    return float(np.abs(np.diff(own)).mean()) if len(own) > 1 else float("nan")


def _one(tried: Tried, place: int) -> Tried:
    at = slice(place, place + 1)
    assert tried.low is not None
    assert tried.high is not None
    return Tried(
        tried.forecast[at],
        tried.naive[at],
        tried.actual[at],
        tried.units[at],
        tried.low[at],
        tried.high[at],
    )


def _tried(trial: Trial, forecaster: Forecaster, classes: Any) -> Tried:
    """The ensemble at the trial's origins, each weighted by what the other origins say."""
    weighing = forecaster.config.weighing
    ensemble = weighted_at_origins(trial, forecaster.measure, classes, weighing, earlier=False)
    naive = next((n for n, name in enumerate(trial.members) if name.startswith(NAIVE)), 0)
    return Tried(ensemble, filled(trial)[naive], trial.actual, trial.units)


def _members(forecaster: Forecaster, classes: Any) -> dict[str, dict[str, float]]:
    found = {}
    for number in sorted(set(classes.tolist())):
        weights = dict(zip(forecaster.members, forecaster.weights[number].tolist(), strict=True))
        heaviest = sorted(weights.items(), key=lambda pair: -pair[1])
        found[str(CLASSES[number])] = {name: round(w, 4) for name, w in heaviest if w > 0}
    return found


def _about(file: TableFile, forecaster: Forecaster) -> About:
    histories, task = forecaster.histories, forecaster.task
    classes = [CLASSES[cls] for cls in classify(histories, task)]
    columns = file.columns
    series = " and ".join(columns.series) or "none"
    told = f"time {columns.time!r}, value {columns.value!r}, series {series}"
    told += f", known ahead {' and '.join(columns.known)}" if columns.known else ""
    return About(
        str(file.path),
        len(histories),
        len(histories.values),
        histories.frequency or "counted",
        task.seasons,
        forecaster.measure,
        {name: classes.count(name) for name in CLASSES if name in classes},
        (told, *columns.notes),
        tuple(str(one) for one in forecaster.repairs),
        _unread(forecaster),
    )


def _unread(forecaster: Forecaster) -> tuple[str, ...]:
    """What to say where columns known ahead were given and no member with a weight reads them."""
    names = forecaster.config.rules.known
    if not names or any(_reads(name) for name in forecaster.members):
        return ()
    told = f"{' and '.join(names)} change nothing here: no member that reads them was chosen"
    return (f"{told}; --budget gives them time",)


def _reads(member: str) -> bool:
    return member.partition(":")[0] in READING or "known" in member.split(":")


def _with_names(file: TableFile, found: pd.DataFrame) -> pd.DataFrame:
    """The forecast with the columns of the file that name its series."""
    table = found.rename(columns={"series": "unique_id", "time": "ds"})
    own: Sequence[str] = [name for name in file.columns.series if name not in table.columns]
    for place, name in enumerate(own):
        table.insert(place, name, file.entities[name].loc[found["series"]].to_numpy())
    return table
