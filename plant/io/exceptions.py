"""Exceptions of a schedule, their causes and fixes as documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from plant.explain import Cause, Fix, PlanException, Said
from plant.io.edits import edit_to_document
from plant.plant_changes import ExtraShift, PlantChange


def exception_to_document(one: PlanException) -> dict[str, Any]:
    """The exception with its sentence in both languages, chain and fixes (null: none looked for)."""
    return {
        "id": one.id,
        "kind": one.kind,
        "record": one.record,
        "severity": one.severity,
        "at": one.at,
        "money": one.money,
        "quantity": one.quantity,
        "short": one.short,
        "late": one.late,
        "said": said_to_document(one.said),
        "why": None if one.why is None else cause_to_document(one.why),
        "chain": [cause_to_document(cause) for cause in one.chain],
        "fixes": None if one.fixes is None else [fix_to_document(fix) for fix in one.fixes],
    }


def said_to_document(said: Said) -> dict[str, Any]:
    """A code, its parameters, and the sentence in English and Korean."""
    return {
        "code": said.code,
        "parameters": dict(said.parameters),
        "en": said.english,
        "ko": said.korean,
    }


def cause_to_document(cause: Cause) -> dict[str, Any]:
    """A link of a chain of causes."""
    return {
        "kind": cause.kind,
        "runs": list(cause.runs),
        "said": said_to_document(cause.said),
    }


def fix_to_document(fix: Fix) -> dict[str, Any]:
    """A fix: the edit that does it, what must change in the plant for it, and what it brings."""
    return {
        "said": said_to_document(fix.said),
        "edit": None if fix.edit is None else edit_to_document(fix.edit),
        "change": None if fix.change is None else _change(fix.change),
        "units": fix.units,
        "order_money": fix.order_money,
        "money": fix.money,
    }


def _change(change: PlantChange) -> dict[str, Any]:
    kind = "extra_shift" if isinstance(change, ExtraShift) else "earlier_arrival"
    return {"kind": kind, **asdict(change)}
