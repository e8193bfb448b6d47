"""Neighbourhood MILPs around an incumbent: some lines are planned anew by day, the others stay.

The incumbent is the start that HiGHS is given; what it finds is timed to the minute and counts only where
`plant.evaluate` says that it is cheaper.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.optimize.milp.buckets import Buckets, buckets_of, made_by
from models.optimize.milp.handover import hand_over, let_go
from models.optimize.milp.highs import Outcome, Solver
from models.optimize.milp.model import build, plan_of
from models.optimize.milp.scope import scope_of
from models.optimize.search.disaggregate import lots_of_plan, lots_of_runs, realise
from plant import Plant, Run, Schedule, Weights, Zones, evaluate
from plant.arrays import Floats, plant_arrays
from plant.evaluate import HELD_BY_LOCK

PLAIN, OPEN = Weights(), Zones()
MOST_MAKES = 60  # capabilities in one neighbourhood: with 4 free days it solves in seconds
MOST_LINES = 5
MOST_BUCKETS = 4
SOLVE_SECONDS = 6.0
SHARE_FOR_START = 0.4
ROUGH = 5e-3
LATE_ITEMS = 4


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What one MILP did: lines and products freed, how HiGHS ended, and money before and after."""

    lines: tuple[int, ...]
    products: frozenset[int]
    outcome: Outcome
    before: float
    after: float
    better: bool


def solve_neighbourhood(
    plant: Plant,
    buckets: Buckets,
    incumbent: Schedule,
    lines: tuple[int, ...],
    products: frozenset[int],
    window: range,
    seconds: float,
    workers: int = 1,
    weights: Weights = PLAIN,
    held: frozenset[str] = frozenset(),
    gap: float = 1e-3,
) -> tuple[Schedule, Outcome]:
    """The incumbent with the products of the lines planned anew, and how the MILP ended.

    Planned anew is what starts in a window of buckets. What follows on these lines starts later where it
    has to; runs of other products, runs whose ids are `held`, and all other lines stay.
    """
    arrays = plant_arrays(plant)

    def is_free(run: Run) -> bool:
        at = arrays.line_index[run.line], arrays.item_index[run.item]
        mine = at[0] in lines and at[1] in products and run.id not in held
        return mine and opens <= run.start < closes

    def follows(run: Run) -> bool:
        return arrays.line_index[run.line] in lines and run.start >= closes and run.id not in held

    opens, closes = (int(buckets.edges[at]) for at in (window.start, window.stop))
    freed = tuple(run for run in incumbent.runs if is_free(run))
    staying = tuple(run for run in incumbent.runs if not is_free(run))
    scope = scope_of(plant, buckets, weights, lines, products, window, staying)
    model = build(scope)
    solver = Solver(workers)
    hand_over(model, scope, Schedule(freed))
    began = solver.solve(model, SHARE_FOR_START * seconds, warm=False, gap=ROUGH)
    if began.objective is None:
        return incumbent, began
    let_go(model, scope)
    outcome = solver.solve(model, seconds, warm=True, gap=gap)
    if outcome.objective is None or outcome.objective > began.objective * (1 - 1e-6):
        return incumbent, outcome
    lots = lots_of_plan(scope, plan_of(model, scope), freed)
    for line, later in lots_of_runs([run for run in staying if follows(run)]).items():
        lots[line] = [*lots.get(line, ()), *later]
    return realise(plant, lots, [run for run in staying if not follows(run)]), outcome


