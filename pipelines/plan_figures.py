"""What the plan step says of a plan, and how it is stored: figures, schedules and the data of plots."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipelines.context import Context
from pipelines.json_file import store_json
from plant import COMPONENTS, Schedule
from plant.io import save_schedule
from plant.io.atomic import whole_file

if TYPE_CHECKING:
    from models.optimize import Solution

DRAFT_SHARE = 0.35  # of the time: refining the draft; the rest goes on from the best there is


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What was planned and what it is measured against; all money in the plant's currency.

    `method` says where the planned schedule comes from: rule, draft or refined. `costs` has the cost by
    component of rule, draft, refined (the draft's refinement) and planned; `kpis` of rule and planned.
    `bound`: no feasible schedule costs less. `gap`: (planned − bound) / planned. `base`: the published
    version that is followed, `notes` what did not go as usual. `policy`: what drafted, "takt-policy/3",
    "last trained" or "shipped". `mlflow_run_id` is empty where MLflow did not answer. `kept` says that
    nothing had changed.
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
    policy: str
    kept: bool = False


def store_plan(
    context: Context,
    schedules: Mapping[str, Schedule],
    result: PlanResult,
    solutions: list[Solution],
) -> None:
    """Store both schedules, the figures and the data of the plots."""
    settings = context.settings
    settings.metrics.mkdir(parents=True, exist_ok=True)
    save_schedule(schedules["planned"], settings.schedule_file)
    save_schedule(schedules["rule"], settings.rule_schedule_file)
    document = {name: value for name, value in asdict(result).items() if name != "kept"}
    store_json(settings.metrics / "plan.json", document)
    rows = [
        (name, component, round(result.costs[name][component], 2))
        for name in ("rule", "draft", "refined", "planned")
        for component in COMPONENTS
    ]
    _write_csv(plot_of(context, "cost"), ("schedule", "component", "cost"), rows)
    steps, before = [], 0.0
    for stage, solution in zip(("draft", "best"), solutions, strict=True):
        steps += [
            (stage, round(before + p.seconds, 2), round(p.cost, 2), p.part)
            for p in solution.trajectory
            if p.part != "nothing planned"
        ]
        before += context.params.plan.seconds * DRAFT_SHARE
    _write_csv(plot_of(context, "trajectory"), ("stage", "seconds", "cost", "part"), steps)


def plot_of(context: Context, name: str) -> Path:
    """Return where the data of a plot lie."""
    return context.settings.metrics / f"plan_{name}.csv"


def _write_csv(path: Path, header: tuple[str, ...], rows: list[Any]) -> None:
    with whole_file(path) as fresh, fresh.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def flat(result: PlanResult) -> dict[str, float]:
    """Return the figures as MLflow takes them, by name."""
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
