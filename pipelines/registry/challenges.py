"""What every challenge asks: the rules of its contest, and the recipe that a version was made by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.contest import Rules
from pipelines.json_file import store_json
from pipelines.params import ContestParams

RECIPE_FILE = "recipe.json"


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
