"""Plants and schedules as JSON: text, dicts and files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from plant.errors import DocumentError
from plant.io.atomic import write_whole
from plant.io.problems import DocumentProblem, Phrase, json_problems
from plant.io.reading import FaultsError, read_plant, read_schedule
from plant.io.text import decoded
from plant.io.writing import plant_to_document, schedule_to_document
from plant.model import Plant
from plant.schedule import Schedule

T = TypeVar("T")


def plant_from_document(document: object, name: str = "plant") -> Plant:
    """The plant that a document holds.

    Parameters
    ----------
    name
        What error messages call the document.

    Raises
    ------
    DocumentError
        Naming every key that is unknown, missing or holds something else than expected, and every id
        that stands twice or that nobody has, by its place.
    """
    return _read(read_plant, document, name)


def schedule_from_document(document: object, name: str = "schedule") -> Schedule:
    """The schedule that a document holds. Raises DocumentError as `plant_from_document` does."""
    return _read(read_schedule, document, name)


def plant_from_json(text: str | bytes, name: str = "plant") -> Plant:
    """The plant that a JSON text holds. Raises DocumentError, syntax errors by line and column."""
    return plant_from_document(parsed(text, name), name)


def schedule_from_json(text: str | bytes, name: str = "schedule") -> Schedule:
    """The schedule that a JSON text holds. Raises DocumentError, syntax errors by line and column."""
    return schedule_from_document(parsed(text, name), name)


def plant_to_json(plant: Plant) -> str:
    """The plant as JSON text, one record a line."""
    return document_to_json(plant_to_document(plant))


def schedule_to_json(schedule: Schedule) -> str:
    """The schedule as JSON text, one record a line."""
    return document_to_json(schedule_to_document(schedule))


def load_plant(path: Path | str) -> Plant:
    """The plant of a JSON file. Raises DocumentError, and OSError where the file cannot be read."""
    return plant_from_json(Path(path).read_bytes(), Path(path).name)


def load_schedule(path: Path | str) -> Schedule:
    """The schedule of a JSON file. Raises DocumentError, and OSError where it cannot be read."""
    return schedule_from_json(Path(path).read_bytes(), Path(path).name)


def save_plant(plant: Plant, path: Path | str) -> None:
    """Write the plant's JSON file, whole or not at all."""
    write_whole(path, plant_to_json(plant).encode())


def save_schedule(schedule: Schedule, path: Path | str) -> None:
    """Write the schedule's JSON file, whole or not at all."""
    write_whole(path, schedule_to_json(schedule).encode())


def parsed(text: str | bytes, name: str) -> Any:
    """The values of a JSON text. Raises DocumentError by line and column."""
    if isinstance(text, bytes):
        text = decoded(text, name)
    doubled: list[DocumentProblem] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            owner = found.get("id", ", ".join(sorted(found)[:3]))
            where = Phrase(f"{', '.join(twice)} twice in the object of {owner}")
            doubled.append(DocumentProblem(name, "", "each key of an object once", where))
        return found

    try:
        value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        found = text[error.pos : error.pos + 1]
        what = found if found else Phrase("the end of the text")
        expected = f"JSON ({error.msg})"
        raise DocumentError([DocumentProblem(name, place, expected, what)]) from None
    except RecursionError:
        problem = DocumentProblem(name, "", "a plant or schedule", Phrase("endless nesting"))
        raise DocumentError([problem]) from None
    if doubled:
        raise DocumentError(doubled)
    return value


def document_to_json(document: dict[str, Any]) -> str:
    """JSON text with one record of each table a line, so that files can be read and compared."""
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            rows = ",\n    ".join(_compact(row) for row in value)
            parts.append(f"  {_compact(key)}: [\n    {rows}\n  ]")
        else:
            parts.append(f"  {_compact(key)}: {_compact(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _read(reader: Callable[[object], T], document: object, name: str) -> T:
    try:
        return reader(document)
    except FaultsError as error:
        raise DocumentError(json_problems(name, error.faults)) from None
