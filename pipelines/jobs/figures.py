"""What jobs say of a schedule in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plant import Evaluation
from plant.io import evaluation_to_document


@dataclass(frozen=True, slots=True)
class ScheduleFigures:
    """What the referee says of a schedule: cost, KPIs and how many rules it breaks."""

    cost: Mapping[str, float]
    kpis: Mapping[str, float]
    violations: int


def figures_of(verdict: Evaluation) -> ScheduleFigures:
    """The figures of the referee's verdict."""
    told = evaluation_to_document(verdict)
    return ScheduleFigures(told["cost"], told["kpis"], len(verdict.violations))
