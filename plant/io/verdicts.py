"""Verdicts and places for a run as documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from plant.diff import Delta
from plant.evaluate import Violation
from plant.io.writing import run_to_document
from plant.legal_lines import Place
from plant.verdict import Verdict


def verdict_to_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict on a change: figures before, after and by how much, breaches, orders and runs."""
    return {
        "feasible": verdict.feasible,
        "cost": {name: _delta(delta) for name, delta in verdict.cost.items()},
        "kpis": {name: _delta(delta) for name, delta in verdict.kpis.items()},
        "breaches": [_breach(one) for one in verdict.breaches],
        "new": [_breach(one) for one in verdict.new],
        "grown": [_breach(one) for one in verdict.grown],
        "gone": [_breach(one) for one in verdict.gone],
        "late": list(verdict.late),
        "saved": list(verdict.saved),
        "orders": [asdict(one) for one in verdict.orders],
        "runs": [
            {
                "id": one.id,
                "changes": list(one.changes),
                "before": run_to_document(one.before) if one.before else None,
                "after": run_to_document(one.after) if one.after else None,
            }
            for one in verdict.runs
        ],
    }


def place_to_document(place: Place) -> dict[str, Any]:
    """A line for a run, with what dropping the run there would break."""
    return {**asdict(place), "is_legal": place.is_legal}


def _breach(one: Violation) -> dict[str, Any]:
    return {
        "kind": one.kind, "record": one.record, "amount": one.amount, "message": one.message,
    }  # fmt: skip


def _delta(delta: Delta) -> dict[str, float]:
    return {"before": delta.before, "after": delta.after, "change": delta.change}
