"""The best schedule known: kept in our own process, outside every solver, and judged by the referee."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from plant import Evaluation, Plant, Schedule, Weights, Zones, evaluate


@dataclass(frozen=True, slots=True)
class Point:
    """A step down: seconds since the solve began, total cost from then on, and which part found it."""

    seconds: float
    cost: float
    part: str


class Incumbent:
    """Takes offers from any thread; keeps the cheapest one that `plant.evaluate` finds feasible."""

    def __init__(
        self,
        plant: Plant,
        weights: Weights,
        base: Schedule | None,
        zones: Zones,
        clock: Callable[[], float] = time.monotonic,
        improved: Callable[[Point], None] = lambda _: None,
    ) -> None:
        self.plant, self.weights, self.base, self.zones = plant, weights, base, zones
        self.clock, self.improved = clock, improved
        self.began = clock()
        self.schedule: Schedule | None = None
        self.evaluation: Evaluation | None = None
        self.trajectory: list[Point] = []
        self.gains: dict[str, float] = {}
        self._lock = threading.Lock()

    @property
    def cost(self) -> float:
        """The total cost of the best; infinite before there is one."""
        return self.evaluation.cost.total if self.evaluation else float("inf")

    @property
    def elapsed(self) -> float:
        """Seconds since the solve began."""
        return self.clock() - self.began

    def offer(self, schedule: Schedule, part: str) -> bool:
        """Whether the schedule is feasible and cheaper than the best, and is the best now."""
        verdict = evaluate(self.plant, schedule, self.base, self.weights, self.zones)
        with self._lock:
            if not verdict.feasible or verdict.cost.total >= self.cost:
                return False
            if self.evaluation:
                gain = self.cost - verdict.cost.total
                self.gains[part] = self.gains.get(part, 0.0) + gain
            self.schedule, self.evaluation = schedule, verdict
            point = Point(self.elapsed, verdict.cost.total, part)
            self.trajectory.append(point)
        self.improved(point)
        return True
