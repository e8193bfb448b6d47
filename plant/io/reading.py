"""From a document's keys and values to records: every fault found, or the plant or schedule itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from plant.errors import PlantError, RecordError
from plant.io.documents import Document, Expected, PlantDocument, ScheduleDocument
from plant.io.problems import NOTHING, Fault, Phrase, Place
from plant.io.references import Tables, reference_faults
from plant.io.suggestions import Suggestions
from plant.model import Plant
from plant.schedule import Schedule

SCALARS = ("currency", "starts_at", "horizon")
D = TypeVar("D", bound=Document)


class FaultsError(ValueError):
    """A document cannot be read into records; `faults` says all that is wrong, places still unwritten."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__(f"{len(faults)} faults")


def read_plant(document: object) -> Plant:
    """The plant of a document. Raises FaultsError."""
    found = _validated(PlantDocument, document)
    tables = {
        name: tuple(row.record for row in getattr(found, name))
        for name in PlantDocument.model_fields
        if name not in SCALARS
    }
    try:
        return Plant(found.currency, found.starts_at, found.horizon, **tables)
    except PlantError as error:  # what only the whole plant can say, such as a cycle in the bom
        raise FaultsError(
            [Fault((p.where, p.field), p.expected, p.found) for p in error.problems]
        ) from None


def read_schedule(document: object, known: Tables | None = None) -> Schedule:
    """The schedule of a document, its runs held against known lines and items. Raises FaultsError."""
    found = _validated(ScheduleDocument, document, known)
    return Schedule(tuple(row.record for row in found.runs))


def _validated(model: type[D], document: object, known: Tables | None = None) -> D:
    if isinstance(document, Mapping) and document and not set(document) & set(model.model_fields):
        keys = Phrase(f"an object with the keys {', '.join(map(str, list(document)[:5]))}")
        raise FaultsError([Fault((), f"the keys {', '.join(model.model_fields)}", keys)])
    faults: list[Fault] = []
    found = None
    try:
        found = model.model_validate(document)
    except ValidationError as error:
        faults.extend(pydantic_faults(model, error))
    if isinstance(document, Mapping):
        references = reference_faults({**(known or {}), **document})
        faults.extend(fault for fault in references if fault.path[0] in document)
    if faults or found is None:
        raise FaultsError(faults)
    return found


def pydantic_faults(model: type[BaseModel], error: ValidationError) -> Iterator[Fault]:
    """What Pydantic found, in our words."""
    for item in error.errors(include_url=False):
        path: Place = tuple(item["loc"])
        kind = item["type"]
        raised = item.get("ctx", {}).get("error")
        if kind == "extra_forbidden":
            yield _unknown_key(model, path)
        elif kind == "missing":
            yield Fault(path, expected(model, path), NOTHING, "key")
        elif isinstance(raised, RecordError):
            for problem in raised.problems:
                yield Fault((*path, problem.field), problem.expected, problem.found)
        else:
            yield Fault(path, expected(model, path) + _limit(item), item["input"])


def _limit(item: Any) -> str:
    """The limit that a value passed which the field's words leave out: it is beyond all use."""
    limit = item.get("ctx", {}).get("le" if item["type"] == "less_than_equal" else "ge", 0)
    return (
        f" and at most {limit:,.0f}" if limit > 1 else f" from {limit:,.0f} on" if limit < 0 else ""
    )


def expected(model: type[BaseModel], path: Place) -> str:
    """The words for what the field at a path holds."""
    field = _field(model, path)
    if field is not None:
        for mark in field.metadata:
            if isinstance(mark, Expected):
                return mark.words
    return "a JSON object"


def _unknown_key(model: type[BaseModel], path: Place) -> Fault:
    owner = _model(model, path[:-1])
    keys = [field.alias or name for name, field in owner.model_fields.items()] if owner else []
    hint = Suggestions(keys).for_name(str(path[-1]))
    return Fault(path, f"one of the keys {', '.join(keys)}{hint}", Phrase("an unknown key"), "key")


def _model(model: type[BaseModel], path: Place) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for depth, step in enumerate(path):
        if isinstance(step, int) or found is None:
            continue
        field = _field(found, path[depth : depth + 1])
        found = _inner(field.annotation) if field else None
    return found


def _field(model: type[BaseModel], path: Place) -> FieldInfo | None:
    """The field that a path ends at; None where it ends at a list's element."""
    if not path or isinstance(path[-1], int):
        return None
    owner = _model(model, path[:-1])
    for name, field in (owner.model_fields if owner else {}).items():
        if path[-1] in (name, field.alias):
            return field
    return None


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)
