"""A model's files: JSON, the libraries' own texts, and the history as Parquet. Nothing is pickled."""

from __future__ import annotations

import json
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
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / MODEL_FILE).write_text(text + "\n", encoding="utf-8")
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
    path = folder / MODEL_FILE
    try:
        return _from_document(json.loads(path.read_text(encoding="utf-8")), folder)
    except OSError as error:
        raise RatesError(f"{error.filename}: cannot be read: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, RatesError):
            raise
        raise RatesError(
            f"{path}: not a saved model of line rates: {error!r}; fit it again"
        ) from None


def _from_document(document: dict[str, Any], folder: Path) -> RateModel:
    if document["format"] != FORMAT or tuple(document["quantiles"]) != QUANTILES:
        raise RatesError(
            f"{folder / MODEL_FILE}: expected format {FORMAT} with quantiles {QUANTILES}, found "
            f"{document['format']} with {document['quantiles']}; fit it again"
        )
    schema = RateSchema(**_tuples(document["schema"]))
    rows = check_rows(pd.read_parquet(folder / HISTORY_FILE), schema, known=True)
    members = [name for name in BOOSTED if name in document["boosters"]]
    calibration = document["calibration"]
    return RateModel(
        schema,
        RateConfig(**_tuples(document["config"])),
        remember(rows, schema),
        tuple(
            load_booster(name, _file(folder, name).read_text(encoding="utf-8")) for name in members
        ),
        document["weights"],
        Calibration(
            tuple(calibration["edges"]), tuple(tuple(row) for row in calibration["errors"])
        ),
    )


def _file(folder: Path, member: str) -> Path:
    return folder / f"{member}.{ENDINGS[member]}"


def _tuples(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
