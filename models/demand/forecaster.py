"""The demand forecaster: an ensemble fitted on a history, that forecasts, is saved and loaded.

Fitted on daily demand per series; seven day seasons, known closures. It is known to fail where demand
changes level for good (it takes a month to follow) and for series that sell a few times a year.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from models.demand.backtest import Backtest, forecasts_at
from models.demand.boosting import fit_booster
from models.demand.closures import Closed, fill_closed
from models.demand.config import BOOSTING, DemandConfig
from models.demand.document import read_document, write_document
from models.demand.ensemble import (
    SeriesClass,
    Weights,
    class_weights,
    classify,
    combine,
    earlier_only,
)
from models.demand.errors import ModelError
from models.demand.intervals import LEVELS, calibrate, quantiles
from models.demand.members import is_silent
from models.demand.panel import Floats, Panel

FORMAT = 1
MODEL_FILE = "model.json"
BOOSTER_FILE = "lightgbm.txt"


@dataclass(frozen=True, slots=True)
class DemandForecaster:
    """What was learnt: class and calibration of each series, weights of each class, the booster.

    Statistical members keep nothing: they are fitted anew on the history that a forecast starts from.

    Parameters
    ----------
    config
        What it was made of.
    series, classes
        Names, and each one's class when fitted.
    weights
        Per class, one weight per member in `config.members`' order.
    calibration : array, shape (series, 3)
        Score quantiles of each series (`intervals`).
    trained_until
        The last day of the history that it was fitted on.
    booster
        LightGBM's text, or None where it has no boosted member or nothing sold.
    closed
        Days that the calendar it was fitted with said are closed, later ones included.
    """

    config: DemandConfig
    series: tuple[str, ...]
    classes: tuple[SeriesClass, ...]
    weights: Weights
    calibration: Floats
    trained_until: date
    booster: str | None
    closed: tuple[date, ...] = ()


def fit(
    panel: Panel, config: DemandConfig, trial: Backtest, closed: Closed = ()
) -> DemandForecaster:
    """Return the ensemble fitted on the panel, weighted and calibrated by its backtest."""
    classes = classify(panel)
    filled = fill_closed(panel, closed)
    selling = filled.select(~is_silent(filled))
    boosted = BOOSTING in config.members and bool(selling.series)
    return DemandForecaster(
        config,
        panel.series,
        classes,
        class_weights(trial, classes, config, len(trial.origins)),
        calibrate(earlier_only(trial, classes, config), trial.actual, classes),
        panel.days[-1].astype(date),
        fit_booster(selling, config) if boosted else None,
        tuple(sorted(closed)),
    )


def predict(
    model: DemandForecaster,
    panel: Panel,
    horizon: int | None = None,
    closed: Closed | None = None,
) -> pd.DataFrame:
    """Return the forecast of the days after the panel: series, time, mean, q10, q50, q90.

    The panel holds the model's series, up to any day; all-zero series are forecast 0. `closed` are
    the closed days of history and horizon, by default those the model was fitted with.

    Raises
    ------
    ModelError
        Where the panel's series are not those of the model.
    """
    _same_series(model, panel)
    days = horizon or model.config.horizon
    mean = mean_forecast(model, panel, days, model.closed if closed is None else closed)
    q10, q50, q90 = quantiles(mean, model.calibration)
    ahead = panel.ahead(days).astype("datetime64[ns]")
    return pd.DataFrame(
        {
            "series": np.repeat(np.array(panel.series, dtype=object), days),
            "time": np.tile(ahead, len(panel.series)),
            **{
                name: values.T.ravel()
                for name, values in (("mean", mean), ("q10", q10), ("q50", q50), ("q90", q90))
            },
        }
    )


def mean_forecast(
    model: DemandForecaster, panel: Panel, horizon: int, closed: Closed = ()
) -> Floats:
    """Return the weighted mean forecast, shape (horizon, series)."""
    members = model.config.members
    total = np.sum([model.weights[cls] for cls in set(model.classes) - {"silent"}], axis=0)
    used = [name for name, weight in zip(members, np.atleast_1d(total), strict=False) if weight > 0]
    found = forecasts_at(panel, model.config, closed, used, model.booster, horizon)
    nothing = np.zeros((horizon, len(panel.series)))
    stacked = np.array([found.get(name, nothing) for name in members])
    return combine(stacked, model.classes, model.weights)


def save(model: DemandForecaster, folder: Path) -> None:
    """Write the model into the folder, as JSON and LightGBM's own text."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "format": FORMAT,
        "config": asdict(model.config),
        "trained_until": model.trained_until.isoformat(),
        "weights": {cls: list(map(float, weights)) for cls, weights in model.weights.items()},
        "levels": LEVELS,
        "closed": [day.isoformat() for day in model.closed],
        "series": [
            {"series": name, "class": cls, "calibration": list(map(float, scores))}
            for name, cls, scores in zip(
                model.series, model.classes, model.calibration, strict=True
            )
        ],
    }
    write_document(folder / MODEL_FILE, document)
    if model.booster is not None:
        (folder / BOOSTER_FILE).write_text(model.booster, encoding="utf-8")


def load(folder: Path) -> DemandForecaster:
    """Return the model that was saved in the folder.

    Raises
    ------
    ModelError
        Where a file is absent or not what `save` writes.
    """
    return read_document(folder / MODEL_FILE, "demand model", _from_document)


def _from_document(document: dict[str, Any], folder: Path) -> DemandForecaster:
    if document["format"] != FORMAT or tuple(document["levels"]) != LEVELS:
        raise ModelError(
            f"{folder / MODEL_FILE}: expected format {FORMAT} with levels {LEVELS}, found "
            f"{document['format']} with {document['levels']}; fit it again"
        )
    config = document["config"]
    rows = document["series"]
    classes = tuple(cast("SeriesClass", row["class"]) for row in rows)
    if not set(classes) <= set(get_args(SeriesClass)):
        raise ModelError(f"{folder / MODEL_FILE}: unknown class in {sorted(set(classes))}")
    has_booster = BOOSTING in config["members"] and set(classes) != {"silent"}
    return DemandForecaster(
        DemandConfig(**{**config, "members": tuple(config["members"])}),
        tuple(row["series"] for row in rows),
        classes,
        {cls: np.array(weights) for cls, weights in document["weights"].items()},
        np.array([row["calibration"] for row in rows]),
        date.fromisoformat(document["trained_until"]),
        (folder / BOOSTER_FILE).read_text(encoding="utf-8") if has_booster else None,
        tuple(date.fromisoformat(day) for day in document["closed"]),
    )


def _same_series(model: DemandForecaster, panel: Panel) -> None:
    unknown = sorted(set(panel.series) - set(model.series))
    absent = sorted(set(model.series) - set(panel.series))
    if unknown or absent:
        raise ModelError(
            f"history: expected the {len(model.series)} series the model was fitted on, found "
            f"{len(unknown)} others {unknown[:3]} and {len(absent)} missing {absent[:3]}; fit a "
            "model on this history"
        )
