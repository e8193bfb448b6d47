"""What the events add up to: the latest state of lines and stocks, history, and what was noted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, delete, func, insert, literal, select, text, union_all
from sqlalchemy.orm import Session

from pipelines.events import (
    Event,
    Known,
    LineNow,
    LineState,
    Material,
    Noted,
    Now,
    OrderEvent,
    State,
    StockNow,
)
from pipelines.storage.base import Instant
from pipelines.storage.plant_tables import ItemRow, LineRow, PlantRow
from pipelines.storage.repositories.event_sql import reopen
from pipelines.storage.repositories.plants import find_snapshot
from pipelines.storage.stream_tables import (
    EVENTS,
    NOTED,
    EventBatchRow,
    ItemStockRow,
    ItemUsageRow,
    LineDayRow,
    LineMinuteRow,
    LineStateRow,
)
from plant import Plant


@dataclass(frozen=True, slots=True)
class LineMinute:
    """What a line counted (good, scrap) and had inspected (checked, failed) of an item in a minute."""

    line: str
    minute: datetime
    item: str
    events: int
    good: float
    scrap: float
    checked: float
    failed: float
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LineSpan:
    """A line's state from `since` until the next one began, or None where it still holds."""

    line: str
    state: State
    item: str | None
    since: datetime
    ended: datetime | None
    reason: str
    until: datetime | None


def known_of(session: Session, plant_name: str) -> tuple[Known, int] | None:
    """The lines and items of the newest plant of that name, and its clocks' minutes ahead of UTC."""
    found = find_snapshot(session, plant_name)
    if found is None:
        return None
    plant = session.get_one(PlantRow, found)
    lines = session.scalars(select(LineRow.id).where(LineRow.plant_id == plant.id))
    items = session.scalars(select(ItemRow.id).where(ItemRow.plant_id == plant.id))
    return Known(frozenset(lines), frozenset(items)), plant.utc_offset


def open_stocks(session: Session, plant: Plant) -> None:
    """The plant's stocks hold at its start; what events moved from then on is added up anew."""
    session.execute(delete(ItemStockRow))
    session.execute(delete(ItemUsageRow))
    opened: list[dict[str, Any]] = [
        {"item": item.id, "opening": item.stock, "opening_at": plant.starts_at}
        | dict.fromkeys(("received", "made", "consumed"), 0.0)
        for item in plant.items
    ]
    if opened:
        session.execute(insert(ItemStockRow), opened)
    if plant.bom:
        usage = [
            {"item": one.item, "component": one.component, "per_unit": one.per_unit}
            for one in plant.bom
        ]
        session.execute(insert(ItemUsageRow), usage)
    for statement in reopen():
        session.connection().exec_driver_sql(statement)


def stocks_are_open(session: Session) -> bool:
    """Whether somebody said what there is in stock."""
    return session.scalar(select(ItemStockRow.item).limit(1)) is not None


def last_commit(session: Session) -> int:
    """The number of the last commit, 0 before the first."""
    return session.scalar(select(func.max(EventBatchRow.number))) or 0


def latest_now(
    session: Session, lines: Collection[str] | None = None, items: Collection[str] | None = None
) -> Now:
    """The latest state of the lines and stocks named, of all where None."""
    batch = last_commit(session)
    stocks = select(ItemStockRow)
    if items is not None:
        stocks = stocks.where(ItemStockRow.item.in_(items))
    named = _lines(session) if lines is None else lines
    return Now(
        lines=_lines_now(session, named, batch),
        stocks={
            row.item: StockNow(
                row.item, batch, row.opening + row.received + row.made - row.consumed, row.as_of
            )
            for row in session.scalars(stocks)
        },
    )


def noted_since(session: Session, position: int, limit: int | None = None) -> tuple[Noted, ...]:
    """Events on line states, material and orders after a position, as the database took them."""
    query = select(EVENTS).where(EVENTS.c.position > position, text(NOTED))
    query = query.order_by(EVENTS.c.position).limit(limit)
    return tuple(Noted(row["position"], _event(row)) for row in session.execute(query).mappings())


