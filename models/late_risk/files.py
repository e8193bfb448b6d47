"""A model's files: JSON, the libraries' own texts, and the history as Parquet. Nothing is pickled."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast, get_args

import pandas as pd

from models.late_risk.calibration import Calibration
from models.late_risk.config import LateRiskConfig, Member
from models.late_risk.errors import LateRiskError
from models.late_risk.features import remember
from models.late_risk.members import Lightgbm, Logistic, Xgboost, load_member
from models.late_risk.model import LateRiskModel
from models.late_risk.schema import Schema, check_cases

FORMAT = 1
MODEL_FILE = "model.json"
HISTORY_FILE = "history.parquet"
MEMBER_FILES: dict[Member, str] = {
    "xgboost": "xgboost.json",
    "lightgbm": "lightgbm.txt",
    "logistic": "logistic.json",
}
_KINDS: dict[type, Member] = {Xgboost: "xgboost", Lightgbm: "lightgbm", Logistic: "logistic"}


def save(model: LateRiskModel, folder: Path) -> None:
    """Write the model into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    members = [_KINDS[type(member)] for member in model.members]
    document = {
        "format": FORMAT,
        "schema": {**asdict(model.schema), "labels": dict(model.schema.labels)},
        "config": asdict(model.config),
        "members": members,
        "weights": model.weights,
        "calibration": asdict(model.calibration),
        "features": model.features,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / MODEL_FILE).write_text(text + "\n", encoding="utf-8")
    for name, member in zip(members, model.members, strict=True):
        (folder / MEMBER_FILES[name]).write_text(member.text(), encoding="utf-8")
    model.memory.cases.to_parquet(folder / HISTORY_FILE, index=False)


def load(folder: Path) -> LateRiskModel:
    """Return the model that was saved in the folder.

    Raises
    ------
    LateRiskError
        Where a file is absent or not what `save` writes.
    """
    path = folder / MODEL_FILE
    try:
        return _from_document(json.loads(path.read_text(encoding="utf-8")), folder)
    except OSError as error:
        raise LateRiskError(f"{error.filename}: cannot be read: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, LateRiskError):
            raise
        raise LateRiskError(
            f"{path}: not a saved late-risk model: {error!r}; fit it again"
        ) from None


def _from_document(document: dict[str, Any], folder: Path) -> LateRiskModel:
    if document["format"] != FORMAT:
        raise LateRiskError(
            f"{folder / MODEL_FILE}: expected format {FORMAT}, found {document['format']}; fit it again"
        )
    schema = _schema(document["schema"])
    names = [cast("Member", name) for name in document["members"]]
    if not names or not set(names) <= set(get_args(Member)):
        raise LateRiskError(f"{folder / MODEL_FILE}: unknown members {names}; fit it again")
    cases = check_cases(pd.read_parquet(folder / HISTORY_FILE), schema, labelled=True)
    calibration = document["calibration"]
    return LateRiskModel(
        schema,
        LateRiskConfig(**document["config"]),
        remember(cases, schema),
        tuple(
            load_member(name, (folder / MEMBER_FILES[name]).read_text(encoding="utf-8"))
            for name in names
        ),
        tuple(document["weights"]),
        Calibration(
            **{
                **calibration,
                "knots": tuple(calibration["knots"]),
                "chances": tuple(calibration["chances"]),
            }
        ),
        tuple(document["features"]),
    )


def _schema(document: dict[str, Any]) -> Schema:
    names: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
    names["pairs"] = tuple(tuple(pair) for pair in document["pairs"])
    names["labels"] = {key: tuple(value) for key, value in document["labels"].items()}
    return Schema(**names)
