"""The plan step: the policy's draft, refined by optimisation, beside the dispatching rule's schedule.

Every candidate is judged by `plant.evaluate`; what is planned is the cheapest feasible one, so that a
refinement that is not better than its start is not used. The stored figures say what each cost.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pipelines.context import Context
from pipelines.plan_base import Base, published_base
from pipelines.stamp import digest_of, is_current, store_stamp
from plant import COMPONENTS, Cost, Evaluation, Plant, Schedule, Weights, Zones, evaluate
from plant.io import load_plant, save_schedule

if TYPE_CHECKING:
    from models.optimize import Solution

DRAFT_ROUNDS = 30  # 480 episodes: 5 s for 50 lines
MOST_OBSTACLES = 20  # told in words
DRAFT_SHARE = 0.35  # of the time: refining the draft; the rest goes on from the best there is
POLICY_FILES = ("weights.safetensors", "policy.json")


class PlanError(RuntimeError):
    """The step stops; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What was planned and what it is measured against; all money in the plant's currency.

    `method` says where the planned schedule comes from: rule, draft or refined. `costs` has the cost by
    component of rule, draft, refined (the draft's refinement) and planned; `kpis` of rule and planned.
    `bound`: no feasible schedule costs less. `gap`: (planned − bound) / planned. `base`: the published
    version that is followed, `notes` what did not go as usual. `kept` says that nothing had changed.
    """

    method: str
    total: float
    rule: float
    draft: float
    saved: float
    bound: float | None
    gap: float | None
    base: int | None
    costs: dict[str, dict[str, float]]
    kpis: dict[str, dict[str, float]]
    found_by: dict[str, float]
    runs: int
    seconds: float
    notes: tuple[str, ...]
    mlflow_run_id: str
    kept: bool = False


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

    Raises
    ------
    PlanError
        Where the plant's snapshot is not there.
    models.policy.files.PolicyError
        Where the policy is not there or not what was trained.
    pipelines.platform.tracking.TrackingError, pipelines.storage.StorageError
        Where MLflow or the database cannot be used.
    """
    settings, params = context.settings, context.params
    if not settings.plant_file.is_file():
        raise PlanError(f"{settings.plant_file}: not there, run `takt forecast` first")
    figures, stamp = settings.metrics / "plan.json", settings.data / "stamps" / "plan.json"
    outputs = [
        settings.schedule_file,
        settings.rule_schedule_file,
        figures,
        *(_plot(context, name) for name in ("cost", "trajectory")),
    ]
    policy = [path for name in POLICY_FILES if (path := settings.policy / name).is_file()]
    digest = digest_of(
        [settings.plant_file, *policy], params.plan, params.weights, params.zones, params.seed
    )
    if is_current(stamp, digest, outputs):
        context.report("plan: unchanged, kept")
        stored = json.loads(figures.read_text("utf-8"))
        return replace(PlanResult(**{**stored, "notes": tuple(stored["notes"])}), kept=True)
    result = _plan(context, load_plant(settings.plant_file))
    store_stamp(stamp, digest, outputs)
    return result


def _plan(context: Context, plant: Plant) -> PlanResult:
    from models.optimize.obstacles.explain import obstacles
    from pipelines.platform.tracking import connect

    began = context.clock()
    tracking = connect(context.settings)
    task = _Task(
        plant,
        context.params.weights.for_plant(),
        context.params.zones.for_plant(),
        published_base(context, plant),
    )
    task, notes = _keepable(task)
    hindered = obstacles(plant, task.base.schedule if task.base else None, task.zones)
    notes += [f"cannot be planned: {one.message}" for one in hindered[:MOST_OBSTACLES]]
    for note in notes:
        context.report(note)
    schedules, solutions = _candidates(context, task)
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
    with tracking.run("plan", {"takt.step": "plan"}) as run:
        seconds = (context.clock() - began).total_seconds()
        result = _result(task, method, schedules, verdicts, solutions, seconds, notes, run.id)
        _store(context, schedules, result, solutions)
        run.log_params({**context.params.plan.model_dump(), "base": str(result.base)})
        run.log_metrics(_flat(result))
        for name in ("cost", "trajectory"):
            run.log_file(_plot(context, name))
    _tell(context, plant, result)
    return result


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


def _candidates(context: Context, task: _Task) -> tuple[dict[str, Schedule], list[Solution]]:
    """The schedules rule, draft, refined and planned, and what the optimiser says of the last two."""
    from envs.rules import tuned_atcs
    from models.optimize import solve
    from models.policy.draft import draft
    from models.policy.files import load_policy

    params, base = context.params.plan, task.base.schedule if task.base else None
    policy = load_policy(context.settings.policy)
    rng = np.random.default_rng(context.params.seed)
    schedules = {"rule": tuned_atcs(task.plant, task.weights, base, task.zones)}
    context.report(f"rule: {_total(task, schedules['rule'])} {task.plant.currency}")
    schedules["draft"] = draft(
        task.plant, policy, rng, DRAFT_ROUNDS, task.weights, base, task.zones
    )
    context.report(f"policy draft: {_total(task, schedules['draft'])} {task.plant.currency}")

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
    run_id: str,
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
        mlflow_run_id=run_id,
    )


def _money(cost: Cost) -> dict[str, float]:
    return {name: getattr(cost, name) for name in (*COMPONENTS, "total")}


def _store(
    context: Context,
    schedules: Mapping[str, Schedule],
    result: PlanResult,
    solutions: list[Solution],
) -> None:
    settings = context.settings
    settings.metrics.mkdir(parents=True, exist_ok=True)
    save_schedule(schedules["planned"], settings.schedule_file)
    save_schedule(schedules["rule"], settings.rule_schedule_file)
    document = {name: value for name, value in asdict(result).items() if name != "kept"}
    (settings.metrics / "plan.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    rows = [
        (name, component, round(result.costs[name][component], 2))
        for name in ("rule", "draft", "refined", "planned")
        for component in COMPONENTS
    ]
    _write_csv(_plot(context, "cost"), ("schedule", "component", "cost"), rows)
    steps, before = [], 0.0
    for stage, solution in zip(("draft", "best"), solutions, strict=True):
        steps += [
            (stage, round(before + p.seconds, 2), round(p.cost, 2), p.part)
            for p in solution.trajectory
            if p.part != "nothing planned"
        ]
        before += context.params.plan.seconds * DRAFT_SHARE
    _write_csv(_plot(context, "trajectory"), ("stage", "seconds", "cost", "part"), steps)


def _plot(context: Context, name: str) -> Path:
    return context.settings.metrics / f"plan_{name}.csv"


def _write_csv(path: Path, header: tuple[str, ...], rows: list[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _flat(result: PlanResult) -> dict[str, float]:
    figures = {
        name: getattr(result, name) for name in ("total", "rule", "draft", "saved", "seconds")
    }
    for name in ("bound", "gap"):
        if (value := getattr(result, name)) is not None:
            figures[name] = value
    for kind in ("costs", "kpis"):
        for name, values in cast("dict[str, dict[str, float]]", getattr(result, kind)).items():
            figures |= {f"{kind}/{name}/{key}": value for key, value in values.items()}
    return figures


def _tell(context: Context, plant: Plant, result: PlanResult) -> None:
    known = "" if result.gap is None else f", at most {result.gap:.1%} above the best there can be"
    context.report(
        f"planned: {result.total:,.0f} {plant.currency} ({result.method}), {result.saved:.1%} under the "
        f"rule's {result.rule:,.0f}{known}"
    )
