"""A schedule: which line makes how much of what, from when to when."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from plant.errors import Problem, RecordError, ReferencesError

Lock = Literal["none", "line", "start", "all"]
LOCKS: tuple[Lock, ...] = ("none", "line", "start", "all")


@dataclass(frozen=True, slots=True)
class Run:
    """`quantity` good units of `item`, made on `line` in the minutes [start, end).

    `lock` says what later planning must leave alone: nothing, the line, the start (line left free), or
    all of line, start, end, item and quantity.
    """

    id: str
    line: str
    item: str
    start: int
    end: int
    quantity: float
    lock: Lock = "none"

    def __post_init__(self) -> None:
        problems = []
        where = f"run {self.id} on {self.line}"
        if not isinstance(self.start, int) or self.start < 0:
            problems.append(Problem(where, "start", "a whole minute of at least 0", self.start))
        if not isinstance(self.end, int) or self.end <= self.start:
            problems.append(Problem(where, "end", f"a minute after start {self.start}", self.end))
        if not (math.isfinite(self.quantity) and self.quantity > 0):
            problems.append(Problem(where, "quantity", "a number above 0", self.quantity))
        if self.lock not in LOCKS:
            problems.append(Problem(where, "lock", f"one of {', '.join(LOCKS)}", self.lock))
        if problems:
            raise RecordError(problems)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A set of runs; their order says nothing."""

    runs: tuple[Run, ...] = ()

    def __post_init__(self) -> None:
        doubles = [id for id, times in Counter(run.id for run in self.runs).items() if times > 1]
        if doubles:
            raise ReferencesError(Problem("runs", "id", "each once", id) for id in doubles)


def same_value(old: object, new: object) -> bool:
    """Whether a field of two runs says the same; quantities may differ by rounding."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new)
    return old == new