def last_states(session: Session, since: int, until: int) -> tuple[Noted, ...]:
    """Of each line the last state, by when it began, of those in positions (since, until)."""
    told = EVENTS.c
    rank = func.row_number().over(
        partition_by=told.line, order_by=(told.at.desc(), told.event_id.desc())
    )
    inside = (
        select(EVENTS, rank.label("rank"))
        .where(told.position > since, told.position < until, text(NOTED))
        .where(told.type == "line_state")
        .subquery()
    )
    query = select(inside).where(inside.c.rank == 1).order_by(inside.c.position)
    return tuple(Noted(row["position"], _event(row)) for row in session.execute(query).mappings())


def line_minutes(
    session: Session, since: datetime, until: datetime, line: str | None = None
) -> list[LineMinute]:
    """The minutes in [since, until) in which lines counted, in the order of minute and line."""
    row = LineMinuteRow
    query = select(row).where(row.minute >= since, row.minute < until)
    if line is not None:
        query = query.where(row.line == line)
    return [
        LineMinute(
            one.line, one.minute, one.item, one.events, one.good, one.scrap, one.checked,
            one.failed, one.last_at,
        )
        for one in session.scalars(query.order_by(row.minute, row.line, row.item))
    ]  # fmt: skip


def line_history(session: Session, since: datetime, line: str | None = None) -> list[LineSpan]:
    """The states that held at `since` or began later, by line and time."""
    ended = func.lead(LineStateRow.at, type_=Instant).over(
        partition_by=LineStateRow.line, order_by=(LineStateRow.at, LineStateRow.event_id)
    )
    query = select(LineStateRow, ended.label("ended"))
    if line is not None:
        query = query.where(LineStateRow.line == line)
    spans = (
        LineSpan(row.line, cast("State", row.state), row.item, row.at, end, row.reason, row.until)
        for row, end in session.execute(
            query.order_by(LineStateRow.line, LineStateRow.at, LineStateRow.event_id)
        )
    )
    return [span for span in spans if span.ended is None or span.ended > since]


def _lines(session: Session) -> set[str]:
    stated = session.scalars(select(LineStateRow.line).distinct())
    counted = session.scalars(select(LineDayRow.line).distinct())
    return {*stated, *counted}


def _lines_now(session: Session, lines: Collection[str], batch: int) -> dict[str, LineNow]:
    if not lines:
        return {}
    states = {row.line: row for row in session.scalars(_latest(LineStateRow, "at", lines))}
    days = {row.line: row for row in session.scalars(_latest(LineDayRow, "day", lines))}
    found = {}
    for line in lines:
        state, day = states.get(line), days.get(line)
        said = [row.at for row in (state,) if row] + [row.last_at for row in (day,) if row]
        found[line] = LineNow(
            line=line,
            batch=batch,
            state=cast("State", state.state) if state else None,
            item=state.item if state else None,
            since=state.at if state else None,
            until=state.until if state else None,
            reason=state.reason if state else "",
            day=day.day if day else None,
            good=day.good if day else 0.0,
            scrap=day.scrap if day else 0.0,
            last_at=max(said, default=None),
        )
    return found


def _latest(table: Any, column: str, lines: Collection[str]) -> Select[Any]:
    """The last row of each line, found by the key: histories are long. Ties come in key order."""
    named = union_all(*(select(literal(line).label("line")) for line in lines)).subquery("named")
    inner = table.__table__.alias("inner_rows")
    last = select(func.max(inner.c[column])).where(inner.c.line == named.c.line).scalar_subquery()
    query = select(table).join(
        named, (table.line == named.c.line) & (getattr(table, column) == last)
    )
    return query.order_by(*table.__table__.primary_key.columns)


def _event(row: Any) -> Event:
    """The event of a row that is noted."""
    said: dict[str, Any] = {name: row[name] for name in ("event_id", "at", "source", "item")}
    if row["type"] == "line_state":
        return LineState(
            **said, line=row["line"], state=row["status"], reason=row["reason"] or "",
            until=row["until"],
        )  # fmt: skip
    said |= {"quantity": row["quantity"], "due_at": row["due_at"]}
    if row["type"] == "material":
        return Material(**said, delivery=row["delivery"], status=row["status"])
    return OrderEvent(**said, order=row["order_id"], change=row["status"], weight=row["weight"])
