"""What a draft costs beside tuned ATCS: `python -m benchmarks.policy_drafts [--quick] [--json]`.

Plants of the split "test", on which nothing was learnt or chosen, as planned: the policy's own style in one
episode, the cheapest of the first round of styles, and of all rounds; `--quick` takes five plants.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import arguments, progress, show
from envs.fleet.plants import Assignment
from envs.fleet_rules import episode_costs, policy_of
from envs.rules import RULES, tuned_atcs
from envs.scenarios import build
from envs.scenarios.splits import Split, scenario_of
from models.policy.draft import ROUNDS, WAYS, played
from models.policy.files import SHIPPED, load_policy
from models.policy.learning.groups import group_of
from plant import evaluate

DRAWS = 10_000
NAMES = (
    "ATCS in the simulation", "own style", f"best of {WAYS}", f"best of {4 * WAYS}",
    f"best of {WAYS * ROUNDS}",
)  # fmt: skip


def main() -> None:
    """Prints the table and the figures."""
    parser = arguments(__doc__)
    parser.add_argument("--plants", type=int, default=30)
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    parser.add_argument("--policy", type=Path, default=SHIPPED)
    options = parser.parse_args()
    count = 5 if options.quick else options.plants
    shares, seconds = _measured(options.split, count, options.policy)
    rng = np.random.default_rng(0)
    again = shares[rng.integers(count, size=(DRAWS, count))].mean(axis=1)
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    rows = [
        (name, float(shares[:, k].mean()), float(low[k]), float(high[k]), float(np.median(shares[:, k])),
         int((shares[:, k] < 1).sum()))
        for k, name in enumerate(NAMES)
    ]  # fmt: skip
    figures = {
        "plants": count,
        "split": options.split,
        "tuned_atcs_seconds": float(seconds[:, 0].mean()),
        "draft_seconds": float(seconds[:, 1].mean()),
        **{name: dict(zip(("mean", "low", "high", "median", "better"), row, strict=True))
           for name, *row in rows},
    }  # fmt: skip
    title = "Cost over that of ATCS tuned for the plant"
    columns = ("who", "mean", "from", "to", "median", f"cheaper, of {count}")
    show(title, columns, rows, figures, options.json)


def _measured(
    split: Split, count: int, folder: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares [plants, 5] of tuned ATCS's cost; processor seconds [plants, 2] of tuning and of a draft."""
    policy = load_policy(folder)
    first = Assignment(build(scenario_of(split, 0)))
    played(
        first, policy, np.random.default_rng(0), rounds=1
    )  # compiles, or loads what was compiled
    shares, seconds = [], []
    for number in range(count):
        progress(f"plant {number + 1} of {count}")
        plant = build(scenario_of(split, number))
        began = time.process_time()
        tuned = evaluate(plant, tuned_atcs(plant)).cost.total
        between = time.process_time()
        told = played(Assignment(plant), policy, np.random.default_rng(0))
        seconds.append((between - began, time.process_time() - between))
        env = group_of([Assignment(plant)], 1).env
        atcs = episode_costs(env, policy_of(env, RULES["atcs"]), 0)[0]
        draft = evaluate(plant, told.schedule)
        if not draft.feasible:
            raise RuntimeError(f"{split} plant {number}: {draft.violations[0].message}")
        costs = np.array(
            [atcs, told.own, told.costs[0].min(), told.costs[:4].min(), draft.cost.total]
        )
        shares.append(costs / tuned)
    return np.array(shares), np.array(seconds)


if __name__ == "__main__":
    main()
