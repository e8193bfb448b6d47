"""The storage: a forecaster in a folder, as JSON, LightGBM's own text and plain arrays."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.demand.errors import ModelError
from models.demand.general.calibration import Calibration
from models.demand.general.catalogue import Fitted, member_of
from models.demand.general.config import ForecastConfig
from models.demand.general.forecaster import Forecaster
from models.demand.general.histories import Histories
from models.demand.general.network import Network
from models.demand.general.repairs import Repair
from models.demand.general.table import TableRules
from models.demand.general.task import Task
from models.demand.general.trees import Trees

FORMAT = 1
MODEL_FILE = "forecaster.json"
HISTORIES_FILE = "histories.npz"


def save_forecaster(model: Forecaster, folder: Path) -> None:
    """Write the forecaster into the folder; nothing in it is code."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "format": FORMAT,
        "config": {**asdict(model.config), "families": dict(model.config.families)},
        "task": asdict(model.task),
        "measure": model.measure,
        "members": model.members,
        "weights": model.weights.tolist(),
        "levels": model.calibration.levels,
        "bounds": model.calibration.bounds.tolist(),
        "scores": model.calibration.scores.tolist(),
        "frequency": model.histories.frequency,
        "names": model.histories.names,
        "repairs": [asdict(repair) for repair in model.repairs],
        "fits": sorted(model.fits),
    }
    text = json.dumps(document, indent=1, allow_nan=False)
    (folder / MODEL_FILE).write_text(text + "\n", encoding="utf-8")
    known = model.histories
    np.savez_compressed(
        folder / HISTORIES_FILE, values=known.values, offsets=known.offsets, lasts=known.lasts
    )
    for name, fit in model.fits.items():
        _save_fit(fit, folder / _file_of(name))


def load_forecaster(folder: Path) -> Forecaster:
    """Return the forecaster that was saved in the folder.

    Raises
    ------
    ModelError
        Where a file is absent or not what `save_forecaster` writes.
    """
    path = folder / MODEL_FILE
    try:
        return _from_document(json.loads(path.read_text(encoding="utf-8")), folder)
    except OSError as error:
        raise ModelError(f"{error.filename}: cannot be read: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path}: not a saved forecaster: {error!r}; fit it again") from None


def _from_document(document: dict[str, Any], folder: Path) -> Forecaster:
    if document["format"] != FORMAT:
        raise ModelError(
            f"{folder / MODEL_FILE}: expected format {FORMAT}, found {document['format']}; fit it again"
        )
    given = document["config"]
    rules = TableRules(**given.pop("rules"))
    tuples = {name: tuple(given.pop(name)) for name in ("seasons", "members")}
    task = document["task"]
    task = Task(**{**task, "seasons": tuple(task["seasons"])})
    with np.load(folder / HISTORIES_FILE, allow_pickle=False) as arrays:
        histories = Histories(
            tuple(document["names"]),
            arrays["values"],
            arrays["offsets"],
            arrays["lasts"],
            document["frequency"],
        )
    return Forecaster(
        ForecastConfig(**{**given, **tuples, "rules": rules}),
        task,
        document["measure"],
        histories,
        tuple(document["members"]),
        np.array(document["weights"]),
        {name: _load_fit(name, task, folder / _file_of(name)) for name in document["fits"]},
        Calibration(
            tuple(document["levels"]), np.array(document["bounds"]), np.array(document["scores"])
        ),
        tuple(Repair(**repair) for repair in document["repairs"]),
    )


def _file_of(name: str) -> str:
    return name.replace(":", "_") + (".txt" if member_of(name).kind == "trees" else ".npz")


def _save_fit(fit: Fitted, path: Path) -> None:
    if isinstance(fit, Trees):
        path.write_text(fit.text, encoding="utf-8")
    elif isinstance(fit, Network):
        np.savez_compressed(path, **fit.arrays)  # type: ignore[arg-type]


def _load_fit(name: str, task: Task, path: Path) -> Fitted:
    member = member_of(name)
    if member.kind == "trees":
        return Trees(path.read_text(encoding="utf-8"), task, member.argument)  # type: ignore[arg-type]
    with np.load(path, allow_pickle=False) as arrays:
        return Network(int(member.argument), dict(arrays))
