"""Why a run is no earlier: the walk back from a delivery through line predecessors and material.

A run is held by what ends last: the run before it on its line with the changeover, the supply that its
components were pegged to, a lock, or the frozen zone. What it is pegged to lies there for it from the
supply on, so a run that nothing holds can start as soon as the later of line and material allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from plant.arrays import plant_arrays, run_arrays
from plant.calendar import NEVER, next_manned, run_start, worked_between
from plant.evaluate import HELD_BY_LOCK, Evaluation, Weights, Zones
from plant.explain_stock import Profile, profiles
from plant.explain_texts import Said, Value, say
from plant.model import Plant
from plant.pegging import Peg
from plant.schedule import Run, Schedule

CauseKind = Literal[
    "delivery", "capacity", "changeover", "material", "upstream", "lock", "frozen", "gap",
    "horizon", "overdue", "unplanned", "serves",
]  # fmt: skip
KIND_OF: dict[str, CauseKind] = {
    "available": "capacity",
    "plan_start": "capacity",
    "full": "capacity",
    "arrival": "material",
    "missing": "material",
    "no_material": "material",
    "not_made": "material",
    "resupply": "delivery",
    "resupply_arrival": "material",
    "no_resupply": "unplanned",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One link of a chain of causes: its kind, the runs it speaks of (the held one first), and its words."""

    kind: CauseKind
    said: Said
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """When a run could start by its line and by its material, and the peg that its material waits for."""

    line: int
    material: int
    changeover: int
    family: str | None
    peg: Peg | None


