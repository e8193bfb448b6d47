"""CP-SAT on part of a schedule: the runs that some lines start in a window get new lines, orders and starts.

The incumbent is handed over as a complete hint, and stays outside: what CP-SAT finds counts only where
`plant.evaluate` says that it is feasible and cheaper.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from ortools.sat.python import cp_model

from models.optimize.sequence.hint import HintedModel
from models.optimize.sequence.lines import Placed
from models.optimize.sequence.model import build_sequence
from models.optimize.sequence.scope import SequenceScope, sequence_scope
from plant import Plant, Run, Schedule, Weights, Zones, evaluate
from plant.calendar import minute_of, run_end

PLAIN, OPEN = Weights(), Zones()


@dataclass(frozen=True, slots=True)
class Resequenced:
    """How CP-SAT ended.

    status: "optimal", "feasible", "infeasible", "unknown", "model_invalid", or "nothing free". runs: how
    many were free. start: the objective of the hint, objective: the best found, bound: none is less; all
    three are money on the same scale, of which only differences mean something. first: the first
    solution's objective, equal to start where the hint was taken. before, after: total cost by
    `evaluate`. better: whether after counts.
    """

    status: str
    runs: int
    start: float
    first: float | None
    objective: float | None
    bound: float | None
    before: float
    after: float
    better: bool


def resequence(
    plant: Plant,
    incumbent: Schedule,
    lines: Collection[int],
    window: tuple[int, int],
    seconds: float,
    workers: int = 1,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    seed: int = 0,
    only: Collection[str] | None = None,
) -> tuple[Schedule, Resequenced]:
    """The incumbent or something cheaper, and how CP-SAT ended.

    Free are the runs that start on the lines (by index) in the minutes [window[0], window[1]), with `only`
    those of them that it names; not those that locks or the frozen zone hold to their start. Quantities
    stay as they are. The incumbent is feasible.
    """
    before = evaluate(plant, incumbent, base, weights, zones).cost.total
    scope = sequence_scope(plant, incumbent, lines, window, weights, base, zones, only)
    if not scope.free:
        return incumbent, Resequenced(
            "nothing free", 0, 0.0, None, None, None, before, before, False
        )
    model, placed = build_sequence(scope)
    solver, first, status = solve_sequence(model, seconds, workers, seed)
    found, objective, after, better = incumbent, None, before, False
    if status in ("optimal", "feasible"):
        objective = solver.objective_value / model.scale
        candidate = schedule_of(scope, placed, solver)
        verdict = evaluate(plant, candidate, base, weights, zones)
        after = verdict.cost.total
        better = verdict.feasible and after < before
        found = candidate if better else incumbent
    return found, Resequenced(
        status,
        len(scope.free),
        model.hinted() / model.scale,
        None if first is None else first / model.scale,
        objective,
        solver.best_objective_bound / model.scale if objective is not None else None,
        before,
        after,
        better,
    )


def solve_sequence(
    model: HintedModel, seconds: float, workers: int = 1, seed: int = 0
) -> tuple[Any, float | None, str]:
    """The solver after its work, the first solution's objective if there was one, and its status."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    if (
        workers == 1
    ):  # measured on 12-run scopes of 50 lines: three times what the relaxation finds in 2 s
        solver.parameters.linearization_level = 0
    objectives: list[float] = []
    status = solver.solve(model.model, _Listener(objectives.append))
    return solver, objectives[0] if objectives else None, solver.status_name(status).lower()


class _Listener(cp_model.CpSolverSolutionCallback):
    """Passes on the objective of each solution."""

    def __init__(self, heard: Callable[[float], None]) -> None:
        super().__init__()
        self.heard = heard

    def on_solution_callback(self) -> None:
        """Called by the solver."""
        self.heard(self.objective_value)


def schedule_of(scope: SequenceScope, placed: Collection[Placed], solver: Any) -> Schedule:
    """The schedule that the values of a solved model say."""
    return Schedule((*scope.staying, *(_run_of(scope, one, solver) for one in placed)))


def _run_of(scope: SequenceScope, one: Placed, solver: Any) -> Run:
    line = next(line for line, on in one.on.items() if solver.boolean_value(on))
    site = one.free.sites[line]
    worked = solver.value(one.start[site.calendar].at)
    start = int(minute_of(scope.arrays.calendar, line, worked))
    end = int(run_end(scope.arrays.calendar, line, start, site.minutes))
    return replace(one.free.run, line=scope.plant.lines[line].id, start=start, end=end)
