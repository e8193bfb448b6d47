"""Dispatching rules: the plans that a plant makes without a planner.

Each builds a feasible schedule in one pass of list scheduling (`listing`) over lots (`lots`). The honest
rule to beat is ATCS with its parameters chosen for the plant: `tuned_atcs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from envs.rules.listing import build
from envs.rules.lots import DEFAULT, Lotting, lots_of
from envs.rules.shop import Jobs, Listed, Shop, jobs_of, shop_of
from envs.rules.urgency import ATC, ATCS, CAMPAIGN, EDD, FIFO, RATIO, SLACK, SPT, WSPT, Index
from plant import Plant, Run, Schedule, Weights, Zones, evaluate
from plant.arrays import RunArrays, plant_arrays, run_arrays

ANY_TIME = 2**40
NO_ZONES = Zones()
EQUAL = Weights()
DAY = 1440


@dataclass(frozen=True, slots=True)
class Rule:
    """A dispatching rule and the lots it works on.

    `key` is the index of `envs.rules.urgency` by which lots are ranked; `lookahead` and `setup` are the
    scales k1 and k2 of ATC and ATCS (Lee, Bhaskaran, Pinedo 1997) in mean lot times and mean
    changeovers. Lots start at most `window` minutes before they are due, and in overtime shifts only
    where they are late or `overtime` is set.
    """

    name: str
    key: int
    lookahead: float = 2.0
    setup: float = 0.5
    lotting: Lotting = DEFAULT
    window: int = ANY_TIME
    overtime: bool = True


RULES = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            Rule("edd", EDD),
            Rule("fifo", FIFO),
            Rule("spt", SPT),
            Rule("wspt", WSPT),
            Rule("atc", ATC),
            Rule("atcs", ATCS),
            Rule("critical-ratio", RATIO),
            Rule("slack", SLACK),
            Rule("campaign", CAMPAIGN),
        )
    }
)
"""The rules by name: earliest due, book order, shortest, weighted shortest, apparent tardiness cost
without and with setups, least time to due over work, least slack, same family first."""

_LOTTINGS = tuple(
    Lotting(cover, longest, safety)
    for cover in (DAY // 2, DAY, 2 * DAY, 4 * DAY)
    for longest in (480, 960, 1920)
    for safety in (False, True)
)
_LOOKAHEADS = (0.3, 1.0, 2.0, 4.0, 8.0, 16.0)
_SETUPS = (0.1, 0.25, 0.5, 1.0, 2.0)
_WINDOWS = (2 * DAY, 3 * DAY, 5 * DAY, ANY_TIME)


def dispatch(
    plant: Plant, rule: Rule, base: Schedule | None = None, zones: Zones = NO_ZONES
) -> Schedule:
    """The schedule that a rule makes of a plant.

    With a base schedule, its locked runs and those that start in the frozen zone stay as they are, with
    what those need of the others, and nothing new starts in the frozen zone.
    """
    return _Dispatcher(plant, base, zones).run(rule)


def tuned_atcs(
    plant: Plant,
    weights: Weights = EQUAL,
    base: Schedule | None = None,
    zones: Zones = NO_ZONES,
) -> Schedule:
    """The cheapest schedule that ATCS makes of a plant over a grid of parameters and lot sizes."""
    return tune_atcs(plant, weights, base, zones)[1]


def tune_atcs(
    plant: Plant,
    weights: Weights = EQUAL,
    base: Schedule | None = None,
    zones: Zones = NO_ZONES,
) -> tuple[Rule, Schedule]:
    """The ATCS parameters that are cheapest on a plant, and their schedule.

    Searched in turn: how lots are merged, k1 × k2 on the two best ways, then how early lots may start
    and whether overtime may start what is not late.
    """
    dispatcher = _Dispatcher(plant, base, zones)
    seen: dict[Rule, tuple[float, Schedule]] = {}

    def ranked(rules: Iterable[Rule]) -> list[Rule]:
        for rule in rules:
            if rule not in seen:
                schedule = dispatcher.run(rule)
                seen[rule] = evaluate(plant, schedule, base, weights, zones).cost.total, schedule
        return sorted(seen, key=lambda rule: seen[rule][0])

    start = RULES["atcs"]
    ways = ranked(replace(start, lotting=lotting) for lotting in _LOTTINGS)[:2]
    best = ranked(
        replace(way, lookahead=lookahead, setup=setup)
        for way in ways
        for lookahead in _LOOKAHEADS
        for setup in _SETUPS
    )[0]
    best = ranked(
        replace(best, window=window, overtime=overtime)
        for window in _WINDOWS
        for overtime in (True, False)
    )[0]
    return best, seen[best][1]


class _Dispatcher:
    """What all passes over one plant share: its arrays, the runs that stay, the lots by way."""

    def __init__(self, plant: Plant, base: Schedule | None, zones: Zones) -> None:
        self.plant = plant
        self.arrays = plant_arrays(plant)
        self.shop: Shop = shop_of(self.arrays)
        self.kept = kept_runs(plant, base, zones)
        self.kept_arrays: RunArrays = run_arrays(self.arrays, self.kept)[0]
        self.opens = zones.frozen if base is not None else 0
        self.taken = frozenset(run.id for run in base.runs) if base is not None else frozenset()
        self.jobs: dict[Lotting, Jobs] = {}

    def run(self, rule: Rule) -> Schedule:
        """The schedule of one pass."""
        if rule.lotting not in self.jobs:
            lots = lots_of(self.plant, rule.lotting, self.kept)
            self.jobs[rule.lotting] = jobs_of(self.shop, lots)
        jobs = self.jobs[rule.lotting]
        index = Index(
            rule.key,
            rule.lookahead,
            rule.setup,
            rule.window,
            int(rule.overtime),
            self.opens,
            np.zeros(0),
        )
        listed = build(self.arrays, self.shop, jobs, self.kept_arrays, index)
        return Schedule((*self.kept, *runs_of(self.plant, listed, self.taken)))


def runs_of(plant: Plant, listed: Listed, taken: frozenset[str] = frozenset()) -> list[Run]:
    """The placed runs as records, by line and start, with ids that are not taken."""
    sequence = np.lexsort((listed.start, listed.line))
    width = max(4, len(str(len(sequence) + len(taken))))
    ids = (f"R{number:0{width}d}" for number in range(1, len(sequence) + len(taken) + 1))
    fresh = (id for id in ids if id not in taken)
    columns = [column[sequence].tolist() for column in listed]
    return [
        Run(next(fresh), plant.lines[line].id, plant.items[item].id, start, end, quantity)
        for line, item, start, end, quantity, _ in zip(*columns, strict=True)
    ]


def kept_runs(plant: Plant, base: Schedule | None, zones: Zones) -> Sequence[Run]:
    """The runs of a base schedule that stay: locked, frozen, or what those cannot do without.

    A locked run may need the run before it for its changeover, or the runs that make its parts; those
    are found by asking `evaluate` what the kept runs alone would break.
    """
    if base is None:
        return ()
    kept = {run.id for run in base.runs if run.lock != "none" or run.start < zones.frozen}
    while True:
        runs = tuple(run for run in base.runs if run.id in kept)
        broken = {(v.kind, v.record) for v in evaluate(plant, Schedule(runs)).violations}
        short = {record for kind, record in broken if kind == "stock"}
        crowded = [run for run in runs if ("changeover", run.id) in broken]
        more = {run.id for run in base.runs if run.item in short} | {
            before.id
            for run in crowded
            for before in base.runs
            if before.line == run.line and before.start < run.start
        }
        if more <= kept:
            return runs
        kept |= more
