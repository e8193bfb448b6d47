"""The errors of the plant model, one small tree.

PlantError
├── RecordError      one record is wrong in itself (negative quantity, end before start, ...)
├── ReferencesError  one record names another that is not there, or two share an id
├── EditError        an edit of a schedule that cannot be done (unknown run, line not capable, ...)
└── DocumentError    a JSON, CSV or Excel document says something that no record can hold
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what was expected and what was found."""

    where: str
    field: str
    expected: str
    found: object

    def __str__(self) -> str:
        return f"{self.where}: {self.field}: expected {self.expected}, found {self.found!r}"


class PlantError(ValueError):
    """Something of a plant or a schedule is wrong; `problems` names all of it at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RecordError(PlantError):
    """A record is wrong in itself."""


class ReferencesError(PlantError):
    """A record names another that is not there, or an id stands twice."""


class EditError(PlantError):
    """An edit of a schedule cannot be done."""


class DocumentError(PlantError):
    """A document cannot be read into records."""
