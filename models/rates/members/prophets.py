"""The Prophet member: a trend and a week for each key, fitted on the means of its days."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.rates.config import Member, RateConfig
from models.rates.features import Looked, Memory
from models.rates.schema import Floats, RateSchema

FILE = "prophet.json"
LEAST_DAYS = 14
# Prophet's usual 25 turning points and 0.05 bend half a year of days after every good week.
TURNS = 8
FLEXIBILITY = 0.02


@dataclass(frozen=True, slots=True)
class Prophets:
    """Fitted models by key; a key that has none gets the level."""

    models: Mapping[str, Any]

    @property
    def member(self) -> Member:
        """Its name."""
        return "prophet"

    def predict(self, looked: Looked, memory: Memory) -> Floats:
        """Return what it expects of the rows, in the value's own unit."""
        found = looked.simple["recent_mean"].copy()
        days = np.floor(looked.days)
        key = looked.key.to_numpy()
        with _quiet():
            for name, model in self.models.items():
                rows = np.flatnonzero(key == name)
                if len(rows):
                    found[rows] = _ahead(model, days[rows])
        return found

    def save(self, folder: Path) -> None:
        """Write the models as Prophet's JSON."""
        from prophet.serialize import model_to_dict

        document = {name: model_to_dict(model) for name, model in self.models.items()}
        (folder / FILE).write_text(json.dumps(document, allow_nan=False), encoding="utf-8")


def fit_prophets(looked: Looked, value: Floats, schema: RateSchema, config: RateConfig) -> Prophets:
    """Return a model of each key with days enough."""
    table = pd.DataFrame({"key": looked.key.to_numpy(), "day": np.floor(looked.days), "y": value})
    daily = table.groupby(["key", "day"], as_index=False)["y"].mean()
    models = {}
    with _quiet():
        for name, rows in daily.groupby("key"):
            if len(rows) >= LEAST_DAYS and rows["y"].max() > 0:
                fitted = _fitted(rows, config.seed)
                if fitted is not None:
                    models[str(name)] = fitted
    return Prophets(models)


def load(folder: Path) -> Prophets:
    """Return the models that were saved in the folder."""
    from prophet.serialize import model_from_dict

    document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return Prophets({name: model_from_dict(one) for name, one in document.items()})


def _fitted(rows: pd.DataFrame, seed: int) -> Any | None:
    from prophet import Prophet

    model = Prophet(
        n_changepoints=TURNS,
        changepoint_prior_scale=FLEXIBILITY,
        yearly_seasonality=False,
        weekly_seasonality=True,
        daily_seasonality=False,
        uncertainty_samples=0,
    )
    try:
        return model.fit(pd.DataFrame({"ds": _dates(rows["day"]), "y": rows["y"]}), seed=seed)
    # Stan's optimiser gives up on some odd series; the level answers there.
    except RuntimeError:
        return None


def _ahead(model: Any, days: Floats) -> Floats:
    asked, back = np.unique(days, return_inverse=True)
    found = model.predict(pd.DataFrame({"ds": _dates(asked)}))["yhat"]
    return np.asarray(found, dtype=np.float64)[back]


def _dates(days: Any) -> Any:
    return pd.to_datetime(np.asarray(days), unit="D")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Prophet's and Stan's lines of progress out of the caller's log."""
    loggers = [logging.getLogger(name) for name in ("prophet", "prophet.plot", "cmdstanpy")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