class Trace:
    """A judged schedule with what the walk needs: neighbours on lines, pegs of runs, locks.

    Parameters
    ----------
    evaluation
        What `evaluate` says of the schedule by the same base, weights and zones.
    """

    def __init__(
        self,
        plant: Plant,
        schedule: Schedule,
        evaluation: Evaluation,
        base: Schedule | None,
        weights: Weights,
        zones: Zones,
    ) -> None:
        self.plant, self.schedule, self.evaluation = plant, schedule, evaluation
        self.base, self.weights, self.zones = base, weights, zones
        self.arrays = plant_arrays(plant)
        self.runs = {run.id: run for run in schedule.runs}
        self.on_line: dict[str, list[Run]] = {line.id: [] for line in plant.lines}
        for run in run_arrays(self.arrays, schedule.runs)[1]:
            self.on_line[run.line].append(run)
        self.place = {run.id: at for runs in self.on_line.values() for at, run in enumerate(runs)}
        self.families = {item.id: item.family for item in plant.items}
        self.lines = {line.id: line for line in plant.lines}
        self._held: dict[str, Held] = {}

    @cached_property
    def stocks(self) -> dict[str, Profile]:
        """The stock of every item over the horizon."""
        return profiles(self.plant, self.schedule, self.evaluation.pegging)

    @cached_property
    def _base_runs(self) -> dict[str, Run]:
        return {run.id: run for run in self.base.runs} if self.base else {}

    def say(self, code: str, *runs: str, **parameters: Value) -> Cause:
        """The cause of that code."""
        kind = KIND_OF.get(code) or code
        return Cause(kind, say(self.plant, code, **parameters), runs)  # type: ignore[arg-type]

    def pegs_of(self, run: Run) -> tuple[Peg, ...]:
        """What the run took its components from."""
        return self.evaluation.pegging.by_run.get(run.id, ())

    def before(self, run: Run) -> Run | None:
        """The run before it on its line."""
        at = self.place[run.id]
        return self.on_line[run.line][at - 1] if at else None

    def holds(self, run: Run) -> Literal["lock", "frozen"] | None:
        """What forbids another start of the run, whatever line and material allow."""
        old = self._base_runs.get(run.id)
        if old is not None and old.start < self.zones.frozen:
            return "frozen"
        lock = run.lock if self.base is None or old is None else old.lock
        return "lock" if "start" in HELD_BY_LOCK[lock] else None

    def is_capable(self, run: Run) -> bool:
        """Whether the run's line can make its item."""
        at = self.arrays.line_index[run.line], self.arrays.item_index[run.item]
        return bool(self.arrays.capabilities.rate[at] > 0)

    def changeover(self, line: str, before: str | None, item: str) -> int:
        """Minutes that the line takes from a family to an item's."""
        if before is None:
            return 0
        table = self.arrays.lines.table[self.arrays.line_index[line]]
        to = self.arrays.items.family[self.arrays.item_index[item]]
        families = self.arrays.family_index
        return int(self.arrays.changeovers.minutes[table, families[before], to])

    def manned_between(self, line: str, start: int, end: int) -> int:
        """Shift minutes of a line in [start, end)."""
        row = self.arrays.line_index[line]
        return int(worked_between(self.arrays.calendar, row, start, end)[0])

    def family_before(self, run: Run) -> str | None:
        """What the line is set up for when the run's turn comes."""
        previous = self.before(run)
        return self.families[previous.item] if previous else self.lines[run.line].initial_family

    def supplied_at(self, peg: Peg) -> int:
        """When a peg's supply is there; -1 where nobody supplies it."""
        match peg.supplier:
            case "run":
                return self.runs[str(peg.supplier_id)].end
            case "arrival":
                return self.plant.arrivals[int(str(peg.supplier_id))].at
            case "stock":
                return 0
            case _:
                return -1

    def held(self, run: Run) -> Held:
        """When the run could start by its line and by its material."""
        if run.id not in self._held:
            self._held[run.id] = self._find_held(run)
        return self._held[run.id]

    def _find_held(self, run: Run) -> Held:
        row = self.arrays.line_index[run.line]
        family = self.family_before(run)
        need = self.changeover(run.line, family, run.item)
        earlier = self.on_line[run.line][: self.place[run.id]]
        free = max((one.end for one in earlier), default=0)
        line = int(run_start(self.arrays.calendar, row, free, need))
        last = max(self.pegs_of(run), key=self.supplied_at, default=None)
        at = self.supplied_at(last) if last else 0
        begin = max(at, self.lines[run.line].available_from)
        material = int(next_manned(self.arrays.calendar, row, begin))
        return Held(
            run.start if line == NEVER else line,
            run.start if material == NEVER else material,
            need,
            family,
            last if last and at > 0 else None,
        )

    def walk(self, run: Run) -> tuple[list[Cause], list[str]]:
        """The causes from a run's start back to what nothing here explains, and the runs on the way.

        The runs go from the first one back in time: pulling them forward in the reverse order is what
        taking the last cause away allows.
        """
        causes: list[Cause] = []
        path: list[str] = []
        at: Run | None = run
        while at is not None and at.id not in path:
            path.append(at.id)
            found, at, between = self._why(at)
            causes += found
            path += [id for id in between if id not in path]
        return causes, path

    def _why(self, run: Run) -> tuple[list[Cause], Run | None, list[str]]:
        """Why the run starts when it does, the run to ask next, and those between the two."""
        missing = [peg for peg in self.pegs_of(run) if peg.supplier == "nobody"]
        if missing:
            lack = missing[0]
            return (
                [self.say("missing", run.id, run=run.id, quantity=lack.quantity, item=lack.item)],
                None,
                [],
            )
        held = self.held(run)
        ready = max(held.line, held.material)
        if run.start > ready:
            return [self._slack(run, ready)], None, []
        if held.material > held.line and held.peg is not None:
            return self._material(run, held.peg)
        return self._line(run, held)

    def _slack(self, run: Run, ready: int) -> Cause:
        why = self.holds(run)
        if why:
            return self.say(why, run.id, run=run.id, line=run.line, start=run.start)
        return self.say(
            "gap", run.id, run=run.id, line=run.line, earlier=run.start - ready, at=ready
        )  # fmt: skip

    def _material(self, run: Run, peg: Peg) -> tuple[list[Cause], Run | None, list[str]]:
        same = [
            one
            for one in self.pegs_of(run)
            if (one.item, one.supplier, one.supplier_id)
            == (peg.item, peg.supplier, peg.supplier_id)
        ]
        told = {"quantity": sum(one.quantity for one in same), "at": self.supplied_at(peg)}
        if peg.supplier != "run":
            return [self.say("material", run.id, run=run.id, item=peg.item, **told)], None, []
        maker = self.runs[str(peg.supplier_id)]
        cause = self.say(
            "upstream", run.id, maker.id,
            run=run.id, item=peg.item, upstream=maker.id, line=maker.line, **told,
        )  # fmt: skip
        return [cause], maker, []

    def _line(self, run: Run, held: Held) -> tuple[list[Cause], Run | None, list[str]]:
        causes = []
        if held.changeover:
            causes.append(
                self.say(
                    "changeover",
                    run.id,
                    run=run.id,
                    line=run.line,
                    minutes=held.changeover,
                    from_family=str(held.family),
                    to_family=self.families[run.item],
                )
            )
        block = self._block(run)
        if block:
            first, ids = block[0], [one.id for one in block]
            causes.append(
                self.say(
                    "capacity",
                    run.id,
                    *ids,
                    line=run.line,
                    since=first.start,
                    until=block[-1].end,
                    count=len(block),
                    runs=", ".join(ids),
                )
            )
            return causes, first, ids[:0:-1]
        available = self.lines[run.line].available_from
        if available:
            causes.append(self.say("available", run.id, line=run.line, at=available))
        else:
            causes.append(
                self.say("plan_start", run.id, run=run.id, line=run.line, at=run.start)
            )  # fmt: skip
        return causes, None, []

    def _block(self, run: Run) -> Sequence[Run]:
        """The runs before it on its line without a gap, the first of them held by something else."""
        block: list[Run] = []
        at = self.before(run)
        while at is not None:
            block.insert(0, at)
            held = self.held(at)
            if at.start > max(held.line, held.material) or held.material > held.line:
                break
            at = self.before(at)
        return block
