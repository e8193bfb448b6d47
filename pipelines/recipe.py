"""The policy that ships, made again: `python -m pipelines.recipe FOLDER`, which goes on where it was stopped.

Not a step of the loop: it takes minutes to hours of one core, and what it makes is part of the code. Copy
`best/` and `curve.json` of the folder to models/policy/shipped to ship it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from models.policy.learning.learner import Learner
from models.policy.learning.recipe import SHIPPED, Recipe


def follow(folder: Path, recipe: Recipe, report: Callable[[str], object]) -> Path:
    """Where the best policy lies after the recipe was followed; minutes are of processor time."""
    learner = Learner(recipe, folder, time.process_time, report)
    learner.run()
    return folder / "best"


def main() -> None:
    """Follow the recipe of the policy that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    found = follow(parser.parse_args().folder, SHIPPED, lambda text: sys.stderr.write(f"{text}\n"))
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    main()
