"""What a run of the policy's benchmark has: the policy, the plants, the seconds, and how its tables look."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from envs.scenarios.splits import Split, Spread
from models.policy.dispatcher import Dispatcher
from models.policy.evaluation import Interval, held_plants, relative
from plant import Plant

SEED = 1


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    plants, rolled: test plants as planned, and with luck. trials: episodes that the best is taken of.
    long: seconds of the optimiser's long run; search: of local search alone; hourly: of a plan in the
    closed loop. budgets: seconds that the optimiser gets from each start, coolings: how cool it begins
    there. margin: minutes that orders are planned early in the closed loop. seeds: months of luck.
    iterations: of PPO, to take its time; shorter: by what its steps are divided. learning: processor
    seconds that each form of PPO learns, on `taught` plants. spread: of the plants.
    """

    plants: int = 30
    rolled: int = 30
    trials: int = 64
    long: float = 30.0
    search: float = 1.0
    hourly: float = 0.5
    budgets: tuple[float, ...] = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
    coolings: tuple[float, ...] = (0.0, 0.5, 0.8)
    margin: int = 720
    seeds: tuple[int, ...] = (11,)
    iterations: int = 3
    shorter: int = 1
    learning: float = 90.0
    taught: int = 64
    sizes: tuple[int, ...] = (20, 50, 100)
    each_size: int = 4
    spread: Spread = Spread()
    workers: int = 2


QUICK = Effort(
    plants=2, rolled=1, trials=2, long=0.5, search=0.3, hourly=0.03, iterations=1, shorter=4, learning=3.0,
    taught=4, sizes=(5,),
    each_size=1, spread=Spread(lines=(5, 8), days=(7, 7)), budgets=(0.1, 0.3), coolings=(0.5,),
)  # fmt: skip


@dataclass(slots=True)
class Part:
    """A table of its own: title, columns, rows as they come, and figures by name."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What every part gets."""

    policy: Dispatcher
    effort: Effort
    split: Split = "test"

    def plants(self, count: int, spread: Spread | None = None) -> list[Plant]:
        """Plants on which nothing was learned, or of the split that settings are chosen on."""
        return held_plants(count, self.split, spread or self.effort.spread)


def beside(costs: Sequence[float], reference: Sequence[float]) -> Interval:
    """How much dearer than a reference, plant by plant."""
    mine, theirs = (np.array(one, float)[:, None] for one in (costs, reference))
    return relative(mine, theirs, np.random.default_rng(SEED))


def written(one: Interval) -> str:
    """An interval in percent: mean, then from what to what."""
    return f"{one.mean:+.1%} [{one.low:+.1%}, {one.high:+.1%}]"


@contextmanager
def one_core_ray() -> Iterator[None]:
    """Ray on one core, which says nothing but errors."""
    import ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR,
                 object_store_memory=200 * 2**20)  # fmt: skip
        try:
            yield
        finally:
            ray.shutdown()
