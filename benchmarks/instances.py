"""Public scheduling instances as plants: jobs are items, chains of operations chains of components.

Reads the JSON lines of parallel machine and shop instances and the JSON files of family setups with
due dates. A job is one unit; each machine is a line that is manned all along; a release date is the
arrival of a part of its own; weighted completion is tardiness with due 0; a makespan is the plant's
makespan with a price on what is never made. So the general optimiser solves them all, and
`Instance.objective` reads the answer off `evaluate`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from plant import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    Schedule,
    Shift,
    Weights,
    evaluate,
)
from plant.model import MINUTES_PER_DAY

STARTS_AT = datetime(2026, 1, 5, tzinfo=UTC)
ONLY_MAKESPAN = Weights(production=0, changeover=0, holding=0, idle=0, instability=0, makespan=60)
ONLY_TARDINESS = Weights(production=0, changeover=0, holding=0, idle=0, instability=0)
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Instance:
    """A public instance as a plant, what to minimise in it, and the best value known to anybody."""

    name: str
    family: str
    plant: Plant
    weights: Weights
    best_known: float
    document: Document

    def objective(self, schedule: Schedule) -> float | None:
        """The instance's own objective of a schedule; None where it is infeasible or leaves jobs out."""
        told = evaluate(self.plant, schedule, weights=self.weights)
        made = {run.item for run in schedule.runs}
        if not told.feasible or any(order.item not in made for order in self.plant.orders):
            return None
        return told.cost.total

    def gap(self, schedule: Schedule) -> float | None:
        """How far above the best known value, as a share of it."""
        value = self.objective(schedule)
        return None if value is None else value / self.best_known - 1


def load_instances(path: Path) -> Iterator[Instance]:
    """The instances of a `.jsonl.gz` file, or of a folder of family-setup JSON files with its bks.csv."""
    if path.is_dir():
        yield from _load_folder(path)
        return
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            yield _shop(document) if "processing" not in document else _parallel(document)


def _load_folder(path: Path) -> Iterator[Instance]:
    rows = (path / "bks.csv").read_text(encoding="utf-8").splitlines()[1:]
    best = {name: float(value) for name, value, *_ in (row.split(",") for row in rows)}
    for file in sorted(path.glob("*.json")):
        yield family_setups(json.loads(file.read_text(encoding="utf-8")), best[file.name])


def _parallel(document: Document) -> Instance:
    """Unrelated parallel machines, with or without setups, for makespan or weighted completion."""
    times, setup = document["processing"], document.get("setup")
    machines = document["machines"]
    weighted = document["objective"] == "weighted_completion"
    per_job = max(max(row) for row in times) + _longest_setup(setup)
    horizon = per_job * (len(times) // machines + 2) * 2
    family = "F{}" if setup else "F"
    changeovers = (
        Changeover(f"F{old}", f"F{new}", minutes, line=f"M{machine}")
        for machine, matrix in enumerate(setup or ())
        for old, row in enumerate(matrix)
        for new, minutes in enumerate(row)
        if old != new and minutes > 0
    )
    plant = Plant(
        currency="XXX",
        starts_at=STARTS_AT,
        horizon=horizon,
        lines=_machines(machines, horizon),
        items=tuple(Item(f"J{job}", family.format(job)) for job in range(len(times))),
        capabilities=tuple(
            _capability(machine, f"J{job}", minutes)
            for job, row in enumerate(times)
            for machine, minutes in enumerate(row)
        ),
        changeovers=tuple(changeovers),
        orders=tuple(
            _order(f"J{job}", document["weight"][job] if weighted else None, 0, horizon)
            for job in range(len(times))
        ),
    )
    return _instance(document, plant, ONLY_TARDINESS if weighted else ONLY_MAKESPAN)


def _shop(document: Document) -> Instance:
    """A job shop, flexible or not: an operation is an item, the operation before it its component."""
    jobs, machines = document["jobs"], document["machines"]
    names = [[f"J{job}O{step}" for step in range(len(steps))] for job, steps in enumerate(jobs)]
    horizon = 2 * sum(max(d for _, d in step) for steps in jobs for step in steps) // 2 + 1
    plant = Plant(
        currency="XXX",
        starts_at=STARTS_AT,
        horizon=horizon,
        lines=_machines(machines, horizon),
        items=tuple(Item(name, "F") for row in names for name in row),
        capabilities=tuple(
            _capability(machine, name, minutes)
            for row, steps in zip(names, jobs, strict=True)
            for name, step in zip(row, steps, strict=True)
            for machine, minutes in step
        ),
        bom=tuple(BomLine(after, before, 1) for row in names for before, after in pairwise(row)),
        orders=tuple(_order(row[-1], None, 0, horizon) for row in names),
    )
    return _instance(document, plant, ONLY_MAKESPAN)


def family_setups(document: Document, best_known: float) -> Instance:
    """Parallel lines with family setups, release and due dates: total weighted tardiness."""
    jobs, machines = range(document["n"]), document["m"]
    longest = max(minutes for modes in document["modes"] for _, minutes in modes)
    setups = _longest_setup(document["setup"])
    horizon = max(document["release"]) + (longest + setups) * (len(jobs) // machines + 2) * 2
    plant = Plant(
        currency="XXX",
        starts_at=STARTS_AT,
        horizon=horizon,
        lines=tuple(
            Line(f"M{m}", shifts=(Shift(0, horizon),), initial_family=f"F{family}")
            for m, family in enumerate(document["init_family"])
        ),
        items=(
            *(Item(f"J{job}", f"F{document['family'][job]}") for job in jobs),
            *(Item(f"R{job}", "raw") for job in jobs),
        ),
        capabilities=tuple(
            _capability(machine, f"J{job}", minutes)
            for job in jobs
            for machine, minutes in document["modes"][job]
        ),
        changeovers=tuple(
            Changeover(f"F{old}", f"F{new}", minutes, line=f"M{machine}")
            for machine, matrix in enumerate(document["setup"])
            for old, row in enumerate(matrix)
            for new, minutes in enumerate(row)
            if minutes > 0
        ),
        bom=tuple(BomLine(f"J{job}", f"R{job}", 1) for job in jobs),
        arrivals=tuple(Arrival(f"R{job}", document["release"][job], 1) for job in jobs),
        orders=tuple(
            _order(f"J{job}", document["weight"][job], document["due"][job], horizon)
            for job in jobs
        ),
    )
    return Instance(document["name"], "pm_family_twt", plant, ONLY_TARDINESS, best_known, document)


def _instance(document: Document, plant: Plant, weights: Weights) -> Instance:
    best = float(document["best_known"])
    return Instance(document["name"], document["family"], plant, weights, best, document)


def _machines(machines: int, horizon: int) -> tuple[Line, ...]:
    return tuple(Line(f"M{m}", shifts=(Shift(0, horizon),)) for m in range(machines))


def _capability(machine: int, item: str, minutes: int) -> Capability:
    return Capability(f"M{machine}", item, rate=60 / minutes, min_lot=1, lot_multiple=1)


def _order(item: str, weight: float | None, due: int, horizon: int) -> Order:
    """One unit, priced per minute; where only the makespan counts, priced only if never made."""
    if weight is None:
        return Order(item, item, 1, horizon, weight=100.0 * horizon)
    return Order(item, item, 1, due, weight=weight * MINUTES_PER_DAY)


def _longest_setup(setup: list[list[list[int]]] | None) -> int:
    return max((max(row) for matrix in setup or () for row in matrix), default=0)