def refine(
    plant: Plant,
    start: Schedule,
    seconds: float,
    workers: int = 1,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    seed: int = 0,
    improved: Callable[[Schedule, Neighbourhood], None] | None = None,
    others: Callable[[], Schedule | None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Schedule, list[Neighbourhood]]:
    """The best schedule that neighbourhood MILPs led to from a feasible start, and what each did.

    `others` is asked before each whether there is a better feasible schedule to go on from.
    Never worse than the start: what `plant.evaluate` does not find feasible and cheaper is not used.
    """
    began, buckets, rng = clock(), buckets_of(plant), np.random.default_rng(seed)
    held = held_runs(base, zones)
    best, money = start, evaluate(plant, start, base, weights, zones).cost.total
    done: list[Neighbourhood] = []
    whole = range(buckets.number)
    while plant.capabilities and (left := seconds - (clock() - began)) > 0.5:
        if (given := others()) is not None:
            verdict = evaluate(plant, given, base, weights, zones)
            if verdict.feasible and verdict.cost.total < money:
                best, money = given, verdict.cost.total
        lines, products = choose(plant, best, buckets, rng)
        if not products:
            break
        window = _some_window(buckets, rng) if len(lines) < len(plant.lines) else whole
        found, outcome = solve_neighbourhood(
            plant, buckets, best, lines, products, window, min(SOLVE_SECONDS, 0.6 * left), workers,
            weights, held,
        )  # fmt: skip
        verdict = evaluate(plant, found, base, weights, zones)
        better = verdict.feasible and verdict.cost.total < money
        done.append(Neighbourhood(lines, products, outcome, money, verdict.cost.total, better))
        if better:
            best, money = found, verdict.cost.total
            if improved:
                improved(best, done[-1])
        everything = len(lines) == len(plant.lines) and len(products) >= _made_items(plant)
        if everything and not better:
            break
    return best, done


def held_runs(base: Schedule | None, zones: Zones) -> frozenset[str]:
    """The ids of the runs that locks or the frozen zone hold, if only to their line."""
    runs = base.runs if base else ()
    return frozenset(r.id for r in runs if r.start < zones.frozen or HELD_BY_LOCK[r.lock])


def choose(
    plant: Plant, incumbent: Schedule, buckets: Buckets, rng: np.random.Generator
) -> tuple[tuple[int, ...], frozenset[int]]:
    """Lines that share items, and the products that they make now or that are late: a neighbourhood.

    All of the plant where that is small enough. The first line is drawn from those that can make what is
    late, each by the money that lateness costs.
    """
    arrays = plant_arrays(plant)
    can = arrays.capabilities.rate > 0
    if can.sum() <= MOST_MAKES:
        return tuple(range(len(plant.lines))), frozenset(np.flatnonzero(can.any(axis=0)).tolist())
    late = _lateness(plant, incumbent)
    units, _ = made_by(plant, buckets, incumbent.runs)
    made = units.sum(axis=2) > 0
    pull = can @ (late + late.sum() / max(len(late), 1) * 0.2 + 1e-9)
    lines = [int(rng.choice(len(pull), p=pull / pull.sum()))]
    products: set[int] = set()
    while True:
        wanted = np.flatnonzero(can[lines].any(axis=0) & (late > 0))
        wanted = wanted[np.argsort(-late[wanted] * rng.random(len(wanted)), kind="stable")]
        grown = set(np.flatnonzero(made[lines].any(axis=0)).tolist()) | set(
            wanted[:LATE_ITEMS].tolist()
        )
        if products and can[np.ix_(lines, sorted(grown))].sum() > MOST_MAKES:
            return tuple(sorted(lines[:-1])), frozenset(products)
        products = grown
        if len(lines) >= min(MOST_LINES, len(plant.lines)):
            return tuple(sorted(lines)), frozenset(products)
        shared = can[:, sorted(products)].sum(axis=1) * (0.5 + rng.random(len(can)))
        shared[lines] = -1
        lines.append(int(shared.argmax()))


def _some_window(buckets: Buckets, rng: np.random.Generator) -> range:
    first = int(rng.integers(0, max(buckets.number - MOST_BUCKETS, 0) + 1))
    return range(first, min(first + MOST_BUCKETS, buckets.number))


def _lateness(plant: Plant, schedule: Schedule) -> Floats:
    """Money that late units of each item's orders cost a day [I]."""
    arrays = plant_arrays(plant)
    late = np.zeros(len(plant.items))
    weight = {order.id: (order.item, order.weight) for order in plant.orders}
    for order, units in evaluate(plant, schedule).late_orders.items():
        item, money = weight[order]
        late[arrays.item_index[item]] += money * units
    return late


def _made_items(plant: Plant) -> int:
    return len({capability.item for capability in plant.capabilities})
