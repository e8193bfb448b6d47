"""A model's files: JSON, the libraries' own texts, and the history as Parquet. Nothing is pickled."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, cast, get_args

import pandas as pd

from models.late_risk.calibration import Calibration
from models.late_risk.config import LateRiskConfig, Member
from models.late_risk.errors import LateRiskError
from models.late_risk.features import remember
from models.late_risk.members import load_member
from models.late_risk.model import LateRiskModel
from models.late_risk.schema import Schema, check_cases
from models.stored import read_document, require_format, tuples, write_document

FORMAT = 3
MODEL_FILE = "model.json"
HISTORY_FILE = "history.parquet"
MEMBER_FILES: dict[Member, str] = {
    "xgboost": "xgboost.json",
    "lightgbm": "lightgbm.txt",
    "randomised": "randomised.txt",
    "logistic": "logistic.json",
}


def save(model: LateRiskModel, folder: Path) -> None:
    """Write the model into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    members = [one.member for one in model.members]
    document = {
        "format": FORMAT,
        "schema": {**asdict(model.schema), "labels": dict(model.schema.labels)},
        "config": asdict(model.config),
        "members": members,
        "weights": model.weights,
        "calibration": asdict(model.calibration),
        "features": model.features,
    }
    write_document(folder / MODEL_FILE, document)
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
    return read_document(folder / MODEL_FILE, "late-risk model", _from_document, LateRiskError)


def _from_document(document: dict[str, Any], folder: Path) -> LateRiskModel:
    require_format(document, FORMAT, folder / MODEL_FILE, LateRiskError)
    schema = Schema(**tuples(document["schema"]))
    names = [cast("Member", name) for name in document["members"]]
    if not names or not set(names) <= set(get_args(Member)):
        raise LateRiskError(f"{folder / MODEL_FILE}: unknown members {names}; fit it again")
    cases = check_cases(pd.read_parquet(folder / HISTORY_FILE), schema, labelled=True)
    return LateRiskModel(
        schema,
        LateRiskConfig(**document["config"]),
        remember(cases, schema),
        tuple(
            load_member(name, (folder / MEMBER_FILES[name]).read_text(encoding="utf-8"))
            for name in names
        ),
        tuple(document["weights"]),
        Calibration(**tuples(document["calibration"])),
        tuple(document["features"]),
    )
