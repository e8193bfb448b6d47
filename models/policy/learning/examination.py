"""How a dispatcher that learns does on plants that it does not learn on: the points of its curve."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from envs.fleet.luck import CERTAIN
from envs.rules import tuned_atcs
from envs.scenarios.splits import Spread
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of
from models.policy.learning.evolution import NARROWER, played_by
from models.policy.learning.groups import assignments_of, group_of, styles_of
from models.policy.learning.styles import opening
from plant import evaluate
from plant.io.atomic import write_whole

EXAMINED = Spread()
MARKS = "marks.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the curve: cost on validation plants over what ATCS tuned for each costs.

    likely: playing in its own style, in the mean and the median over plants; best: the cheapest of so many
    styles. round, minutes and episodes are the whole recipe's; training: mean cost of the last rounds'
    episodes in hours of the plant's usual cost, over the horizon's hours.
    """

    stage: int
    kind: str
    round: int
    minutes: float
    episodes: int
    training: float
    likely: float
    median: float
    best: float

    @property
    def worth(self) -> float:
        """What points are compared by."""
        return (self.likely + self.best) / 2.0


class Examination:
    """Validation plants, each with what ATCS tuned for it costs, which is kept in a folder.

    styles: how many a plant is played in beside the policy's own.
    """

    def __init__(
        self, count: int, folder: Path, styles: int, seed: int, report: Callable[[str], object]
    ) -> None:
        file = folder / MARKS
        known: dict[str, float] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        self.styles, self.seed = styles, seed
        self.groups = []
        for number in range(count):
            (one,) = assignments_of("validation", [number], EXAMINED)
            if str(number) not in known:
                known[str(number)] = evaluate(one.plant, tuned_atcs(one.plant)).cost.total
                write_whole(file, f"{json.dumps(known)}\n".encode())
                report(f"validation plant {number}: tuned ATCS {known[str(number)]:,.0f}")
            self.groups.append((group_of([one], 1 + styles, CERTAIN), known[str(number)]))

    def shares(self, policy: Dispatcher) -> NDArray[np.float64]:
        """Costs over tuned ATCS [plants, 1 + styles], the policy's own style first."""
        rng = np.random.default_rng(self.seed)
        deviation = policy.deviation.numpy().astype(np.float64) * NARROWER
        styles = styles_of(rng, 1 + self.styles, deviation, mirrored=False)
        first = opening(policy)[: len(styles)]
        styles[: len(first)] = first
        return np.array([
            played_by(policy, group, rules_of(policy, group.figures) + styles, [0])[0]
            * group.env.scales[0] / tuned
            for group, tuned in self.groups
        ])  # fmt: skip
