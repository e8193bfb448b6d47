r"""Which messages are surely events, decided by Arrow in Spark's workers, and their text for COPY.

This is no second contract: what passes here is certain to pass `pipelines.events.parse` and `check`,
with the same values, and what does not pass is not refused but handed to them. So it may say no
where they say yes (an escape in a text, a key that comes twice), never the other way; tested on
fuzzed messages. The form of a message is one regular expression for all contracts, made from their
models: the keys one may have, each with what can stand there, in any order.

No message becomes a Python object here. The same in Spark's own expressions (`from_json`, `rlike`)
took 25 us of processor time a message, this takes 4 (docs/stream.md). Nor does a sure one become a row
of Spark's again: those of a batch leave as one value, as Spark would turn each row over four times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from pipelines.events import Event, Known
from pipelines.events.records import MODELS
from pipelines.storage.repositories.event_staging import COLUMNS, FIELDS, INSTANTS, NULL, NUMBERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MAX_BYTES = 8_192  # a longer message is nothing that need be judged here
LONGEST = {"reason": 500}  # characters that a text may have; others 200

_TEXT, _WORDS = r'"[^"\\\x00-\x1f]+"', r'"[^"\\\x00-\x1f]*"'
_UUID = r'"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"'
_DATE = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_INSTANT = rf'"{_DATE}T{_CLOCK}:[0-5]\d(?:\.\d{{1,6}})?(?:Z|[+-]{_CLOCK})"'
_NUMBER = r"(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?"
_FORMS: Mapping[str, str] = (
    {"event_id": _UUID, "reason": _WORDS}
    | dict.fromkeys(("at", "until", "due_at"), _INSTANT)
    | dict.fromkeys(("source", "line", "item", "run", "delivery", "order"), _TEXT)
    | dict.fromkeys(NUMBERS, _NUMBER)
)
KEYS = tuple(dict.fromkeys(name for model in MODELS for name in model.model_fields))
_JSON = pa.schema(
    (name, pa.float64() if name in NUMBERS else pa.int64() if name == "version" else pa.string())
    for name in KEYS
)
_INSTANT_TYPE = pa.timestamp("us", "UTC")
_TIMES = tuple(sorted(INSTANTS))
_TEXTS = tuple(name for name, form in _FORMS.items() if form in (_TEXT, _WORDS))
_PARSING = pa.json.ParseOptions(explicit_schema=_JSON, unexpected_field_behavior="error")
_READING = pa.json.ReadOptions(use_threads=False, block_size=1 << 30)
PLACE = ("topic", "partition", "offset")
JUDGED = (
    "text binary, events int, received timestamp, topic string, partition int, offset bigint, "
    "value binary"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an event must lie in: the plant, and time (oldest <= at <= newest)."""

    known: Known
    oldest: datetime
    newest: datetime

    @classmethod
    def at(cls, now: datetime, known: Known, retention: timedelta, tolerance: timedelta) -> Bounds:
        """The bounds at `now`, those of `pipelines.events.check`."""
        return cls(known, now - retention, now + tolerance)


def judge(messages: DataFrame, bounds: Bounds) -> DataFrame:
    """The messages judged: one row for those of a batch that are surely events, one for each other.

    Parameters
    ----------
    messages
        topic, partition, offset, received (instant), value (bytes).

    Returns
    -------
    DataFrame
        Of the sure ones text (a line each), events (how many) and received (the first). Of another
        text is null and events 0; it is there with received, topic, partition, offset and value.
    """
    from pyspark.sql import functions as sql

    def judged(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in batches:
            yield judge_batch(batch, bounds)

    return messages.withColumn("crc", sql.crc32("value")).mapInArrow(judged, JUDGED)


def judge_batch(messages: pa.RecordBatch, bounds: Bounds) -> pa.RecordBatch:
    """The batch as `judge` returns it; its columns are those of `judge` and crc, a value's CRC-32."""
    values = messages.column("value")
    candidate = pc.and_(
        pc.less_equal(pc.binary_length(values), MAX_BYTES), pc.match_substring_regex(values, form())
    )
    places = np.flatnonzero(candidate.to_numpy(zero_copy_only=False))
    said, places = _read(values.take(places), places)
    said, readable = _timed(said)
    sure = pc.and_(_is_event(said, bounds), readable).to_numpy()
    places = places[sure]
    events = messages.take(places)
    is_left = np.ones(len(values), bool)
    is_left[places] = False
    return _packed(_rows(said.filter(sure), events), events, messages.filter(pa.array(is_left)))


def _packed(rows: pa.Array, events: pa.RecordBatch, left: pa.RecordBatch) -> pa.RecordBatch:
    """The lines as one value in a row of its own, before the messages that are left."""
    first = pa.array([pc.min(events.column("received")).as_py()], left.column("received").type)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([lines_of(rows), *[None] * len(left)], pa.binary()),
            pa.array([len(rows), *[0] * len(left)], pa.int32()),
            pa.concat_arrays([first, left.column("received")]),
            *(_after_null(left.column(name)) for name in (*PLACE, "value")),
        ],
        names=["text", "events", "received", *PLACE, "value"],
    )


def lines_of(texts: pa.Array) -> memoryview:
    """All the texts, one behind the other, where Arrow holds them: not copied."""
    _valid, ends, data = texts.buffers()
    if data is None or len(texts) == 0:
        return memoryview(b"")
    offsets = memoryview(ends).cast("i")
    return memoryview(data)[offsets[texts.offset] : offsets[texts.offset + len(texts)]]


@lru_cache(maxsize=1)
def form() -> str:
    """The regular expression (RE2's) of messages of any contract; their values are checked apart."""
    return rf"\A(?:{'|'.join(map(form_of, MODELS))})\z"


