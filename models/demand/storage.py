"""The storage: a forecaster in a folder, as JSON, LightGBM's own text and plain arrays."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.demand.config import ForecastConfig
from models.demand.document import read_document, write_document
from models.demand.errors import ModelError
from models.demand.forecaster import Forecaster
from models.demand.history.histories import Histories
from models.demand.history.known import Encoding, Known
from models.demand.history.repairs import Repair
from models.demand.history.table import TableRules
from models.demand.members.fits import file_of, load_fit, save_fit
from models.demand.task import Task
from models.demand.trials.blend import Blend
from models.demand.trials.calibration import Calibration
from models.demand.trials.spread import Spread
from models.demand.trials.weights import WeightRules

FORMAT = 3
# Forecasters without a blend were written so: they are read too.
WITHOUT_BLEND = 2
MODEL_FILE = "forecaster.json"
HISTORIES_FILE = "histories.npz"
KNOWN = "known_"


def save_forecaster(model: Forecaster, folder: Path) -> None:
    """Write the forecaster into the folder; nothing in it is code."""
    folder.mkdir(parents=True, exist_ok=True)
    histories, known = model.histories, model.histories.known
    document = {
        "format": FORMAT,
        "config": {**asdict(model.config), "families": dict(model.config.families)},
        "task": asdict(model.task),
        "measure": model.measure,
        "members": model.members,
        "weights": model.weights.tolist(),
        "blend": None if (own := model.blend) is None else [own.start.tolist(), own.text],
        "spread": model.spread and model.spread.text,
        "levels": model.calibration.levels,
        "bounds": model.calibration.bounds.tolist(),
        "scores": model.calibration.scores.tolist(),
        "frequency": histories.frequency,
        "names": histories.names,
        "encodings": [asdict(one) for one in known.encodings] if known else None,
        "repairs": [asdict(repair) for repair in model.repairs],
        "fits": sorted(model.fits),
    }
    write_document(folder / MODEL_FILE, document)
    arrays = {name: getattr(histories, name) for name in ("values", "offsets", "lasts")}
    if known:
        arrays |= {KNOWN + name: getattr(known, name) for name in ("values", "starts", "counts")}
    np.savez_compressed(folder / HISTORIES_FILE, **arrays)
    for name, fit in model.fits.items():
        save_fit(fit, folder / file_of(name))


def load_forecaster(folder: Path) -> Forecaster:
    """Return the forecaster that was saved in the folder.

    Raises
    ------
    ModelError
        Where a file is absent or not what `save_forecaster` writes.
    """
    return read_document(folder / MODEL_FILE, "forecaster", _from_document)


def _from_document(document: dict[str, Any], folder: Path) -> Forecaster:
    if document["format"] not in (WITHOUT_BLEND, FORMAT):
        raise ModelError(
            f"{folder / MODEL_FILE}: expected format {FORMAT}, found {document['format']}; fit it again"
        )
    given = document["config"]
    rules = given.pop("rules")
    rules = TableRules(**{**rules, "known": tuple(rules["known"])})
    weighing = WeightRules(**given.pop("weighing"))
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
            _known(document["encodings"], arrays),
        )
    return Forecaster(
        ForecastConfig(**{**given, **tuples, "rules": rules, "weighing": weighing}),
        task,
        document["measure"],
        histories,
        tuple(document["members"]),
        np.array(document["weights"]),
        {name: load_fit(name, task, folder / file_of(name)) for name in document["fits"]},
        Calibration(
            tuple(document["levels"]), np.array(document["bounds"]), np.array(document["scores"])
        ),
        tuple(Repair(**repair) for repair in document["repairs"]),
        blend=None
        if (kept := document.get("blend")) is None
        else Blend(np.array(kept[0]), kept[1]),
        spread=None if (text := document.get("spread")) is None else Spread(text),
    )


def _known(encodings: list[dict[str, Any]] | None, arrays: Any) -> Known | None:
    if encodings is None:
        return None
    made = tuple(Encoding(one["column"], tuple(one["values"])) for one in encodings)
    return Known(made, *(arrays[KNOWN + name] for name in ("values", "starts", "counts")))
