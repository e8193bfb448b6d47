"""Random events as bytes, and ways to spoil them; the same seed gives the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from plant import Item, Line, Plant, Shift

LINES = 50
ITEMS = 200
KINDS = ("count", "quality", "line_state", "material", "order")
SHARES = (0.8, 0.1, 0.04, 0.03, 0.03)
CAMPAIGN = 1_800.0  # seconds for which a line makes the same item
STATES = ("running", "idle", "changeover", "down", "offline")
NUL = chr(0)


def stream_plant() -> Plant:
    """Fifty lines and two hundred items to send events of."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return Plant(
        currency="EUR",
        starts_at=start,
        horizon=1440,
        lines=tuple(
            Line(f"L{number:02}", 1.0, 0.0, 0.0, (Shift(0, 1440),), None, 0)
            for number in range(LINES)
        ),
        items=tuple(Item(f"I{number:03}", "all", 0.0, 0.0, 0.0, 0.0) for number in range(ITEMS)),
    )


def random_events(
    random: np.random.Generator, count: int, now: datetime, past: timedelta = timedelta(hours=2)
) -> Iterator[bytes]:
    """Events of all types, their instants within `past` before `now`; quantities are whole.

    A line makes one item at a time, each for half an hour.
    """
    kinds = random.choice(len(KINDS), count, p=SHARES)
    ids = random.bytes(16 * count)
    seconds = random.random(count) * past.total_seconds()
    lines = random.integers(0, LINES, count)
    made = random.integers(0, ITEMS, (LINES, int(past.total_seconds() // CAMPAIGN) + 1))
    items = made[lines, (seconds // CAMPAIGN).astype(int)]
    numbers = random.integers(0, 100, (count, 2))
    begin = now.timestamp() - past.total_seconds()
    for index in range(count):
        at = datetime.fromtimestamp(begin + seconds[index], UTC).isoformat()
        head = (
            f'{{"event_id":"{UUID(bytes=ids[16 * index : 16 * index + 16], version=4)}","at":"{at}",'
            f'"source":"counter {lines[index]}","type":"{KINDS[kinds[index]]}","version":1'
        )
        one, other = (int(number) for number in numbers[index])
        tail = _tail(int(kinds[index]), int(lines[index]), int(items[index]), one, other, at)
        yield f"{head},{tail}}}".encode()


def _tail(kind: int, line: int, item: int, one: int, other: int, at: str) -> str:
    of_line = f'"line":"L{line:02}","item":"I{item:03}"'
    match KINDS[kind]:
        case "count":
            return f'{of_line},"run":null,"good":{one}.0,"scrap":{other % 5}.0'
        case "quality":
            return f'{of_line},"run":null,"checked":{one + 1}.0,"failed":{min(other % 3, one)}.0'
        case "line_state":
            return f'{of_line},"state":"{STATES[other % 5]}","reason":"why {other}","until":null'
        case "material":
            status = ("expected", "arrived", "cancelled")[other % 3]
            return (
                f'"delivery":"D{one}","item":"I{one:03}","status":"{status}",'
                f'"quantity":{other + 1}.0,"due_at":"{at}"'
            )
    return (
        f'"order":"O{one}","item":"I{item:03}","change":"{("placed", "changed")[other % 2]}",'
        f'"quantity":{other + 1}.0,"due_at":"{at}","weight":{one}.5'
    )


def spoil(random: np.random.Generator, data: bytes) -> bytes:
    """The event spoiled, or only written otherwise: what it is worth, `parse` and `check` say."""
    way: Callable[[np.random.Generator, bytes], bytes] = WAYS[int(random.integers(len(WAYS)))]
    return way(random, data)


def _flip(random: np.random.Generator, data: bytes) -> bytes:
    spoiled = bytearray(data)
    for _ in range(int(random.integers(1, 4))):
        spoiled[int(random.integers(len(spoiled)))] = int(random.integers(256))
    return bytes(spoiled)


def _cut(random: np.random.Generator, data: bytes) -> bytes:
    return data[: int(random.integers(len(data)))]


def _noise(random: np.random.Generator, data: bytes) -> bytes:
    return random.bytes(int(random.integers(1, 200)))


def _change(random: np.random.Generator, data: bytes) -> bytes:
    document = json.loads(data)
    key = str(random.choice(list(document)))
    document[key] = VALUES[int(random.integers(len(VALUES)))]
    return json.dumps(document, ensure_ascii=bool(random.integers(2))).encode(
        errors="surrogatepass"
    )


def _lose(random: np.random.Generator, data: bytes) -> bytes:
    document = json.loads(data)
    del document[str(random.choice(list(document)))]
    return json.dumps(document).encode()


def _add(random: np.random.Generator, data: bytes) -> bytes:
    key = str(random.choice(["colour", "until", "good", "due_at", f"k{NUL}", "Line"]))
    return json.dumps(json.loads(data) | {key: None}).encode()


def _twice(random: np.random.Generator, data: bytes) -> bytes:
    document = json.loads(data)
    key = str(random.choice(list(document)))
    value = VALUES[int(random.integers(len(VALUES)))]
    return f"{data.decode()[:-1]},{json.dumps(key)}:{json.dumps(value)}}}".encode()


def _reorder(random: np.random.Generator, data: bytes) -> bytes:
    pairs = list(json.loads(data).items())
    order = random.permutation(len(pairs))
    return json.dumps(dict(pairs[index] for index in order)).encode()


def _instant(random: np.random.Generator, data: bytes) -> bytes:
    document = json.loads(data)
    document["at"] = INSTANTS[int(random.integers(len(INSTANTS)))]
    return json.dumps(document).encode()


VALUES: tuple[object, ...] = (
    None, True, -1.0, 0, 1e300, 1e-12, 12, "12", "", "NaN", "L99", "I999", "a\tb", "a\\b", "a\"b",
    "caf\u00e9", "\ud800", "x" * 300, [1], {"a": 1}, 2, "1970-01-01T00:00:00Z", "count", NUL,
)  # fmt: skip
INSTANTS = (
    "2026-01-05T08:00:00Z", "2026-01-05 08:00:00+00:00", "20260105T080000Z", "2026-01-05T08:00Z",
    "2026-01-05T08:00:00.5+09:00", "2026-01-05T08:00:00.123456789Z", "2026-02-30T08:00:00Z",
    "2026-01-05T24:00:00Z", "2026-01-05T08:00:60Z", "2026-01-05T08:00:00", "9999-12-31T23:59:59Z",
    "2026-01-05T08:00:00+23:59", "2026-01-05T08:00:00-00:00", "2026-01-05T08:00:00+05:75",
    "2026-W02-1T08:00:00Z", "0000-01-01T00:00:00Z", "2026-01-05T08:00:00,5Z", "2026-01-05t08:00:00z",
)  # fmt: skip
WAYS: tuple[Callable[[np.random.Generator, bytes], bytes], ...] = (
    _flip, _cut, _noise, _change, _lose, _add, _twice, _reorder, _instant,
)  # fmt: skip