def form_of(model: type[Event]) -> str:
    """The regular expression of an object with keys of that contract, each any number of times."""
    pairs = "|".join(
        f'"{name}": ?{_value(name, field)}' for name, field in model.model_fields.items()
    )
    return rf"\{{ ?(?:{pairs})(?: ?, ?(?:{pairs}))* ?\}}"


def _value(name: str, field: Any) -> str:
    if get_origin(field.annotation) is Literal:
        options = (
            f'"{one}"' if isinstance(one, str) else str(one) for one in get_args(field.annotation)
        )
        return f"(?:{'|'.join(options)})"
    may_be_null = not field.is_required() and field.default is None
    return f"(?:null|{_FORMS[name]})" if may_be_null else _FORMS[name]


def _read(values: pa.Array, places: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    """What the messages say, a column a key, of those that can be read here; and their places."""
    try:
        values.cast(pa.string())
        return _parsed(values), places
    except pa.ArrowInvalid:
        plain = np.fromiter(map(_is_plain, values.to_pylist()), bool, len(values))
        return _parsed(values.filter(plain)), places[plain]


def _parsed(values: pa.Array) -> pa.Table:
    if len(values) == 0:
        return _JSON.empty_table()
    lines = pc.binary_join(pa.ListArray.from_arrays([0, len(values)], values), b"\n")
    read = pa.json.read_json(
        pa.BufferReader(lines[0].as_buffer()), read_options=_READING, parse_options=_PARSING
    )
    return read.combine_chunks()


def _is_plain(value: bytes) -> bool:
    """Whether the bytes, an object by their form, are UTF-8 and have no key twice."""
    try:
        pairs = json.loads(value.decode(), object_pairs_hook=list)
    except UnicodeDecodeError:
        return False
    return len({name for name, _value in pairs}) == len(pairs)


def _timed(said: pa.Table) -> tuple[pa.Table, pa.Array]:
    """The rows with their instants read, and whether all that a row tells could be."""
    readable = pa.array(np.ones(len(said), bool))
    for name in _TIMES:
        told = said.column(name)
        instants = _instants(told)
        readable = pc.and_(readable, pc.equal(told.is_valid(), instants.is_valid()))
        said = said.set_column(said.schema.get_field_index(name), name, instants)
    return said, readable


def _instants(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The instants that texts of the right form say; null where there is no such day."""
    try:
        return texts.cast(_INSTANT_TYPE)
    except pa.ArrowInvalid:
        return pa.chunked_array([pa.array(map(_instant, texts.to_pylist()), _INSTANT_TYPE)])


def _instant(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_event(said: pa.Table, bounds: Bounds) -> pa.Array:
    """Of each row: whether it is an event of the plant, in time."""
    found = _has_what_it_needs(said)
    for demand in (
        pc.greater_equal(said["at"], pa.scalar(bounds.oldest, _INSTANT_TYPE)),
        pc.less_equal(said["at"], pa.scalar(bounds.newest, _INSTANT_TYPE)),
        _is_among(said["line"], bounds.known.lines),
        _is_among(said["item"], bounds.known.items),
        _unless_null(pc.greater(said["quantity"], 0)),
        _unless_null(pc.less_equal(said["failed"], said["checked"])),
        pc.or_(_unless_null(pc.not_equal(said["status"], "expected")), said["due_at"].is_valid()),
        *(_unless_null(pc.less_equal(pc.utf8_length(said[name]), LONGEST.get(name, 200)))
          for name in _TEXTS),
    ):  # fmt: skip
        found = pc.and_(found, demand)
    return pc.fill_null(found, fill_value=False)


def _has_what_it_needs(said: pa.Table) -> pa.Array:
    found = pa.array(np.zeros(len(said), bool))
    for model in MODELS:
        there = pc.equal(said["type"], model.model_fields["type"].default)
        for name, field in model.model_fields.items():
            if field.is_required() or name == "version":
                there = pc.and_(there, said[name].is_valid())
        found = pc.or_kleene(found, there)
    return found


def _is_among(column: pa.ChunkedArray, names: Set[str]) -> pa.ChunkedArray:
    return pc.or_(column.is_null(), pc.is_in(column, pa.array(sorted(names), pa.string())))


def _unless_null(demand: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(demand, fill_value=True)


def _rows(said: pa.Table, messages: pa.RecordBatch) -> pa.Array:
    """The lines of text of events, in the order of `COLUMNS`; nothing in them needs an escape."""
    columns = {FIELDS.get(name, name): said[name] for name in KEYS}
    columns["status"] = pc.coalesce(said["status"], said["state"], said["change"])
    columns["reason"] = pc.if_else(
        pc.equal(said["type"], "line_state"), pc.fill_null(said["reason"], ""), said["reason"]
    )
    columns |= {"crc": messages.column("crc"), "topic": messages.column("topic")}
    columns |= {f"topic_{name}": messages.column(name) for name in ("partition", "offset")}
    told = [_told(columns[name]) for name in COLUMNS]
    lines = pc.binary_join_element_wise(*told, "\t", null_handling="replace", null_replacement=NULL)
    rows = pc.binary_join_element_wise(lines, "", "\n")
    return rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows


def _told(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if column.type != _INSTANT_TYPE:
        return column.cast(pa.string())
    # Arrow tells an instant with a zone twenty times as slowly.
    return pc.binary_join_element_wise(column.cast(pa.timestamp("us")).cast(pa.string()), "Z", "")


def _after_null(column: pa.Array) -> pa.Array:
    return pa.concat_arrays([pa.nulls(1, column.type), column])
