"""The plan step: the policy's draft, refined by optimisation, beside the dispatching rule's schedule.

Every candidate is judged by `plant.evaluate`; what is planned is the cheapest feasible one, so that a
refinement that is not better than its start is not used. The stored figures say what each cost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines.context import Context
from pipelines.plan_base import Base, published_base
from pipelines.plan_figures import DRAFT_SHARE, PlanResult, flat, plot_of, store_plan
from pipelines.stamp import digest_of, is_current, store_stamp
from plant import COMPONENTS, Cost, Evaluation, Plant, Schedule, Weights, Zones, evaluate
from plant.io import load_plant

if TYPE_CHECKING:
    from models.optimize import Solution
    from pipelines.platform.tracking import TrackedRun
    from pipelines.policy.champion import Choice, PolicyInUse

DRAFT_ROUNDS = 30  # 480 episodes: 5 s for 50 lines
MOST_OBSTACLES = 20  # told in words


class PlanError(RuntimeError):
    """The step stops; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be planned, under what."""

    plant: Plant
    weights: Weights
    zones: Zones
    base: Base | None

    def judged(self, schedule: Schedule) -> Evaluation:
        """What the referee says."""
        base = self.base.schedule if self.base else None
        return evaluate(self.plant, schedule, base, self.weights, self.zones)


def plan(context: Context) -> PlanResult:
    """Return what was planned, after storing both schedules, the figures and the MLflow run.

    The champion of takt-policy drafts. Where MLflow does not answer, the policy that was trained last
    does, no run is kept, and the notes say so.

    Raises
    ------
    PlanError
        Where the plant's snapshot is not there.
    pipelines.platform.tracking.DigestError
        Where the champion's files are not those that were registered.
    pipelines.storage.StorageError
        Where the database cannot be used.
    """
    from pipelines.policy.champion import choose

    settings, params = context.settings, context.params
    if not settings.plant_file.is_file():
        raise PlanError(f"{settings.plant_file}: not there, run `takt forecast` first")
    figures, stamp = settings.metrics / "plan.json", settings.data / "stamps" / "plan.json"
    outputs = [
        settings.schedule_file,
        settings.rule_schedule_file,
        figures,
        *(plot_of(context, name) for name in ("cost", "trajectory")),
    ]
    choice = choose(context)
    digest = digest_of(
        [settings.plant_file], params.plan, params.weights, params.zones, params.seed, choice.key
    )
    if is_current(stamp, digest, outputs):
        context.report("plan: unchanged, kept")
        stored = json.loads(figures.read_text("utf-8"))
        return replace(PlanResult(**{**stored, "notes": tuple(stored["notes"])}), kept=True)
    result = _plan(context, load_plant(settings.plant_file), choice)
    store_stamp(stamp, digest, outputs)
    return result


def _plan(context: Context, plant: Plant, choice: Choice) -> PlanResult:
    from models.optimize.obstacles.explain import obstacles

    began = context.clock()
    drafter = choice.load()
    task = _Task(
        plant,
        context.params.weights.for_plant(),
        context.params.zones.for_plant(),
        published_base(context, plant),
    )
    task, notes = _keepable(task)
    notes += drafter.notes
    hindered = obstacles(plant, task.base.schedule if task.base else None, task.zones)
    notes += [f"cannot be planned: {one.message}" for one in hindered[:MOST_OBSTACLES]]
    for note in notes:
        context.report(note)
    schedules, solutions = _candidates(context, task, drafter)
    verdicts = {name: task.judged(schedule) for name, schedule in schedules.items()}
    method = min(
        (name for name in schedules if name != "planned" and verdicts[name].feasible),
        key=lambda name: verdicts[name].cost.total,
    )
    if (
        verdicts["planned"].feasible
        and verdicts["planned"].cost.total < verdicts[method].cost.total
    ):
        method = "refined"
    else:
        schedules["planned"], verdicts["planned"] = schedules[method], verdicts[method]
    notes += [note for solution in solutions for note in solution.notes]
    with _run(choice) as run:
        seconds = (context.clock() - began).total_seconds()
        result = _result(
            task, method, schedules, verdicts, solutions, seconds, notes, run, drafter.name
        )
        store_plan(context, schedules, result, solutions)
        if run is not None:
            _log(context, run, result)
    _tell(context, plant, result)
    return result


@contextmanager
def _run(choice: Choice) -> Iterator[TrackedRun | None]:
    """The MLflow run of the plan; None where MLflow does not answer."""
    if choice.registry is None:
        yield None
        return
    with choice.registry.tracking.run("plan", {"takt.step": "plan"}) as run:
        yield run


def _log(context: Context, run: TrackedRun, result: PlanResult) -> None:
    told = {"base": str(result.base), "policy": result.policy}
    run.log_params({**context.params.plan.model_dump(), **told})
    run.log_metrics(flat(result))
    for name in ("cost", "trajectory"):
        run.log_file(plot_of(context, name))


def _keepable(task: _Task) -> tuple[_Task, list[str]]:
    """The task, without its base where what that locks breaks rules in the plant of today."""
    from envs.rules import kept_runs

    if task.base is None:
        return task, []
    kept = Schedule(tuple(kept_runs(task.plant, task.base.schedule, task.zones)))
    broken = task.judged(kept).violations
    if not broken:
        return task, []
    told = f"version {task.base.version} is not followed, its locked and frozen runs break rules: "
    return replace(task, base=None), [f"{told}{broken[0].message} ({len(broken)} in all)"]


def _candidates(
    context: Context, task: _Task, drafter: PolicyInUse
) -> tuple[dict[str, Schedule], list[Solution]]:
    """The schedules rule, draft, refined and planned, and what the optimiser says of the last two."""
    from envs.rules import tuned_atcs
    from models.optimize import solve
    from models.policy.draft import draft

    params, base = context.params.plan, task.base.schedule if task.base else None
    rng = np.random.default_rng(context.params.seed)
    schedules = {"rule": tuned_atcs(task.plant, task.weights, base, task.zones)}
    context.report(f"rule: {_total(task, schedules['rule'])} {task.plant.currency}")
    schedules["draft"] = draft(
        task.plant, drafter.policy, rng, DRAFT_ROUNDS, task.weights, base, task.zones
    )
    context.report(
        f"policy draft ({drafter.name}): {_total(task, schedules['draft'])} {task.plant.currency}"
    )

    def refined(start: Schedule, seconds: float) -> Solution:
        return solve(
            task.plant, start, seconds, params.workers, task.weights, base, task.zones,
            context.report, context.params.seed,
        )  # fmt: skip

    first = refined(schedules["draft"], DRAFT_SHARE * params.seconds)
    schedules["refined"] = first.schedule
    best = min(schedules.values(), key=lambda one: task.judged(one).cost.total)
    second = refined(best, (1 - DRAFT_SHARE) * params.seconds)
    schedules["planned"] = second.schedule
    return schedules, [first, second]


def _total(task: _Task, schedule: Schedule) -> str:
    return f"{task.judged(schedule).cost.total:,.0f}"


def _result(
    task: _Task,
    method: str,
    schedules: Mapping[str, Schedule],
    verdicts: Mapping[str, Evaluation],
    solutions: list[Solution],
    seconds: float,
    notes: list[str],
    run: TrackedRun | None,
    policy: str,
) -> PlanResult:
    totals = {name: verdict.cost.total for name, verdict in verdicts.items()}
    bound = max((one.bound for one in solutions if one.bound is not None), default=None)
    found_by: dict[str, float] = {}
    for part, money in (pair for one in solutions for pair in one.found_by.items()):
        found_by[part] = round(found_by.get(part, 0.0) + money, 2)
    return PlanResult(
        method=method,
        total=totals["planned"],
        rule=totals["rule"],
        draft=totals["draft"],
        saved=1 - totals["planned"] / totals["rule"] if totals["rule"] > 0 else 0.0,
        bound=bound,
        gap=None if bound is None or totals["planned"] <= 0 else 1 - bound / totals["planned"],
        base=task.base.version if task.base else None,
        costs={name: _money(verdict.cost) for name, verdict in verdicts.items()},
        kpis={name: asdict(verdicts[name].kpis) for name in ("rule", "planned")},
        found_by=found_by,
        runs=len(schedules["planned"].runs),
        seconds=round(seconds, 1),
        notes=tuple(notes),
        mlflow_run_id=run.id if run else "",
        policy=policy,
    )


def _money(cost: Cost) -> dict[str, float]:
    return {name: getattr(cost, name) for name in (*COMPONENTS, "total")}


def _tell(context: Context, plant: Plant, result: PlanResult) -> None:
    known = "" if result.gap is None else f", at most {result.gap:.1%} above the best there can be"
    context.report(
        f"planned: {result.total:,.0f} {plant.currency} ({result.method}), {result.saved:.1%} under the "
        f"rule's {result.rule:,.0f}{known}"
    )
