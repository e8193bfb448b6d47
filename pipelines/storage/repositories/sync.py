"""Brings a table to a wanted state by the fewest changes: the same input changes no row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from pipelines.storage.base import Base

Key = tuple[Any, ...]


class NotStoredError(LookupError):
    """What was asked for is not in the database; the message says what is."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows a synchronisation inserted, updated and deleted."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True, slots=True)
class Shape:
    """A table, the columns that name a row, the ones compared, and the part of it that is meant."""

    table: type[Base]
    keys: Sequence[str]
    values: Sequence[str]
    where: Sequence[ColumnElement[bool]] = ()


def sync_rows(
    session: Session, shape: Shape, wanted: Iterable[Mapping[str, Any]], mark: Mapping[str, Any]
) -> Changes:
    """The changes that make the table hold exactly `wanted`.

    `mark` (say, the batch) is written to rows that are inserted or updated and compared with none.
    """
    table = shape.table.__table__
    goal = {_pick(row, shape.keys): _pick(row, shape.values) for row in wanted}
    columns = [table.c[name] for name in (*shape.keys, *shape.values)]
    width = len(shape.keys)
    held: dict[Key, Key] = {
        tuple(row[:width]): tuple(row[width:])
        for row in session.execute(select(*columns).where(*shape.where))
    }
    fresh = [key for key in goal if key not in held]
    stale = [key for key in goal if key in held and held[key] != goal[key]]
    gone = [key for key in held if key not in goal]
    by_key = [table.c[name] == bindparam(f"key_{name}") for name in shape.keys]
    named = [f"key_{name}" for name in shape.keys]
    connection = session.connection()
    if gone:
        connection.execute(
            delete(shape.table).where(*by_key),
            [dict(zip(named, key, strict=True)) for key in gone],
        )
    if stale:
        connection.execute(
            update(shape.table).where(*by_key),
            [
                dict(zip((*named, *shape.values), (*key, *goal[key]), strict=True)) | dict(mark)
                for key in stale
            ],
        )
    if fresh:
        connection.execute(
            insert(shape.table),
            [
                dict(zip((*shape.keys, *shape.values), (*key, *goal[key]), strict=True))
                | dict(mark)
                for key in fresh
            ],
        )
    return Changes(len(fresh), len(stale), len(gone))


def _pick(row: Mapping[str, Any], names: Sequence[str]) -> Key:
    return tuple(row[name] for name in names)
