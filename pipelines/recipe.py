"""A recipe followed: `python -m pipelines.recipe FOLDER [--recipe layers]`; it goes on where it was stopped.

`shipped` makes the policy that ships again, `layers` asks its layers to learn more. Not a step of the loop:
it takes minutes to hours of one core, and what it makes is part of the code. Copy `best/` and `curve.json` of
the folder to models/policy/shipped to ship it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from models.policy.acting import one_thread
from models.policy.learning.learner import Learner
from models.policy.learning.recipe import LAYERS, SHIPPED, Recipe

RECIPES = {"shipped": SHIPPED, "layers": LAYERS}


def follow(folder: Path, recipe: Recipe, report: Callable[[str], object]) -> Path:
    """Where the best policy lies after the recipe was followed; minutes are of processor time."""
    learner = Learner(recipe, folder, time.process_time, report)
    with one_thread():
        learner.run()
    return folder / "best"


def main() -> None:
    """Follow a recipe, by default that of the policy that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipe", choices=RECIPES, default="shipped")
    given = parser.parse_args()
    recipe = RECIPES[given.recipe]
    found = follow(given.folder, recipe, lambda text: sys.stderr.write(f"{text}\n"))
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    main()
