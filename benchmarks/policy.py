"""What the learned policy is worth: `python -m benchmarks.policy [--quick] [--only PART ...] [--json]`.

Parts: static (30 held plants as planned: rules, the policy, the best of 64, local search, the optimiser's
long run), closed (the same with breakdowns, late material and rush orders, against replanning by local
search every hour), starts (how soon the optimiser is where it would be after a second), sizes (20, 50,
100 lines with the same weights), preferences (other objectives, with the same weights), speed (PPO as one
agent and as fifty; a decision's milliseconds), forms (what one agent and a line an agent learn in as many
processor seconds, `--learning`). `--policy FOLDER` takes other weights than those shipped, `--specialist
LINES=FOLDER` adds a policy that was trained for one size (`python -m pipelines.specialist`),
`--fine-tuned LINES=FOLDER` one that learnt there for a little. `--long` sets the optimiser's seconds, 0
for none; `--margin` by how much plans are early. `--seeds` has the closed loop met with more luck.
`--split validation` takes the plants that settings are chosen on, `--plants`, `--lines` and `--days`
fewer or smaller plants. Seconds are processor time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.dispatching import closed, forms, preferences, sizes, speed, starts, static
from benchmarks.dispatching.scope import QUICK, Effort, Part, Scene
from benchmarks.report import arguments, show, show_table
from models.policy.files import SHIPPED, load_policy

SEEDS_APART = 1_000  # the next plant has the next seed
PARTS = ("static", "closed", "starts", "sizes", "preferences", "speed", "forms")


def main() -> None:
    """Prints a table a part, and all figures as the last line."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--policy", type=Path, default=SHIPPED)
    parser.add_argument("--specialist", action="append", default=[], metavar="LINES=FOLDER")
    parser.add_argument("--fine-tuned", action="append", default=[], metavar="LINES=FOLDER")
    parser.add_argument("--long", type=float, help="seconds of the optimiser, instead of its own")
    parser.add_argument("--margin", type=int, default=Effort().margin, help="minutes")
    parser.add_argument("--learning", type=float, help="seconds that each form learns")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--plants", type=int, help="how many, instead of the part's own number")
    parser.add_argument("--seeds", type=int, help="months of luck a plant in the closed loop")
    parser.add_argument("--sizes", type=int, nargs="+", help="lines of the part of that name")
    for name in ("lines", "days"):
        parser.add_argument(f"--{name}", type=int, nargs=2, help="from, to, instead of the split's")
    options = parser.parse_args()
    torch.set_num_threads(1)
    scene = Scene(load_policy(options.policy), _effort(options), options.split)
    special, fine = _folders(options.specialist), _folders(options.fine_tuned)
    measures: dict[str, Callable[[], Part]] = {
        "static": lambda: static.measure(scene),
        "closed": lambda: closed.measure(scene),
        "starts": lambda: starts.measure(scene),
        "sizes": lambda: sizes.measure(scene, special, fine),
        "preferences": lambda: preferences.measure(scene),
        "speed": lambda: speed.measure(scene),
        "forms": lambda: forms.measure(scene),
    }
    figures: dict[str, object] = {}
    for name in options.only:
        part = measures[name]()
        figures[name] = part.figures
        if name == options.only[-1]:
            show(part.title, part.columns, part.rows, figures, options.json)
        elif not options.json:
            show_table(part.title, part.columns, part.rows)


def _folders(given: Sequence[str]) -> dict[int, Path]:
    pairs = (one.split("=", 1) for one in given)
    return {int(lines): Path(folder) for lines, folder in pairs}


def _effort(options: argparse.Namespace) -> Effort:
    effort = replace(QUICK if options.quick else Effort(), margin=options.margin)
    if options.plants:
        effort = replace(
            effort, plants=options.plants, rolled=options.plants, each_size=options.plants
        )
    if options.long is not None:
        effort = replace(effort, long=options.long)
    if options.learning:
        effort = replace(effort, learning=options.learning)
    if options.seeds:
        effort = replace(effort, seeds=tuple(SEEDS_APART * k + 11 for k in range(options.seeds)))
    if options.sizes:
        effort = replace(effort, sizes=tuple(options.sizes))
    lines, days = (tuple(one) if one else None for one in (options.lines, options.days))
    spread = replace(
        effort.spread, lines=lines or effort.spread.lines, days=days or effort.spread.days
    )
    return replace(effort, spread=spread)


if __name__ == "__main__":
    main()
