"""From records to documents: plain dicts with the documents' names, whole numbers without a point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any

from plant.diff import Delta, Difference
from plant.evaluate import COMPONENTS, Evaluation
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
)
from plant.schedule import Run, Schedule

EXACT = 2.0**53  # whole floats up to here are the same as integers


def plant_to_document(plant: Plant) -> dict[str, Any]:
    """The plant as a document."""
    return {
        "currency": plant.currency,
        "starts_at": plant.starts_at.isoformat(),
        "horizon": plant.horizon,
        "lines": [
            {**_line(line), "shifts": [_shift(shift) for shift in line.shifts]}
            for line in plant.lines
        ],
        "items": [_item(item) for item in plant.items],
        "capabilities": [_capability(capability) for capability in plant.capabilities],
        "changeovers": [_changeover(changeover) for changeover in plant.changeovers],
        "bom": [_bom_line(line) for line in plant.bom],
        "arrivals": [_arrival(arrival) for arrival in plant.arrivals],
        "orders": [_order(order) for order in plant.orders],
    }


def schedule_to_document(schedule: Schedule) -> dict[str, Any]:
    """The schedule as a document."""
    return {"runs": [_run(run) for run in schedule.runs]}


def run_to_document(run: Run) -> dict[str, Any]:
    """One run as the schedule's document holds it."""
    return _run(run)


def evaluation_to_document(evaluation: Evaluation) -> dict[str, Any]:
    """The referee's verdict: feasible, violations, cost (total and by component) and kpis."""
    return {
        "feasible": evaluation.feasible,
        "violations": [asdict(violation) for violation in evaluation.violations],
        "cost": {name: getattr(evaluation.cost, name) for name in ("total", *COMPONENTS)},
        "kpis": asdict(evaluation.kpis),
    }


def difference_to_document(difference: Difference) -> dict[str, Any]:
    """What changed between two schedules, figures as before, after and change."""
    return {
        "runs": [
            {
                "id": one.id,
                "changes": list(one.changes),
                "before": _run(one.before) if one.before else None,
                "after": _run(one.after) if one.after else None,
            }
            for one in difference.runs
        ],
        "unchanged": difference.unchanged,
        "feasible": {"before": difference.feasible[0], "after": difference.feasible[1]},
        "cost": {name: _delta(delta) for name, delta in difference.cost.items()},
        "kpis": {name: _delta(delta) for name, delta in difference.kpis.items()},
        "orders_late": list(difference.orders_late),
        "orders_saved": list(difference.orders_saved),
    }


def _delta(delta: Delta) -> dict[str, float]:
    return {"before": delta.before, "after": delta.after, "change": delta.change}


def _writer(record: type) -> Callable[[Any], dict[str, Any]]:
    """What turns one record of a type into a dict, its fields looked up once."""
    names = [field.name for field in fields(record)]
    keys = [name.rstrip("_") for name in names]
    values = attrgetter(*names)

    def write(one: Any) -> dict[str, Any]:
        return {
            key: int(value) if type(value) is float and value.is_integer() and -EXACT < value < EXACT
            else value
            for key, value in zip(keys, values(one), strict=True)
        }  # fmt: skip

    return write


_line, _shift, _item = _writer(Line), _writer(Shift), _writer(Item)
_capability, _changeover, _bom_line = _writer(Capability), _writer(Changeover), _writer(BomLine)
_arrival, _order, _run = _writer(Arrival), _writer(Order), _writer(Run)
