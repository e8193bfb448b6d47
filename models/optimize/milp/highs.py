"""HiGHS through Pyomo: a start really handed over, limits set, incumbent, bound and gap read out."""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyomo.contrib.appsi.solvers.highs import Highs

START_TAKEN = "MIP start solution is feasible, objective value is"
THREADS_REFUSED = "global scheduler has already been initialized"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a solve ended with.

    status is HiGHS's termination condition; objective is None where nothing feasible was found; start
    is the objective of the start as HiGHS read it, or None where it took none.
    """

    status: str
    objective: float | None
    bound: float
    start: float | None
    log: str

    @property
    def gap(self) -> float:
        """(objective − bound) / objective; infinite without either."""
        if self.objective is None or not math.isfinite(self.bound):
            return math.inf
        return (self.objective - self.bound) / max(abs(self.objective), 1e-9)


class Solver:
    """One HiGHS that keeps a Pyomo model loaded from solve to solve.

    A process has one number of HiGHS threads, that of its first solve: `workers` counts for that one.
    """

    def __init__(self, workers: int = 1, seed: int = 0) -> None:
        self.highs = Highs()
        # Between solves of a model only bounds of variables change; looking for more takes minutes.
        for check in (
            "check_for_new_or_removed_constraints", "check_for_new_or_removed_vars",
            "check_for_new_or_removed_params", "check_for_new_objective", "update_constraints",
            "update_params", "update_named_expressions", "update_objective",
        ):  # fmt: skip
            setattr(self.highs.update_config, check, False)
        self.options: dict[str, Any] = {
            "threads": workers,
            "random_seed": seed,
            "mip_heuristic_effort": 0.2,
        }

    def solve(self, model: Any, seconds: float, warm: bool, gap: float = 1e-4) -> Outcome:
        """The outcome; the best values found, where there are any, are in the model's variables.

        With `warm` the variables' values before are the start.
        """
        outcome = self._solve(model, seconds, warm, gap)
        if THREADS_REFUSED in outcome.log:
            self.options["threads"] = 0  # as many as the process has
            outcome = self._solve(model, seconds, warm, gap)
        return outcome

    def _solve(self, model: Any, seconds: float, warm: bool, gap: float) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "highs.log"
            self.highs.highs_options = {**self.options, "log_file": str(log)}
            self.highs.config.mip_gap = gap
            self.highs.config.time_limit = max(seconds, 0.01)
            self.highs.config.load_solution = False
            self.highs.config.warmstart = warm
            results = self.highs.solve(model)
            text = log.read_text("utf-8") if log.is_file() else ""
        objective = results.best_feasible_objective
        if objective is not None:
            results.solution_loader.load_vars()
        taken = re.search(re.escape(START_TAKEN) + r"\s+(\S+)", text)
        bound = results.best_objective_bound
        return Outcome(
            results.termination_condition.name,
            None if objective is None else float(objective),
            -math.inf if bound is None else float(bound),
            float(taken.group(1)) if taken else None,
            text,
        )
