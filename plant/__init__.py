"""The domain: what a plant is, what a schedule is, and what `evaluate` says of the two."""

from plant.errors import DocumentError, EditError, PlantError, Problem, RecordError, ReferencesError
from plant.evaluate import (
    COMPONENTS,
    Cost,
    Evaluation,
    Kpis,
    Violation,
    Weights,
    Zones,
    evaluate,
    violations,
)
from plant.model import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    Shift,
    Source,
)
from plant.pegging import Peg, Pegging
from plant.schedule import LOCKS, Lock, Run, Schedule

__all__ = [
    "COMPONENTS",
    "LOCKS",
    "Arrival",
    "BomLine",
    "Capability",
    "Changeover",
    "Cost",
    "DocumentError",
    "EditError",
    "Evaluation",
    "Item",
    "Kpis",
    "Line",
    "Lock",
    "Order",
    "Peg",
    "Pegging",
    "Plant",
    "PlantError",
    "Problem",
    "RecordError",
    "ReferencesError",
    "Run",
    "Schedule",
    "Shift",
    "Source",
    "Violation",
    "Weights",
    "Zones",
    "evaluate",
    "violations",
]
