"""Plants as snapshots: stored under a name, never changed, loaded equal to what was stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, Literal, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from pipelines.storage.repositories.sync import NotStoredError
from pipelines.storage.tables import (
    ArrivalRow,
    Base,
    BomLineRow,
    CapabilityRow,
    ChangeoverRow,
    ItemRow,
    LineRow,
    OrderRow,
    PlantRow,
    ShiftRow,
)
from plant import Arrival, BomLine, Capability, Changeover, Item, Line, Order, Plant, Shift

Rows = list[dict[str, Any]]


def store_plant(session: Session, name: str, plant: Plant, now: datetime) -> int:
    """The id of the snapshot under `name` that holds the plant.

    That is the newest one where it holds the same; otherwise a new one.
    """
    digest = digest_of(plant)
    newest = _newest(session, name)
    if newest is not None and newest.digest == digest:
        return newest.id
    offset = plant.starts_at.utcoffset() or timedelta()
    head = PlantRow(
        name=name,
        digest=digest,
        stored_at=now,
        currency=plant.currency,
        starts_at=plant.starts_at,
        utc_offset=int(offset.total_seconds() // 60),
        horizon=plant.horizon,
    )
    session.add(head)
    session.flush()
    for table, rows in _tables(plant):
        if rows:
            # The table, not the class: a class's insert is a statement for each pattern of nulls.
            session.execute(
                insert(cast("Table", table.__table__)),
                [{"plant_id": head.id, **row} for row in rows],
            )
    return head.id


def find_snapshot(session: Session, name: str) -> int | None:
    """The id of the newest snapshot under `name`, or None."""
    newest = _newest(session, name)
    return None if newest is None else newest.id


def load_plant(session: Session, name: str) -> Plant:
    """The newest plant stored under `name`; NotStoredError where there is none."""
    newest = _newest(session, name)
    if newest is None:
        names = sorted(session.scalars(select(PlantRow.name).distinct()))
        raise NotStoredError(
            f"plant {name!r} is not stored; stored are: {', '.join(names) or 'none'}"
        )
    return load_snapshot(session, newest.id)


def load_snapshot(session: Session, plant_id: int) -> Plant:
    """The plant of one snapshot; NotStoredError where there is none of that id."""
    head = session.get(PlantRow, plant_id)
    if head is None:
        raise NotStoredError(f"plant snapshot {plant_id} is not stored")
    zone = timezone(timedelta(minutes=head.utc_offset))

    def rows(table: type[Base]) -> Iterable[Any]:
        columns = table.__table__.c
        query = select(table).where(columns.plant_id == plant_id).order_by(columns.position)
        return session.scalars(query)

    shifts: dict[str, list[Shift]] = {}
    for row in rows(ShiftRow):
        shifts.setdefault(row.line, []).append(
            Shift(row.start_minute, row.end_minute, row.overtime)
        )
    return Plant(
        currency=head.currency,
        starts_at=head.starts_at.astimezone(zone),
        horizon=head.horizon,
        lines=tuple(
            Line(
                row.id,
                row.run_cost,
                row.overtime_cost,
                row.idle_cost,
                tuple(shifts.get(row.id, ())),
                row.initial_family,
                row.available_from,
            )
            for row in rows(LineRow)
        ),
        items=tuple(
            Item(
                row.id,
                row.family,
                row.stock,
                row.safety_stock,
                row.holding_cost,
                row.shortage_cost,
            )
            for row in rows(ItemRow)
        ),
        capabilities=tuple(
            Capability(row.line, row.item, row.rate, row.yield_share, row.min_lot, row.lot_multiple)
            for row in rows(CapabilityRow)
        ),
        changeovers=tuple(
            Changeover(row.from_family, row.to_family, row.minutes, row.cost, row.line)
            for row in rows(ChangeoverRow)
        ),
        bom=tuple(BomLine(row.item, row.component, row.per_unit) for row in rows(BomLineRow)),
        arrivals=tuple(Arrival(row.item, row.at_minute, row.quantity) for row in rows(ArrivalRow)),
        orders=tuple(
            Order(
                row.id,
                row.item,
                row.quantity,
                row.due_minute,
                row.weight,
                cast("Literal['firm', 'forecast']", row.source),
            )
            for row in rows(OrderRow)
        ),
    )


def digest_of(plant: Plant) -> str:
    """The SHA-256 of the plant's records, the same for equal plants."""
    # A dataclass prints every field; the instant is put in UTC, equal instants being equal plants.
    offset = plant.starts_at.utcoffset()
    text = repr(
        (plant.starts_at.timestamp(), offset, plant.currency, plant.horizon, _tables(plant))
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _newest(session: Session, name: str) -> PlantRow | None:
    query = select(PlantRow).where(PlantRow.name == name).order_by(PlantRow.id.desc()).limit(1)
    return session.scalar(query)


def _tables(plant: Plant) -> list[tuple[type[Base], Rows]]:
    """The rows of each table, parents before children."""
    return [
        (LineRow, list(_lines(plant))),
        (ShiftRow, list(_shifts(plant))),
        (ItemRow, _fields(plant.items, ItemRow)),
        (CapabilityRow, _fields(plant.capabilities, CapabilityRow, yield_="yield_share")),
        (ChangeoverRow, _fields(plant.changeovers, ChangeoverRow)),
        (BomLineRow, _fields(plant.bom, BomLineRow)),
        (ArrivalRow, _fields(plant.arrivals, ArrivalRow, at="at_minute")),
        (OrderRow, _fields(plant.orders, OrderRow, due="due_minute")),
    ]


def _fields(records: Iterable[Any], table: type[Base], **renamed: str) -> Rows:
    """Each record as a row: field by field of the same name, but for the renamed ones."""
    fields = {column.name: column.name for column in table.__table__.columns}
    fields |= {column: field for field, column in renamed.items()}
    del fields["plant_id"], fields["position"]
    return [
        {
            "position": position,
            **{column: getattr(record, field) for column, field in fields.items()},
        }
        for position, record in enumerate(records)
    ]


def _lines(plant: Plant) -> Iterator[dict[str, Any]]:
    yield from _fields(plant.lines, LineRow)


def _shifts(plant: Plant) -> Iterator[dict[str, Any]]:
    shifts = ((line.id, shift) for line in plant.lines for shift in line.shifts)
    for position, (line, shift) in enumerate(shifts):
        yield {
            "position": position,
            "line": line,
            "start_minute": shift.start,
            "end_minute": shift.end,
            "overtime": shift.overtime,
        }
