"""Where a run of a recipe stands, stored so that one that was killed at any moment goes on as it would have.

All of it lies in one folder that takes the place of the last one: weights of one round beside the number of
another would go on to other weights.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.policy.dispatcher import Dispatcher
from models.policy.files import load_policy, save_policy
from models.policy.learning.examination import Mark
from plant.io.atomic import fresh_folder, put_in_place, recover_folder

STANDING, AVERAGE = "standing", "average"
CURVE, STATE, OPTIMIZER, FOUND = "curve.json", "state.json", "optimizer.pt", "found.npy"


@dataclass(slots=True)
class Place:
    """A stage, the rounds of it that are done, and processor minutes and episodes of the whole run."""

    stage: int = 0
    round: int = 0
    minutes: float = 0.0
    episodes: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is needed to go on: found [styles, length] is what a stage has gathered so far."""

    place: Place
    policy: Dispatcher
    average: Dispatcher
    optimizer: dict[str, Any]
    found: Sequence[NDArray[np.float64]]
    curve: Sequence[Mark]


def store_standing(standing: Standing, folder: Path) -> None:
    """Put it in the place of what was stored in the folder before; the curve lies beside it, to be read."""
    fresh = fresh_folder(folder / STANDING)
    save_policy(standing.policy, fresh)
    save_policy(standing.average, fresh / AVERAGE)
    np.save(fresh / FOUND, np.array(standing.found))
    torch.save(standing.optimizer, fresh / OPTIMIZER)
    curve = json.dumps([asdict(one) for one in standing.curve], indent=1) + "\n"
    (fresh / CURVE).write_text(curve, "utf-8")
    (fresh / STATE).write_text(json.dumps(asdict(standing.place)) + "\n", "utf-8")
    put_in_place(folder / STANDING)
    shutil.copyfile(folder / STANDING / CURVE, folder / CURVE)


def load_standing(folder: Path) -> Standing | None:
    """What was stored last in a folder; None where nothing was."""
    stored = folder / STANDING
    recover_folder(stored)
    if not stored.exists():
        return None
    points = json.loads((stored / CURVE).read_text("utf-8"))
    return Standing(
        Place(**json.loads((stored / STATE).read_text("utf-8"))),
        load_policy(stored).train(),
        load_policy(stored / AVERAGE),
        torch.load(stored / OPTIMIZER, weights_only=True),
        list(np.load(stored / FOUND)),
        [Mark(**one) for one in points],
    )
