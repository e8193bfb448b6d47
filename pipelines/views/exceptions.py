"""Exceptions as they are shown: why each is so, and what would help, as an edit that can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from pipelines.views.shelf import Shown
from plant.explain import CauseKind, ExceptionKind, Severity, exceptions, fixes_of
from plant.io.edits import EditDocument
from plant.io.exceptions import exception_to_document, fix_to_document


@dataclass(frozen=True, slots=True)
class SaidView:
    """One thing that is said: its code, its parameters, and the sentence in English and Korean."""

    code: str
    parameters: Mapping[str, str | int | float]
    en: str
    ko: str


@dataclass(frozen=True, slots=True)
class CauseView:
    """One link of a chain of causes, and the runs that it speaks of."""

    kind: CauseKind
    runs: tuple[str, ...]
    said: SaidView


@dataclass(frozen=True, slots=True)
class ExtraShiftView:
    """One more overtime shift on a line."""

    kind: Literal["extra_shift"]
    line: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class EarlierArrivalView:
    """`quantity` of the arrival of an item at minute `at` comes at minute `to` already."""

    kind: Literal["earlier_arrival"]
    item: str
    at: int
    quantity: float
    to: int


@dataclass(frozen=True, slots=True)
class FixView:
    """A change that helps an order, as it was judged; `plant.explain.Fix` says what each part means."""

    said: SaidView
    edit: EditDocument | None
    change: ExtraShiftView | EarlierArrivalView | None
    units: float
    order_money: float
    money: float


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """One thing to look at; `plant.explain.PlanException` says what each part means."""

    id: str
    kind: ExceptionKind
    record: str
    severity: Severity
    at: int
    money: float
    quantity: float
    short: float
    late: int
    said: SaidView
    why: CauseView | None
    chain: tuple[CauseView, ...]
    fixes: tuple[FixView, ...] | None


EXCEPTIONS: TypeAdapter[tuple[ExceptionView, ...]] = TypeAdapter(tuple[ExceptionView, ...])
FIXES: TypeAdapter[tuple[FixView, ...]] = TypeAdapter(tuple[FixView, ...])


def exceptions_of(it: Shown) -> tuple[ExceptionView, ...]:
    """What to look at, broken rules first, then by money; the first late orders with fixes."""
    found = exceptions(it.plant, it.schedule, it.base, it.weights, it.zones, was=it.evaluation)
    return EXCEPTIONS.validate_python([exception_to_document(one) for one in found])


def fixes_for(it: Shown, exception: str) -> tuple[FixView, ...]:
    """What would help with one exception, best first."""
    found = fixes_of(it.plant, it.schedule, exception, it.base, it.weights, it.zones, it.evaluation)
    return FIXES.validate_python([fix_to_document(one) for one in found])
