"""One line of the simulated factory, minute by minute: what its runs make of the plan.

In each minute a line is, in this order: broken down; not manned; without a run; changing over; too early
for its run; waiting for material; or running, and then it may break down. A run takes its components at
its start, as in the plant model.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, MutableMapping, MutableSet, Sequence

import numpy as np

from envs.factory.records import Counted, Habits, Happening, Inspected, Stands, State
from plant import BomLine, Capability, Changeover, Line, Run

WHOLE = 1e-9  # what sums of fractions may lack of a unit


class LineAtWork:
    """A line with its runs.

    Parameters
    ----------
    line, capabilities, families, changeovers
        Its records; capabilities and components by item, changeovers by (from, to) family.
    stock, begun
        Units in stock by item, and the ids of runs that have begun; all lines share them and add to them.
    offset
        Share of a minute, in [0, 1), at which it speaks.
    """

    def __init__(
        self,
        line: Line,
        capabilities: Mapping[str, Capability],
        families: Mapping[str, str],
        changeovers: Mapping[tuple[str, str], Changeover],
        bom: Mapping[str, Sequence[BomLine]],
        stock: MutableMapping[str, float],
        begun: MutableSet[str],
        habits: Habits,
        rng: np.random.Generator,
        offset: float,
    ) -> None:
        self.line, self.rng, self.habits, self.offset = line, rng, habits, offset
        self._capabilities, self._families = capabilities, families
        self._changeovers, self._bom = changeovers, bom
        self._stock, self._begun = stock, begun
        self._shift_starts = [shift.start for shift in line.shifts]
        self._family = line.initial_family
        self._queue: list[Run] = []
        self._run: Run | None = None
        self._made = self._carry = 0.0
        self._good = self._scrap = 0
        self._since_count = self._since_look = 0
        self._setup_left: int | None = None
        self._repair_left = 0
        self._speed = 1.0
        self._runs_for = self._next_failure()
        self._told: tuple[State, str | None, str] | None = None

    def follow(self, runs: Sequence[Run]) -> None:
        """Make these runs, in time order, after the one that has begun."""
        self._queue = sorted(runs, key=lambda run: (run.start, run.id))
        if self._run is None:
            self._setup_left = None

    def tick(self, minute: int) -> Iterator[Happening]:
        """What happens on the line in the minute from `minute` on."""
        if self._repair_left > 0:
            self._repair_left -= 1
            return
        if minute < self.line.available_from or not self._is_manned(minute):
            yield from self._enter(minute, "offline")
            return
        run = self._run or (self._queue[0] if self._queue else None)
        if run is None:
            yield from self._enter(minute, "idle", None, "no run")
        elif self._run is None and not self._is_set_up(run):
            yield from self._set_up(minute, run)
        elif self._run is None and minute < run.start:
            yield from self._enter(minute, "idle", run.item, "waits for its hour")
        elif self._run is None and (short := self._short_of(run)):
            yield from self._enter(minute, "idle", run.item, f"waits for {', '.join(short)}")
        else:
            if self._run is None:
                self._begin(run)
            yield from self._make(minute, run)

    def _set_up(self, minute: int, run: Run) -> Iterator[Happening]:
        """A changeover begins so that the run can start in time, no sooner."""
        planned = self._setup_minutes(run)
        if self._setup_left is None:
            if minute < run.start - planned:
                yield from self._enter(minute, "idle", run.item, "waits for its hour")
                return
            spread = self.rng.lognormal(0.0, self.habits.setup_spread)
            self._setup_left = max(round(planned * spread), 1)
            yield from self._enter(minute, "changeover", run.item, "", minute + planned)
        else:
            yield from self._enter(minute, "changeover", run.item)
        self._setup_left -= 1
        if self._setup_left <= 0:
            self._family, self._setup_left = self._families[run.item], None

    def _begin(self, run: Run) -> None:
        for part in self._parts(run):
            self._stock[part.component] -= self._takes(part, run)
        self._begun.add(run.id)
        self._queue = [one for one in self._queue if one.id != run.id]
        self._run, self._made, self._carry = run, 0.0, 0.0
        self._family = self._families[run.item]
        self._speed = float(self.rng.lognormal(0.0, self.habits.speed_spread))

    def _make(self, minute: int, run: Run) -> Iterator[Happening]:
        self._runs_for -= 1
        if self._runs_for < 0:
            yield from self._count(minute, run)
            yield from self._break_down(minute, run)
            return
        yield from self._enter(minute, "running", run.item)
        able = self._capabilities[run.item]
        self._carry += able.rate / 60 * self._speed
        good = math.floor(self._carry + WHOLE)
        self._carry -= good
        good = min(good, math.ceil(run.quantity - self._made - WHOLE))
        self._made += good
        self._stock[run.item] += good
        self._good += good
        if good and able.yield_ < 1:
            self._scrap += int(self.rng.binomial(good, min((1 - able.yield_) / able.yield_, 1.0)))
        self._since_count += 1
        self._since_look += 1
        done = self._made >= run.quantity - WHOLE
        if done or self._since_count >= self.habits.count_every:
            yield from self._count(minute, run)
        if self._since_look >= self.habits.inspect_every:
            yield self._inspected(minute, run, able)
        if done:
            self._run = None

    def _count(self, minute: int, run: Run) -> Iterator[Happening]:
        if self._good or self._scrap:
            yield Counted(
                minute + self.offset, self.line.id, run.item, run.id, self._good, self._scrap
            )
        self._good = self._scrap = self._since_count = 0

    def _inspected(self, minute: int, run: Run, able: Capability) -> Inspected:
        self._since_look = 0
        failed = int(self.rng.binomial(self.habits.inspected, 1 - able.yield_))
        at = minute + self.offset
        return Inspected(at, self.line.id, run.item, run.id, self.habits.inspected, failed)

    def _break_down(self, minute: int, run: Run) -> Iterator[Happening]:
        median, spread = self.habits.repair_minutes, self.habits.repair_spread
        minutes = max(round(median * self.rng.lognormal(0.0, spread)), 1)
        self._repair_left = minutes - 1  # this minute is the first
        self._runs_for = self._next_failure()
        said = 5 * max(round(minutes * self.rng.uniform(0.7, 1.4) / 5), 1)
        yield from self._enter(minute, "down", run.item, "breakdown", minute + said)

    def _next_failure(self) -> int:
        return max(int(self.rng.exponential(self.habits.failure_hours * 60)), 1)

    def _enter(
        self,
        minute: int,
        state: State,
        item: str | None = None,
        reason: str = "",
        until: float | None = None,
    ) -> Iterator[Happening]:
        if self._told != (state, item, reason):
            self._told = (state, item, reason)
            ends = None if until is None else until + self.offset
            yield Stands(minute + self.offset, self.line.id, state, item, reason, ends)

    def _is_manned(self, minute: int) -> bool:
        place = bisect_right(self._shift_starts, minute) - 1
        return place >= 0 and minute < self.line.shifts[place].end

    def _is_set_up(self, run: Run) -> bool:
        return self._setup_minutes(run) == 0 and self._setup_left is None

    def _setup_minutes(self, run: Run) -> int:
        family = self._families[run.item]
        if self._family is None or self._family == family:
            return 0
        change = self._changeovers.get((self._family, family))
        return change.minutes if change else 0

    def _short_of(self, run: Run) -> list[str]:
        return [
            part.component
            for part in self._parts(run)
            if self._stock[part.component] < self._takes(part, run) - WHOLE
        ]

    def _parts(self, run: Run) -> Sequence[BomLine]:
        return self._bom.get(run.item, ())

    def _takes(self, part: BomLine, run: Run) -> float:
        return run.quantity * part.per_unit / self._capabilities[run.item].yield_
