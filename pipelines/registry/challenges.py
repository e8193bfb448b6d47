"""What every challenge asks: when one is due, its days and rules, the recipe a version was made by."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.contest import Decision, Rules, first
from pipelines.json_file import store_json
from pipelines.params import ContestParams
from pipelines.platform.tracking import ModelVersion
from pipelines.registry.registry import Registry

RECIPE_FILE = "recipe.json"
MOST_ORIGINS = 4


def is_due(
    registry: Registry,
    model: str,
    recipe: str,
    can_judge_since: Callable[[date], bool],
    knows_enough: Callable[[Path], bool],
) -> bool:
    """Return whether a challenger is to be fitted.

    Enough is new since the newest version's history, its recipe is another, or it knows too little of
    what is asked about now.

    Parameters
    ----------
    can_judge_since
        Whether what came after a history that ended on that day tells a better model from a worse one.
    knows_enough
        Whether the version in that folder knows what is asked about.
    """
    newest = registry.versions(model)[0]
    if can_judge_since(registry.until(newest)):
        return True
    folder = registry.tracking.load(newest)
    return recipe_of(folder).get("recipe") != recipe or not knows_enough(folder)


def knows_half(known: set[Hashable], asked: set[Hashable]) -> bool:
    """Return whether at least half of what is asked about is known."""
    return 2 * len(asked & known) >= len(asked)


def challenge(
    registry: Registry,
    model: str,
    meeting: Callable[[ModelVersion], Decision],
    register: Callable[[], ModelVersion],
) -> ModelVersion:
    """Return the champion after the challenger met the one there is; the first has nobody to meet."""
    champion = registry.champion(model)
    decision = first("the challenger") if champion is None else meeting(champion)
    return registry.settle(register(), decision)


def origins_between(
    begin: pd.Timestamp, end: pd.Timestamp, apart: pd.Timedelta
) -> list[pd.Timestamp]:
    """Return the days on which a challenger is fitted anew, so far apart or more, and the end.

    Before the first of them a challenger of the champion's recipe knows no more than the champion did.
    """
    count = int(np.clip((end - begin) // apart, 1, MOST_ORIGINS))
    return [begin + (end - begin) * number / count for number in range(count + 1)]


def rules_of(contest: ContestParams) -> Rules:
    """Return what params.yaml asks of a challenger."""
    return Rules(contest.alpha, contest.tolerance, contest.calibration_gain)


def store_recipe(folder: Path, recipe: str, **told: Any) -> None:
    """Keep the digest of code and settings beside the model in the folder, and what else is told of it."""
    store_json(folder / RECIPE_FILE, {"recipe": recipe, **told})


def recipe_of(folder: Path) -> dict[str, Any]:
    """Return what `store_recipe` kept beside the model in the folder; nothing where it kept nothing."""
    file = folder / RECIPE_FILE
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}
