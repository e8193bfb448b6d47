"""A model's files: JSON, the libraries' own formats, and the history as Parquet. Nothing is pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from models.rates.config import FITTED, QUANTILES, RateConfig
from models.rates.errors import RatesError
from models.rates.features import remember
from models.rates.intervals import Calibration
from models.rates.members import load_member
from models.rates.model import RateModel
from models.rates.schema import RateSchema, check_rows
from models.rates.voices import Voice
from models.stored import read_document, require_format, tuples, write_document

FORMAT = 2
MODEL_FILE = "model.json"
HISTORY_FILE = "history.parquet"


def save(model: RateModel, folder: Path) -> None:
    """Write the model into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "format": FORMAT,
        "schema": asdict(model.schema),
        "config": asdict(model.config),
        "members": [one.member for one in model.members],
        "voice": _of_voice(model.voice),
        "kinds": {kind: _of_voice(voice) for kind, voice in model.kinds.items()},
        "left_out": dict(model.left_out),
        "quantiles": QUANTILES,
    }
    write_document(folder / MODEL_FILE, document)
    for one in model.members:
        one.save(folder)
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
    return RateModel(
        schema,
        RateConfig(**tuples(document["config"])),
        remember(rows, schema),
        tuple(load_member(name, folder) for name in FITTED if name in document["members"]),
        _voice(document["voice"]),
        {kind: _voice(voice) for kind, voice in document["kinds"].items()},
        document["left_out"],
    )


def _of_voice(voice: Voice) -> dict[str, Any]:
    return {"weights": dict(voice.weights), "calibration": asdict(voice.calibration)}


def _voice(document: Mapping[str, Any]) -> Voice:
    return Voice(document["weights"], Calibration(**tuples(document["calibration"])))
