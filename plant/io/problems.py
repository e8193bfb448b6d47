"""What is wrong with a document, said with its place: a key of a JSON document or a cell of a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from plant.errors import Problem

Place = tuple[str | int, ...]
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was found, already said in words."""

    words: str

    def __repr__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Again:
    """A key that the row `first` of the table has already."""

    key: str
    table: str
    first: int

    def __repr__(self) -> str:
        return f"{self.key} again, after {self.table}[{self.first}]"


NOTHING = Phrase("nothing")


@dataclass(frozen=True, slots=True)
class DocumentProblem(Problem):
    """A problem of a document: `plant.json: orders[3].due: expected ..., found ...`.

    `where` is the document's name, `field` the place in it.
    """

    def __str__(self) -> str:
        place = f"{self.where}: {self.field}" if self.field else self.where
        return f"{place}: expected {self.expected}, found {told(self.found)}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem before its place is written: the path of keys and indices that leads to it.

    Where `kind` is "key" the last key itself is wrong (unknown or missing), not its value.
    """

    path: Place
    expected: str
    found: object
    kind: Literal["value", "key"] = "value"


def json_problems(name: str, faults: Iterable[Fault]) -> tuple[DocumentProblem, ...]:
    """The faults with their places written as in JSON, in the document's order of tables."""
    return tuple(DocumentProblem(name, json_place(f.path), f.expected, f.found) for f in faults)


def json_place(path: Place) -> str:
    """`orders[3].due` for ("orders", 3, "due")."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def told(found: Any) -> str:
    """A found value as a reader of the document would write it, shortened."""
    if isinstance(found, Phrase | Again):
        return repr(found)
    try:
        text = json.dumps(found, ensure_ascii=False, default=str)
    except ValueError:
        text = repr(found)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
