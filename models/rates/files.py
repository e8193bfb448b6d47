"""A model's files: JSON, the libraries' own texts, and the history as Parquet. Nothing is pickled."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from models.rates.config import BOOSTED, QUANTILES, RateConfig
from models.rates.errors import RatesError
from models.rates.features import remember
from models.rates.intervals import Calibration
from models.rates.members import load_booster
from models.rates.model import RateModel
from models.rates.schema import RateSchema, check_rows
from models.stored import read_document, require_format, tuples, write_document

FORMAT = 1
MODEL_FILE = "model.json"
HISTORY_FILE = "history.parquet"
ENDINGS = {"xgboost": "json", "lightgbm": "txt", "absolute": "txt", "own": "txt"}


def save(model: RateModel, folder: Path) -> None:
    """Write the model into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "format": FORMAT,
        "schema": asdict(model.schema),
        "config": asdict(model.config),
        "boosters": [one.member for one in model.boosters],
        "weights": model.weights,
        "quantiles": QUANTILES,
        "calibration": asdict(model.calibration),
    }
    write_document(folder / MODEL_FILE, document)
    for one in model.boosters:
        _file(folder, one.member).write_text(one.text(), encoding="utf-8")
    model.memory.rows.to_parquet(folder / HISTORY_FILE, index=False)


def load(folder: Path) -> RateModel:
    """Return the model that was saved in the folder.

    Raises
    ------
    RatesError
        Where a file is absent or not what `save` writes.
    """
    return read_document(folder / MODEL_FILE, "model of line rates", _from_document, RatesError)


def _from_document(document: dict[str, Any], folder: Path) -> RateModel:
    require_format(document, FORMAT, folder / MODEL_FILE, RatesError)
    if tuple(document["quantiles"]) != QUANTILES:
        raise RatesError(
            f"{folder / MODEL_FILE}: expected quantiles {QUANTILES}, found {document['quantiles']}; "
            "fit it again"
        )
    schema = RateSchema(**tuples(document["schema"]))
    rows = check_rows(pd.read_parquet(folder / HISTORY_FILE), schema, known=True)
    members = [name for name in BOOSTED if name in document["boosters"]]
    return RateModel(
        schema,
        RateConfig(**tuples(document["config"])),
        remember(rows, schema),
        tuple(
            load_booster(name, _file(folder, name).read_text(encoding="utf-8")) for name in members
        ),
        document["weights"],
        Calibration(**tuples(document["calibration"])),
    )


def _file(folder: Path, member: str) -> Path:
    return folder / f"{member}.{ENDINGS[member]}"
