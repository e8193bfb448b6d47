"""Every event comes back as it was sent; what is no event is refused with its code and its reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.events import (
    Count,
    EventError,
    Known,
    LineState,
    Material,
    OrderEvent,
    Quality,
    check,
    event_schemas,
    key_of,
    parse,
    to_bytes,
)

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
KNOWN = Known(frozenset({"L1"}), frozenset({"JAM", "FRUIT"}))
ID = UUID("6f1f2a52-5c5c-4a7e-9d86-2f8b8a1f9c11")
SCHEMAS = Path(__file__).parents[3] / "docs" / "schema" / "events"
SAID: dict[str, Any] = {"event_id": ID, "at": NOW, "source": "plc-1"}
EVENTS = [
    Material(**SAID, delivery="D1", item="FRUIT", status="expected", quantity=5.5, due_at=NOW),
    Material(**SAID, delivery="D1", item="FRUIT", status="arrived", quantity=5.5),
    Count(**SAID, line="L1", item="JAM", run="R-1", good=12.0, scrap=0.0),
    LineState(**SAID, line="L1", state="down", reason="belt", until=NOW + timedelta(hours=2)),
    Quality(**SAID, line="L1", item="JAM", checked=10.0, failed=1.0),
    OrderEvent(
        **SAID, order="O1", item="JAM", change="placed", quantity=9.0, due_at=NOW, weight=2.0
    ),
]
COUNT = json.loads(to_bytes(EVENTS[2]))
LEAVES = st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(list(COUNT.values()))
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*COUNT, "x"]), inner),
).map(lambda value: json.dumps(value).encode())


def refused(document: object) -> EventError:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(EventError) as caught:
        parse(data)
    return caught.value


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_comes_back_as_it_was_sent(event: Any) -> None:
    assert parse(to_bytes(event)) == event
    check(event, KNOWN, NOW)


def test_events_of_one_line_item_or_order_share_a_key() -> None:
    assert [key_of(event) for event in EVENTS] == ["FRUIT", "FRUIT", "L1", "L1", "L1", "O1"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe", "expected UTF-8"),
        (b"", "expected JSON"),
        (b'{"type": "count"', "expected JSON"),
        (b"[" * 50_000, "expected JSON"),
        (b"[1]", "expected an object, found [1]"),
        (b"x" * 70_000, "expected at most 65536 bytes, found 70000"),
    ],
)
def test_what_is_no_object_is_malformed(data: bytes, says: str) -> None:
    error = refused(data)
    assert error.code == "malformed"
    assert says in error.reason


def test_an_unknown_type_and_an_unknown_version_are_told_apart() -> None:
    assert refused(COUNT | {"type": "weather"}).code == "unknown_type"
    assert refused({}).code == "unknown_type"
    for version in (2, "1", True, None):
        assert refused(COUNT | {"version": version}).code == "unknown_version"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"good": -1.0}, "good: input should be greater than or equal to 0, found -1.0"),
        ({"good": "12"}, "good: input should be a valid number"),
        ({"line": ""}, "line: string should have at least 1 character"),
        ({"at": "2026-01-05T08:00:00"}, "at: not an instant with its time zone"),
        ({"event_id": "7"}, "event_id: input should be a valid UUID"),
        ({"colour": "red"}, "colour: unknown key"),
        ({"line": "L\u0000"}, "line: string should match pattern"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_found(change: dict[str, Any], says: str) -> None:
    error = refused(COUNT | change)
    assert error.code == "wrong_value"
    assert says in error.reason


def test_every_missing_key_is_named() -> None:
    assert refused({"type": "count", "version": 1}).reason == (
        "event_id: missing; at: missing; source: missing; line: missing; item: missing; "
        "good: missing; scrap: missing"
    )


def test_values_that_cannot_be_true_together_are_refused() -> None:
    quality = json.loads(to_bytes(EVENTS[4]))
    assert (
        refused(quality | {"failed": 11.0}).reason
        == "failed: expected at most checked 10, found 11"
    )
    material = json.loads(to_bytes(EVENTS[0]))
    assert "due_at: expected an instant" in refused(material | {"due_at": None}).reason


def test_unknown_lines_and_items_and_the_future_are_refused() -> None:
    def code(**change: Any) -> str:
        with pytest.raises(EventError) as caught:
            check(EVENTS[2].model_copy(update=change), KNOWN, NOW, timedelta(minutes=5))
        return caught.value.code

    assert code(line="L9") == "unknown_reference"
    assert code(item="HAM") == "unknown_reference"
    assert code(at=NOW + timedelta(minutes=5, seconds=1)) == "future"
    check(EVENTS[2].model_copy(update={"at": NOW + timedelta(minutes=5)}), KNOWN, NOW)


@given(st.binary(max_size=200) | DOCUMENTS)
def test_whatever_comes_is_an_event_or_refused(data: bytes) -> None:
    try:
        assert parse(to_bytes(parse(data))) == parse(data)
    except EventError as error:
        assert error.reason


def test_the_kept_schemas_are_those_of_the_code() -> None:
    kept = {path.name.removesuffix(".schema.json"): path for path in SCHEMAS.glob("*.schema.json")}
    assert sorted(kept) == sorted(event_schemas())
    for tag, schema in event_schemas().items():
        hint = "run: takt stream schema docs/schema/events"
        assert json.loads(kept[tag].read_text("utf-8")) == schema, hint
