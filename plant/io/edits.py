"""Edits as JSON: an object whose `kind` says which, read into records and written from them.

`EditDocument` is what an API takes (its `record` is the edit); docs/schema/edit.schema.json is its schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import Field, ValidationError

from plant.edits import (
    Add,
    Cancel,
    Edit,
    Group,
    Merge,
    Move,
    Replace,
    Resize,
    SetLock,
    Split,
)
from plant.errors import DocumentError
from plant.io.documents import (
    AboveZero,
    Expected,
    Minute,
    Name,
    OptionalName,
    RecordDocument,
    RunDocument,
)
from plant.io.problems import Fault, json_problems
from plant.io.reading import pydantic_faults
from plant.io.writing import run_to_document

LockDocument = Annotated[
    Literal["none", "line", "start", "all"], Expected("none, line, start or all")
]
Position = Annotated[int, Field(ge=0), Expected("a place in the schedule of at least 0")]


class _EditDocument(RecordDocument):
    """An edit of one kind; `record` is the edit."""

    def _values(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "kind"}


class MoveDocument(_EditDocument):
    """The run starts at another minute or on another line; its end follows from the calendar."""

    RECORD: ClassVar[type] = Move
    kind: Literal["move"]
    run: Name
    line: Name
    start: Minute


class SplitDocument(_EditDocument):
    """The run keeps `quantity`; the rest becomes a run of its own behind it."""

    RECORD: ClassVar[type] = Split
    kind: Literal["split"]
    run: Name
    quantity: AboveZero
    new: OptionalName = None
    """The id of the new run; null takes a free one."""


class MergeDocument(_EditDocument):
    """The run takes over the quantity of `other`, which is gone then."""

    RECORD: ClassVar[type] = Merge
    kind: Literal["merge"]
    run: Name
    other: Name


class ResizeDocument(_EditDocument):
    """The run makes another quantity from the same start."""

    RECORD: ClassVar[type] = Resize
    kind: Literal["resize"]
    run: Name
    quantity: AboveZero


class LockEditDocument(_EditDocument):
    """The run is locked so; "none" unlocks it."""

    RECORD: ClassVar[type] = SetLock
    kind: Literal["lock"]
    run: Name
    lock: LockDocument


class AddDocument(_EditDocument):
    """A new run."""

    RECORD: ClassVar[type] = Add
    kind: Literal["add"]
    line: Name
    item: Name
    start: Minute
    quantity: AboveZero
    run: OptionalName = None
    """The id of the new run; null takes a free one."""
    lock: LockDocument = "none"


class CancelDocument(_EditDocument):
    """The run is gone."""

    RECORD: ClassVar[type] = Cancel
    kind: Literal["cancel"]
    run: Name


class ReplaceDocument(_EditDocument):
    """The runs of `remove` are gone, those of `put` are there as written: what a repair proposes."""

    RECORD: ClassVar[type] = Replace
    kind: Literal["replace"]
    remove: Annotated[list[Name], Expected("a list of ids of runs")] = Field(default_factory=list)
    put: Annotated[list[RunDocument], Expected("a list of runs")] = Field(default_factory=list)
    positions: Annotated[list[Position], Expected("a list of places")] = Field(default_factory=list)
    """Where each run of `put` stands afterwards; empty keeps known runs in place, new ones last."""

    def _values(self) -> dict[str, Any]:
        put = tuple(run.record for run in self.put)
        return {"remove": tuple(self.remove), "put": put, "positions": tuple(self.positions)}


SingleDocument = Annotated[
    MoveDocument
    | SplitDocument
    | MergeDocument
    | ResizeDocument
    | LockEditDocument
    | AddDocument
    | CancelDocument
    | ReplaceDocument,
    Field(discriminator="kind"),
]


class GroupDocument(_EditDocument):
    """Several edits as one deed, in this order: all of them, or none."""

    RECORD: ClassVar[type] = Group
    kind: Literal["group"]
    edits: Annotated[list[SingleDocument], Field(min_length=1), Expected("a list of edits")]

    def _values(self) -> dict[str, Any]:
        return {"edits": tuple(edit.record for edit in self.edits)}


EditDocument = Annotated[SingleDocument | GroupDocument, Field(discriminator="kind")]

DOCUMENTS: dict[str, type[_EditDocument]] = {
    "move": MoveDocument,
    "split": SplitDocument,
    "merge": MergeDocument,
    "resize": ResizeDocument,
    "lock": LockEditDocument,
    "add": AddDocument,
    "cancel": CancelDocument,
    "replace": ReplaceDocument,
    "group": GroupDocument,
}
KINDS: dict[type, str] = {model.RECORD: kind for kind, model in DOCUMENTS.items()}


def edit_kind(edit: Edit) -> str:
    """What documents call the edit: move, split, merge, resize, lock, add, cancel, replace or group."""
    return KINDS[type(edit)]


def edit_from_document(document: object, name: str = "edit") -> Edit:
    """The edit that a document holds.

    Raises
    ------
    DocumentError
        Naming every key that is unknown, missing or holds something else than expected, by its place.
    """
    faults: list[Fault] = []
    found = _read(document, (), faults)
    if faults or found is None:
        raise DocumentError(json_problems(name, faults))
    return found


def edit_to_document(edit: Edit) -> dict[str, Any]:
    """The edit as a document; what is left to the plant (None, nothing) is left out."""
    document: dict[str, Any] = {"kind": edit_kind(edit)}
    for field in fields(edit):
        value = getattr(edit, field.name)
        if value is None or value == ():
            continue
        if field.name == "edits":
            value = [edit_to_document(one) for one in value]
        elif field.name == "put":
            value = [run_to_document(run) for run in value]
        document[field.name] = list(value) if isinstance(value, tuple) else value
    return document


def _read(document: object, path: tuple[str | int, ...], faults: list[Fault]) -> Edit | None:
    """The edit of a document at a path, or None with its faults written down."""
    if not isinstance(document, Mapping):
        faults.append(Fault(path, "a JSON object", document))
        return None
    kind = document.get("kind")
    known = [one for one in DOCUMENTS if one != "group" or not path]
    if not isinstance(kind, str) or kind not in known:
        faults.append(Fault((*path, "kind"), f"one of {', '.join(known)}", kind))
        return None
    edits = document.get("edits")
    if kind == "group" and isinstance(edits, list) and edits and set(document) == {"kind", "edits"}:
        read = [_read(one, ("edits", number), faults) for number, one in enumerate(edits)]
        return Group(tuple(cast("Any", one) for one in read)) if None not in read else None
    try:
        return cast("Edit", DOCUMENTS[kind].model_validate(document).record)
    except ValidationError as error:
        for fault in pydantic_faults(DOCUMENTS[kind], error):
            faults.append(Fault((*path, *fault.path), fault.expected, fault.found, fault.kind))
        return None
