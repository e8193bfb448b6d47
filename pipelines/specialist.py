"""A policy for plants of one size: `python -m pipelines.specialist FOLDER --lines 50 [--rounds 60]`.

It goes on from the weights that ship, on generated plants of so many lines alone. Not a step of the loop:
what it makes is compared by `python -m benchmarks.policy --only sizes --specialist 50=FOLDER`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from models.policy.files import SHIPPED, load_policy, save_policy
from models.policy.learning.recipe import Stage
from models.policy.learning.specialist import Special, specialised

PLANTS, WAYS, POOL = 10, 16, 40


def special(
    folder: Path,
    general: Path,
    lines: int,
    days: tuple[int, int],
    rounds: int,
    report: Callable[[str], object],
) -> Special:
    """Evolve general weights on plants of one size and store what came of it in a folder."""
    stage = Stage(
        "evolve", rounds, (lines, lines), days, PLANTS, WAYS, rate=0.5, cooled=0.3, pool=POOL,
        leaning=0.1, lucky=4,
    )  # fmt: skip
    found = specialised(load_policy(general), stage, report=report)
    save_policy(found.policy, folder)
    return found


def main() -> None:
    """Make a specialist; the last line says what it costs over the general weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, required=True)
    parser.add_argument("--days", type=int, nargs=2, default=(7, 7), help="from, to")
    parser.add_argument("--rounds", type=int, default=60, help=f"of {PLANTS * WAYS} episodes")
    parser.add_argument("--general", type=Path, default=SHIPPED, help="where it starts from")
    given = parser.parse_args()
    began = time.process_time()
    found = special(
        given.folder, given.general, given.lines, tuple(given.days), given.rounds,
        lambda text: sys.stderr.write(f"{text}\n"),
    )  # fmt: skip
    seconds = time.process_time() - began
    sys.stdout.write(
        f"{found.episodes} episodes, {seconds:.0f} s of processor time: {found.over_general:+.1%} "
        f"over the general weights on validation plants; stored in {given.folder}\n"
    )


if __name__ == "__main__":
    main()
