"""Arrow is sure of a message only where `parse` and `check` say the same of it, value for value."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zlib import crc32

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.streaming.events import random_events, spoil, stream_plant
from pipelines.events import Known, check, parse
from pipelines.platform.spark import spark_session
from pipelines.platform.spark_workers import DAEMON
from pipelines.settings import Settings
from pipelines.storage.repositories.event_staging import _row, line_of
from pipelines.streaming.judge import Bounds, judge, judge_batch

NOW = datetime(2026, 1, 5, 8, 1, tzinfo=UTC)
PLANT = stream_plant()
KNOWN = Known(frozenset(line.id for line in PLANT.lines), frozenset(i.id for i in PLANT.items))
TOLERANCE, RETENTION = timedelta(minutes=5), timedelta(days=90)
BOUNDS = Bounds.at(NOW, KNOWN, RETENTION, TOLERANCE)
MESSAGES = pa.schema(
    [
        ("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64()),
        ("received", pa.timestamp("us", "UTC")), ("value", pa.binary()), ("crc", pa.int64()),
    ]
)  # fmt: skip
COUNT = {
    "event_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "at": "2026-01-05T08:00:00+00:00",
    "source": "counter 1", "type": "count", "version": 1, "line": "L01", "item": "I001",
    "run": None, "good": 3.0, "scrap": 0.5,
}  # fmt: skip
STATE = {name: COUNT[name] for name in ("event_id", "at", "source", "version", "line")} | {
    "type": "line_state",
    "state": "down",
}


def messages(values: list[bytes]) -> pa.RecordBatch:
    count = len(values)
    columns = [["t"] * count, [0] * count, list(range(count)), [NOW] * count, values,
               [crc32(value) for value in values]]  # fmt: skip
    arrays = [pa.array(each, kind) for each, kind in zip(columns, MESSAGES.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=MESSAGES)


def judged(values: list[bytes], bounds: Bounds = BOUNDS) -> list[str | None]:
    """Of each message its line, or None where it is left to others."""
    first, *left = judge_batch(messages(values), bounds).to_pylist()
    lines = iter(lines_in(first["text"]))
    places = {each["offset"] for each in left}
    assert [each["value"] for each in left] == [values[place] for place in sorted(places)]
    found = [None if place in places else next(lines) for place in range(len(values))]
    assert first["events"] == len(values) - len(left)
    assert list(lines) == []
    return found


def lines_in(text: bytes) -> list[str]:
    return [f"{line}\n" for line in text.decode().split("\n")[:-1]]


def is_right(value: bytes, row: str | None, place: int) -> bool:
    """Whether the row says what the contract reads; nothing is claimed where there is no row."""
    if row is None:
        return False
    event = parse(value)
    check(event, KNOWN, NOW, TOLERANCE, RETENTION)
    expected = line_of(event, crc32(value), "t", 0, place).decode().rstrip("\n")
    assert _row(row.rstrip("\n")) == _row(expected), value
    return True


def test_it_is_sure_of_every_event_in_its_usual_form() -> None:
    values = list(random_events(np.random.default_rng(1), 3_000, NOW))
    rows = judged(values)
    assert all(is_right(*each) for each in zip(values, rows, range(3_000), strict=True))


def test_what_it_is_sure_of_is_an_event_with_the_same_values() -> None:
    random = np.random.default_rng(2)
    values = [spoil(random, event) for event in random_events(random, 12_000, NOW)]
    found = zip(values, judged(values), range(12_000), strict=True)
    assert sum(is_right(*each) for each in found) > 1_000  # else this shows nothing


@pytest.mark.parametrize(
    ("changed", "sure"),
    [
        ({}, True),
        ({"source": "작업대 3"}, True),
        ({"source": "\u2028 and \x7f"}, True),
        ({"source": "x" * 200}, True),
        ({"source": "x" * 201}, False),
        ({"at": "2026-01-05T08:05:59.999999Z"}, True),
        ({"at": "2026-01-05T08:06:00.000001Z"}, False),
        ({"at": "2026-01-06T04:00:00+20:00"}, True),
        ({"at": "2025-11-31T04:00:00Z"}, False),
        ({"line": "L99"}, False),
        ({"item": "nothing"}, False),
        ({"good": 999999999999999.0}, True),
        ({"good": 1e15}, False),
        ({"good": -1.0}, False),
        ({"version": 2}, False),
        ({"unknown": 1}, False),
    ],
)
def test_one_changed_value(changed: dict[str, object], sure: bool) -> None:
    value = json.dumps(COUNT | changed, ensure_ascii=False).encode()
    (row,) = judged([value])
    assert is_right(value, row, 0) is sure


def test_a_reason_that_is_not_told_is_empty() -> None:
    value = json.dumps(STATE).encode()
    (row,) = judged([value])
    assert is_right(value, row, 0)


def test_what_cannot_be_read_here_keeps_nothing_else_back() -> None:
    good = json.dumps(COUNT).encode()
    twice = good.replace(b'"good"', b'"good": 9.0, "good"')
    no_text = good.replace(b"counter", b"count\xff")
    no_day = good.replace(b"2026-01-05", b"2025-02-30")
    rows = judged([good, twice, no_text, no_day, b"", good])
    assert [row is not None for row in rows] == [True, False, False, False, False, True]


def test_what_it_is_sure_of_is_one_row_and_any_other_a_row_each() -> None:
    good = json.dumps(COUNT).encode()
    found = judge_batch(messages([good, b"?", good]), BOUNDS).to_pylist()
    assert [each["value"] for each in found] == [None, b"?"]
    assert [each["events"] for each in found] == [2, 0]
    assert [each["offset"] for each in found] == [None, 1]
    assert [each["received"] for each in found] == [NOW, NOW]
    assert found[0]["text"].count(b"\n") == 2
    assert found[1]["text"] is None


def test_an_empty_batch_is_judged() -> None:
    assert judged([]) == []


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_spark_judges_likewise(tmp_path_factory: pytest.TempPathFactory) -> None:
    random = np.random.default_rng(3)
    values = [spoil(random, event) for event in random_events(random, 2_000, NOW)]
    batch = messages(values).drop_columns(["crc"])
    settings = Settings(data=tmp_path_factory.mktemp("spark"))
    with spark_session(settings, {"spark.python.daemon.module": DAEMON}) as spark:
        found = judge(spark.createDataFrame(pa.Table.from_batches([batch])), BOUNDS).toArrow()
    text = b"".join(filter(None, found.column("text").to_pylist()))
    rows = judged(values)
    assert sorted(lines_in(text)) == sorted(filter(None, rows))
    assert sum(found.column("events").to_pylist()) == len(rows) - rows.count(None)
    left = [value for value, row in zip(values, rows, strict=True) if row is None]
    assert sorted(filter(None, found.column("value").to_pylist())) == sorted(filter(None, left))


@pytest.mark.parametrize("shift", [-TOLERANCE, timedelta(0), TOLERANCE])
def test_the_bounds_of_time_move_with_the_clock(shift: timedelta) -> None:
    bounds = Bounds.at(NOW + shift, KNOWN, RETENTION, TOLERANCE)
    value = json.dumps(COUNT | {"at": (NOW + TOLERANCE).isoformat()}).encode()
    (row,) = judged([value], bounds)
    assert (row is not None) is (shift >= timedelta(0))
