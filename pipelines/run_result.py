"""What a run ends with: the plan beside the rule's schedule, and where everything is."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.params import Params
from pipelines.settings import Settings
from plant import COMPONENTS, Evaluation


@dataclass(frozen=True, slots=True)
class StepTime:
    """How long a step took."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What `plant.evaluate` says of a schedule: money by component, and the figures beside it."""

    total: float
    cost: dict[str, float]
    on_time_in_full: float
    orders_late: int
    units_late: float
    changeover_hours: float
    overtime_hours: float
    utilisation: float
    feasible: bool


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run of the whole loop: what it published, what that is worth, where it lies."""

    version: int
    currency: str
    planned: Figures
    rule: Figures
    bound: float | None
    gap: float | None
    drift: str
    steps: tuple[StepTime, ...]
    seconds: float
    places: dict[str, str]


def read_result(
    settings: Settings,
    params: Params,
    steps: tuple[StepTime, ...],
    seconds: float,
    log: Path,
) -> RunResult:
    """Return the result of the run that just published, read from what it stored."""
    from pipelines.publication import load_planned
    from plant.io import load_schedule

    planned = load_planned(settings, params)
    rule = planned.judged(load_schedule(settings.rule_schedule_file))
    published = json.loads(settings.published_file.read_text("utf-8"))
    drift = json.loads((settings.metrics / "drift.json").read_text("utf-8"))
    return RunResult(
        version=published["version"],
        currency=planned.plant.currency,
        planned=figures_of(planned.evaluation),
        rule=figures_of(rule),
        bound=published["bound"],
        gap=published["gap"],
        drift=drift["verdict"],
        steps=steps,
        seconds=seconds,
        places=_places(settings, published, log),
    )


def figures_of(found: Evaluation) -> Figures:
    """Return the figures of an evaluation that the table shows."""
    kpis = found.kpis
    return Figures(
        total=found.cost.total,
        cost={name: getattr(found.cost, name) for name in COMPONENTS},
        on_time_in_full=kpis.on_time_in_full,
        orders_late=kpis.orders_late,
        units_late=kpis.units_late,
        changeover_hours=kpis.changeover_hours,
        overtime_hours=kpis.overtime_hours,
        utilisation=kpis.utilisation,
        feasible=found.feasible,
    )


def _places(settings: Settings, published: dict[str, Any], log: Path) -> dict[str, str]:
    address = settings.mlflow_tracking_uri
    program = Path(sys.executable).with_name("mlflow")
    served = f"{program} ui --backend-store-uri {published['mlflow_uri']} (http://127.0.0.1:5000)"
    return {
        "database": f"{published['database']}, version {published['version']}",
        "MLflow run": published["mlflow_run_id"],
        "MLflow": address if address.startswith("http") else served,
        "plant": str(settings.plant_file),
        "schedule": published["schedule_file"],
        "Gantt": published["gantt_file"],
        "drift report": str(settings.drift / "report.html"),
        "log": str(log),
    }


def show_result(result: RunResult, console: Console) -> None:
    """Print the KPI table, how long the steps took, and where everything is."""
    console.print(kpi_table(result))
    steps = " · ".join(f"{one.step} {one.seconds:.0f} s" for one in result.steps)
    console.print(f"{steps} · in all {result.seconds:.0f} s", soft_wrap=True)
    console.print(f"drift: {result.drift}")
    for name, place in result.places.items():
        console.print(f"[bold]{name:<13}[/bold]{place}", soft_wrap=True, highlight=False)


def kpi_table(result: RunResult) -> Table:
    """Return the plan and the rule-based schedule side by side."""
    table = Table(title=f"Version {result.version}: planned against rule-based")
    table.add_column("")
    for heading in ("planned", "rule-based", "difference"):
        table.add_column(heading, justify="right")
    planned, rule = result.planned, result.rule
    table.add_row(f"cost ({result.currency})", *_money(planned.total, rule.total), style="bold")
    for name in COMPONENTS:
        if planned.cost[name] or rule.cost[name]:
            table.add_row(f"  {name}", *_money(planned.cost[name], rule.cost[name]))
    table.add_section()
    table.add_row("on time in full", *_share(planned.on_time_in_full, rule.on_time_in_full))
    table.add_row("orders late", *_money(planned.orders_late, rule.orders_late))
    table.add_row("units late", *_money(planned.units_late, rule.units_late))
    table.add_row("changeover hours", *_hours(planned.changeover_hours, rule.changeover_hours))
    table.add_row("overtime hours", *_hours(planned.overtime_hours, rule.overtime_hours))
    table.add_row("utilisation", *_share(planned.utilisation, rule.utilisation))
    table.add_section()
    table.add_row("lower bound", "not known" if result.bound is None else f"{result.bound:,.0f}")
    table.add_row("gap to the bound", "not known" if result.gap is None else f"{result.gap:.1%}")
    return table


def _money(planned: float, rule: float) -> tuple[str, str, str]:
    change = f"{(planned - rule) / rule:+.1%}" if rule else ""
    return f"{planned:,.0f}", f"{rule:,.0f}", change


def _hours(planned: float, rule: float) -> tuple[str, str, str]:
    return f"{planned:,.1f}", f"{rule:,.1f}", f"{planned - rule:+,.1f}"


def _share(planned: float, rule: float) -> tuple[str, str, str]:
    return f"{planned:.1%}", f"{rule:.1%}", f"{100 * (planned - rule):+.1f} pp"
