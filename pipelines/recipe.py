"""A recipe followed: `python -m pipelines.recipe FOLDER [--recipe layers]`; it goes on where it was stopped.

`shipped` makes the policy that ships again, `layers` asks its layers to learn more, `imitation` shows them
the optimiser's plans, `practice` learns by PPO. Not a step of the loop:
it takes minutes to hours of one core, and what it makes is part of the code. Copy `best/` and `curve.json` of
the folder to models/policy/shipped to ship it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from models.optimize.search.annealing import search
from models.optimize.search.disaggregate import start_from
from models.policy.acting import one_thread
from models.policy.learning.learner import Learner
from models.policy.learning.recipe import IMITATION, LAYERS, PRACTICE, SHIPPED, Recipe
from pipelines.platform import ray
from pipelines.settings import Settings
from plant import Plant, Schedule

RECIPES = {"shipped": SHIPPED, "layers": LAYERS, "imitation": IMITATION, "practice": PRACTICE}
COOLED = 0.5  # a good start is lost where the search begins hot
SLICES = 8  # of local search from the last plan: 0.03 s on a small plant


def follow(folder: Path, recipe: Recipe, report: Callable[[str], object]) -> Path:
    """Where the best policy lies after the recipe was followed; minutes are of processor time."""
    learner = Learner(recipe, folder, time.process_time, report, planner=planned)
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        if any(stage.kind == "practise" for stage in recipe.stages):
            stack.enter_context(ray.connect(Settings()))
        learner.run()
    return folder / "best"


def planned(standing: Plant, left: Schedule) -> Schedule:
    """A plan by local search, from what is left of the last plan or from ATCS; the same each time."""
    start, is_kept = start_from(standing, left)
    slices, cooled = (SLICES, COOLED) if is_kept else (4 * SLICES, 0.0)
    return search(standing, start, 0.0, slices=slices, cooled=cooled).schedule


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
