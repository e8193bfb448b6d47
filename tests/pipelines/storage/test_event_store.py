"""Events are stored once each, and what they add up to equals a count by hand; on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zlib import crc32

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from pipelines.events import (
    Count,
    Event,
    LineState,
    Material,
    OrderEvent,
    Quality,
    to_bytes,
)
from pipelines.storage import reading, writing
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_staging import line_of
from pipelines.storage.repositories.event_store import (
    Incoming,
    Place,
    Refused,
    Stored,
    store_events,
)
from pipelines.storage.stream_tables import (
    EVENTS,
    PLACES,
    DeliveryRow,
    EventBatchRow,
    EventIdRow,
    EventQuarantineRow,
    OrderChangeRow,
)
from tests.pipelines.storage.samples import small_plant

NOW = datetime(2023, 7, 1, 4, 30, 12, 500_000, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def said(number: int, at: datetime = NOW) -> dict[str, Any]:
    return {"event_id": uuid5(UUID(int=7), str(number)), "at": at, "source": "test"}


def count(number: int, good: float = 5.0, at: datetime = NOW, **change: Any) -> Count:
    return Count(
        **(said(number, at) | {"line": "L1", "item": "cola", "good": good, "scrap": 1.0} | change)
    )


def store(
    database: Engine,
    events: Sequence[Event],
    batch_id: int = 0,
    refused: Iterable[Refused] = (),
    *,
    seems_new: bool = False,
) -> Stored | None:
    texts = [
        line_of(event, crc32(to_bytes(event)), "t", 0, place) for place, event in enumerate(events)
    ]
    fetched = {
        ("t", 0, place): Refused("false_copy", "other bytes", to_bytes(event), "t", 0, place, NOW)
        for place, event in enumerate(events)
    }

    def fetch(places: Sequence[Place]) -> list[Refused]:
        return [fetched[place] for place in places]

    refused = list(refused)
    batch = Incoming(
        "q",
        batch_id,
        lambda: NOW,
        len(events) + len(refused),
        texts,
        refused,
        fetch,
        utc_offset=360,
        seems_new=seems_new,
    )
    with writing(database) as session:
        return store_events(session, batch)


def total(database: Engine, column: Any) -> Any:
    with reading(database) as session:
        return session.scalar(select(func.count(column)))


def test_an_event_of_each_type_is_stored_with_all_that_it_says(database: Engine) -> None:
    events = [
        Material(**said(1), delivery="D1", item="syrup", status="arrived", quantity=7.5),
        LineState(**said(2), line="L1", state="down", reason="belt \\ N", until=LATER),
        OrderEvent(
            **said(3), order="O9", item="cola", change="placed", quantity=2.0, due_at=LATER,
            weight=1.5,
        ),
        count(4, run="R1"),
        Quality(**said(5), line="L1", item="cola", checked=10.0, failed=1.0),
    ]  # fmt: skip
    stored = store(database, events)
    assert stored is not None
    assert stored.stored == dict.fromkeys(
        ("material", "line_state", "order", "count", "quality"), 1
    )
    assert (stored.number, stored.copies, stored.refused) == (1, 0, {})
    assert stored.lines == {"L1"}
    assert stored.items == {"syrup", "cola"}
    with reading(database) as session:
        noted = live.noted_since(session, 0)
        rows = session.execute(select(EVENTS).order_by(EVENTS.c.position)).mappings().all()
    assert [one.event for one in noted] == events[:3]
    assert [one.position for one in noted] == [PLACES + 1, PLACES + 2, PLACES + 3]
    assert [row["at"] for row in rows] == [NOW] * 5
    assert rows[3]["run"] == "R1"
    assert rows[4]["checked"] == 10.0


def test_of_each_line_a_commit_tells_the_last_state_by_its_instant(database: Engine) -> None:
    store(database, [LineState(**said(1), line="L1", state="idle")])
    down = LineState(**said(2, LATER), line="L1", state="down")
    other = LineState(**said(4), line="L2", state="running")
    store(database, [down, LineState(**said(3), line="L1", state="idle"), other, count(5)], 1)
    with reading(database) as session:
        last = live.last_states(session, 2 * PLACES, 3 * PLACES)
    assert [one.event for one in last] == [down, other]


def test_a_copy_counts_nowhere_in_its_batch_or_a_later_one(database: Engine) -> None:
    store(database, [count(1), count(1), count(2)])
    again = store(database, [count(2), count(3), count(1), count(3)], batch_id=1)
    assert again is not None
    assert again.stored == {"count": 1}
    assert again.copies == 3
    with reading(database) as session:
        (minute,) = live.line_minutes(session, NOW - timedelta(hours=1), LATER)
        now = live.latest_now(session)
    assert (minute.events, minute.good, minute.scrap) == (3, 15.0, 3.0)
    assert minute.minute == NOW.replace(second=0, microsecond=0)
    assert now.stocks["cola"].quantity == 15.0
    assert total(database, EVENTS.c.event_id) == 3


def test_what_seems_new_and_is_not_counts_once_all_the_same(database: Engine) -> None:
    store(database, [count(1), count(2)], seems_new=True)
    again = store(database, [count(3), count(2), count(4), count(1, good=6.0)], 1, seems_new=True)
    assert again is not None
    assert (again.stored, again.copies, again.refused) == ({"count": 2}, 1, {"false_copy": 1})
    within = store(database, [count(5), count(6), count(5)], 2, seems_new=True)
    assert within is not None
    assert (within.stored, within.copies) == ({"count": 2}, 1)
    with reading(database) as session:
        (minute,) = live.line_minutes(session, NOW - timedelta(hours=1), LATER)
    assert (minute.events, minute.good) == (6, 30.0)
    assert total(database, EVENTS.c.event_id) == total(database, EventIdRow.event_id) == 6


def test_a_batch_that_is_sent_again_changes_nothing(database: Engine) -> None:
    assert store(database, [count(1)]) is not None
    assert store(database, [count(1)]) is None
    assert total(database, EventBatchRow.number) == 1


def test_an_id_with_other_bytes_is_refused_and_kept(database: Engine) -> None:
    store(database, [count(1)])
    again = store(database, [count(1, good=6.0), count(2)], batch_id=1)
    assert again is not None
    assert again.refused == {"false_copy": 1}
    assert (again.copies, again.stored) == (0, {"count": 1})
    with reading(database) as session:
        (kept,) = session.scalars(select(EventQuarantineRow))
    assert kept.original == to_bytes(count(1, good=6.0))
    assert kept.received_at == NOW


def test_a_refused_message_is_kept_once_byte_for_byte(database: Engine) -> None:
    one = Refused("malformed", "key \x00 \ud800 is none", b"\xff\x00{", "t", 1, 9, NOW)
    store(database, [], 0, [one, one])
    store(database, [], 1, [one])
    with reading(database) as session:
        (kept,) = session.scalars(select(EventQuarantineRow))
    assert kept.original == one.original
    assert kept.reason == "key \\x00 \\ud800 is none"


def test_an_event_that_is_late_corrects_the_minute_it_belongs_to(database: Engine) -> None:
    store(database, [count(1, at=LATER)])
    store(database, [count(2, good=2.0), count(3, good=3.0, at=NOW - timedelta(days=2))], 1)
    with reading(database) as session:
        minutes = live.line_minutes(session, NOW - timedelta(days=3), LATER + timedelta(hours=1))
        now = live.latest_now(session)
    assert [minute.good for minute in minutes] == [3.0, 2.0, 5.0]
    line = now.lines["L1"]
    assert (line.day, line.good, line.scrap, line.last_at) == (date(2023, 7, 1), 7.0, 2.0, LATER)


def test_the_day_of_a_line_is_the_plants(database: Engine) -> None:
    store(database, [count(1, at=datetime(2023, 7, 1, 18, 30, tzinfo=UTC))])
    with reading(database) as session:
        assert live.latest_now(session).lines["L1"].day == date(2023, 7, 2)


def test_the_later_event_on_a_delivery_and_an_order_holds_whichever_came_first(
    database: Engine,
) -> None:
    def delivery(number: int, at: datetime, quantity: float, status: Any = "arrived") -> Material:
        return Material(
            **said(number, at), delivery="D1", item="syrup", status=status, quantity=quantity,
            due_at=LATER,
        )  # fmt: skip

    def order(number: int, at: datetime, change: Any) -> OrderEvent:
        return OrderEvent(
            **said(number, at), order="O1", item="cola", change=change, quantity=1.0, due_at=LATER,
            weight=1.0,
        )  # fmt: skip

    store(database, [delivery(1, LATER, 90.0), order(2, LATER, "cancelled")])
    store(database, [delivery(3, NOW, 100.0, "expected"), order(4, NOW, "placed")], 1)
    with reading(database) as session:
        assert live.latest_now(session).stocks["syrup"].quantity == 90.0
        assert session.get_one(OrderChangeRow, "O1").change == "cancelled"
    store(database, [delivery(5, LATER + timedelta(hours=1), 80.0)], 2)
    with reading(database) as session:
        assert live.latest_now(session).stocks["syrup"].quantity == 80.0
        assert session.get_one(DeliveryRow, "D1").quantity == 80.0
    store(database, [delivery(6, LATER + timedelta(hours=2), 80.0, "cancelled")], 3)
    with reading(database) as session:
        assert live.latest_now(session).stocks["syrup"].quantity == 0.0


def test_stock_is_what_was_there_and_what_moved_since(database: Engine) -> None:
    plant = small_plant()  # cola takes 0.25 of syrup; both have stock; starts 2023-06-30 18:00 UTC
    before = plant.starts_at - timedelta(minutes=1)
    with writing(database) as session:
        live.open_stocks(session, plant)
    arrived = Material(**said(3), delivery="D1", item="syrup", status="arrived", quantity=10.0)
    store(database, [count(1, good=7.0), count(2, good=100.0, at=before), arrived])

    def stocks() -> dict[str, float]:
        with reading(database) as session:
            found = live.latest_now(session).stocks
        return {item: stock.quantity for item, stock in found.items()}

    expected = {"cola": 12.0, "syrup": pytest.approx(1 / 3 + 10.0 - 8.0 * 0.25)}
    assert stocks() == expected
    with writing(database) as session:
        live.open_stocks(session, plant)
    assert stocks() == expected


def test_states_of_a_line_stand_in_the_order_in_which_they_happened(database: Engine) -> None:
    def state(number: int, at: datetime, state: Any) -> LineState:
        return LineState(**said(number, at), line="L1", state=state)

    store(database, [state(1, LATER, "running")])
    store(database, [state(2, NOW, "down")], 1)
    with reading(database) as session:
        spans = live.line_history(session, NOW)
        now = live.latest_now(session, ["L1", "L2"])
    assert [(span.state, span.since, span.ended) for span in spans] == [
        ("down", NOW, LATER), ("running", LATER, None),
    ]  # fmt: skip
    assert now.lines["L1"].state == "running"
    assert now.lines["L1"].batch == 2
    assert now.lines["L2"].state is None


def test_a_failure_in_the_middle_leaves_nothing(database: Engine) -> None:
    store(database, [count(1)])

    def fail(_places: Sequence[Place]) -> list[Refused]:
        raise RuntimeError("on purpose")

    false = count(1, good=9.0)
    text = line_of(false, crc32(to_bytes(false)), "t", 0, 0)
    with pytest.raises(RuntimeError, match="on purpose"), writing(database) as session:
        store_events(session, Incoming("q", 1, lambda: NOW, 1, [text], [], fail))
    assert total(database, EventBatchRow.number) == 1
    assert total(database, EventIdRow.event_id) == 1


def test_random_events_in_random_batches_with_copies_add_up_as_by_hand(database: Engine) -> None:
    random = np.random.default_rng(5)
    events = [
        count(
            number,
            good=float(random.integers(0, 50)),
            at=NOW - timedelta(seconds=int(random.integers(0, 400_000))),
            line=f"L{random.integers(1, 4)}",
            item=f"I{random.integers(1, 3)}",
        )
        for number in range(300)
    ]
    sent = [events[index] for index in random.permutation(np.repeat(np.arange(300), 2))]
    for batch_id, begin in enumerate(range(0, 600, 70)):
        store(database, sent[begin : begin + 70], batch_id, seems_new=batch_id % 2 == 0)
    by_minute: dict[Any, float] = {}
    for event in events:
        key = (event.line, event.at.replace(second=0, microsecond=0), event.item)
        by_minute[key] = by_minute.get(key, 0.0) + event.good
    with reading(database) as session:
        minutes = live.line_minutes(session, NOW - timedelta(days=9), LATER)
        ids = set(session.scalars(select(EVENTS.c.event_id)))
    assert {(one.line, one.minute, one.item): one.good for one in minutes} == by_minute
    assert ids == {event.event_id for event in events}
