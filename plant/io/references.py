"""What the records of a document say of each other: ids that stand twice, names that nobody has."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from plant.io.problems import Again, Fault
from plant.io.suggestions import Suggestions

# Tables whose rows are told apart by these fields.
KEYS: dict[str, tuple[str, ...]] = {
    "lines": ("id",),
    "items": ("id",),
    "capabilities": ("line", "item"),
    "changeovers": ("from_family", "to_family", "line"),
    "bom": ("item", "component"),
    "orders": ("id",),
    "runs": ("id",),
}
# Fields that name the id of a row of another table.
NAMES: dict[str, dict[str, str]] = {
    "capabilities": {"line": "lines", "item": "items"},
    "changeovers": {"line": "lines"},
    "bom": {"item": "items", "component": "items"},
    "arrivals": {"item": "items"},
    "orders": {"item": "items"},
    "runs": {"line": "lines", "item": "items"},
}

Tables = Mapping[str, Sequence[Any]]


def reference_faults(tables: Tables) -> Iterator[Fault]:
    """Every id that stands twice and every reference to a row that is not there.

    Takes raw rows, whatever they hold: a row or value of the wrong type is passed over, because it is
    named elsewhere. References to a table that is absent or has a row without id are not followed.
    """
    yield from _doubles(tables)
    known = {
        table: ids for table in ("lines", "items") if (ids := _ids(tables.get(table))) is not None
    }
    suggestions = {table: Suggestions(names) for table, names in known.items()}
    for table, names in NAMES.items():
        for index, row in _objects(tables.get(table, ())).items():
            for field, target in names.items():
                name: object = row.get(field)
                if target in known and _is_name(name) and name not in known[target]:
                    expected = f"the id of one of the {target}{suggestions[target].for_name(name)}"
                    yield Fault((table, index, field), expected, name)


def _doubles(tables: Tables) -> Iterator[Fault]:
    for table, key in KEYS.items():
        first: dict[Hashable, int] = {}
        for index, row in _objects(tables.get(table, ())).items():
            value = tuple(row.get(field) for field in key)
            if not all(part is None or _is_name(part) for part in value) or value[0] is None:
                continue
            if value in first:
                told = ", ".join(str(part) for part in value if part is not None)
                yield Fault((table, index, key[0]), "each once", Again(told, table, first[value]))
            else:
                first[value] = index


def _ids(rows: Any) -> set[str] | None:
    """The ids of a table's rows; None where there is no table or a row without one."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return None
    names = [row.get("id") if isinstance(row, Mapping) else None for row in rows]
    named = {name for name in names if _is_name(name)}
    return named if all(_is_name(name) for name in names) else None


def _objects(rows: Any) -> dict[int, Mapping[str, Any]]:
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return {}
    return {index: row for index, row in enumerate(rows) if isinstance(row, Mapping)}


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""
