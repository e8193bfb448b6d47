r"""Which messages are surely events, decided in Spark's JVM, and their rows as text for COPY.

This is no second contract: what passes here is certain to pass `pipelines.events.parse` and `check`,
with the same values, and what does not pass is not refused but handed to them. So Spark may say no
where they say yes (an escape in a text, an instant in a rare form), never the other way; tested on
fuzzed messages. The form of a message is one regular expression a contract, made from its model: the
keys it may have, each with what can stand there, in any order. A key that comes twice counts by its
last value, as it does in `parse`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from pipelines.events import Event, Known
from pipelines.events.records import MODELS
from pipelines.storage.repositories.event_staging import COLUMNS, FIELDS, NULL, NUMBERS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MAX_BYTES = 8_192  # a longer message is nothing that Spark need judge
STEP = timedelta(minutes=4)  # the bound of the future moves so seldom: each move compiles code anew

_TEXT = r'"[^"\\\x00-\x1f]{1,200}+"'
_WORDS = r'"[^"\\\x00-\x1f]{0,500}+"'
_UUID = r'"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"'
_INSTANT = r'"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)"'
_NUMBER = r"(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?"
_FORMS: Mapping[str, str] = (
    {"event_id": _UUID, "at": _INSTANT, "until": _INSTANT, "due_at": _INSTANT, "reason": _WORDS}
    | dict.fromkeys(("source", "line", "item", "run", "delivery", "order"), _TEXT)
    | dict.fromkeys(NUMBERS, _NUMBER)
)
SCHEMA = ", ".join(
    f"{name} {'int' if name == 'version' else 'double' if name in NUMBERS else 'string'}"
    for name in dict.fromkeys(field for model in MODELS for field in model.model_fields)
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an event must lie in: the plant, and time (oldest <= at <= newest)."""

    known: Known
    oldest: datetime
    newest: datetime

    @classmethod
    def at(cls, now: datetime, known: Known, retention: timedelta, tolerance: timedelta) -> Bounds:
        """The bounds at `now`, drawn in to coarse steps; `check` decides what lies between."""
        step = STEP.total_seconds()
        coarse = datetime.fromtimestamp(now.timestamp() // step * step, UTC)
        midnight = coarse.replace(hour=0, minute=0, second=0)
        return cls(known, midnight + timedelta(days=1) - retention, coarse + tolerance)


def form_of(model: type[Event]) -> str:
    """The regular expression (Java's) of messages of a contract; their values are checked apart."""
    pairs, required = [], 0
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is Literal:
            options = (
                f'"{one}"' if isinstance(one, str) else str(one)
                for one in get_args(field.annotation)
            )
            value = f"(?:{'|'.join(options)})"
        else:
            value = _FORMS[name]
        if not field.is_required() and field.default is None:
            value = f"(?:null|{value})"
        required += field.is_required()
        pairs.append(f'"{name}": ?{value}')
    most = len(pairs) + 4
    return rf'^\{{ ?(?:(?:{"|".join(pairs)}) ?(?:, ?(?=")|(?=\}}))){{{required},{most}}}\}}\z'


def judge(messages: DataFrame, bounds: Bounds) -> DataFrame:
    """Each message judged: `row`, its line of text, where it is surely an event.

    Parameters
    ----------
    messages
        topic, partition, offset, received (instant), value (bytes).

    Returns
    -------
    DataFrame
        row (text or null), received; and where row is null topic, partition, offset, value.
    """
    from pyspark.sql import functions as sql

    text = sql.col("value").cast("string")
    read = messages.select("*", text.alias("text"), sql.from_json(text, SCHEMA).alias("said"))
    judged = read.select("*", sql.coalesce(_is_event(bounds), sql.lit(False)).alias("sure"))
    sure = sql.col("sure")
    aside = (
        sql.when(~sure, sql.col(name)).alias(name)
        for name in ("topic", "partition", "offset", "value")
    )
    return judged.select(sql.when(sure, _row()).alias("row"), "received", *aside)


# Made anew, the hundreds of literals would cost each micro-batch some tenths of a second.
@lru_cache(maxsize=4)
def _is_event(bounds: Bounds) -> Column:
    from pyspark.sql import functions as sql

    text, said = sql.col("text"), sql.col("said")
    form = sql.when(sql.lit(False), sql.lit(False))
    for model in MODELS:
        fields = model.model_fields
        there = sql.lit(True)
        for name, field in fields.items():
            if field.is_required() or name in ("type", "version"):
                there &= said[name].isNotNull()
        form = form.when(said["type"] == fields["type"].default, text.rlike(form_of(model)) & there)
    at = said["at"].try_cast("timestamp")
    return (
        (sql.length("value") <= MAX_BYTES)
        & sql.expr("is_valid_utf8(value)")
        & form.otherwise(sql.lit(False))
        & at.between(sql.lit(bounds.oldest), sql.lit(bounds.newest))
        & _is_instant(said["until"])
        & _is_instant(said["due_at"])
        & (said["line"].isNull() | said["line"].isin(*sorted(bounds.known.lines)))
        & (said["item"].isNull() | said["item"].isin(*sorted(bounds.known.items)))
        & (said["quantity"].isNull() | (said["quantity"] > 0))
        & (said["failed"].isNull() | (said["failed"] <= said["checked"]))
        & (said["status"].isNull() | (said["status"] != "expected") | said["due_at"].isNotNull())
    )


def _is_instant(column: Column) -> Column:
    return column.isNull() | column.try_cast("timestamp").isNotNull()


@lru_cache(maxsize=1)
def _row() -> Column:
    """The line of text of an event, in the order of `COLUMNS`; nothing in it needs an escape."""
    from pyspark.sql import functions as sql

    said = sql.col("said")
    columns: dict[str, Column] = {
        FIELDS.get(name, name): said[name]
        for name in ("event_id", "type", "version", "at", "source", "line", "item", "run", "delivery",
                     "order", "reason", "until", "due_at", *NUMBERS)
    }  # fmt: skip
    columns["status"] = sql.coalesce(said["status"], said["state"], said["change"])
    columns["reason"] = sql.when(
        said["type"] == "line_state", sql.coalesce(said["reason"], sql.lit(""))
    )
    columns |= {
        "crc": sql.crc32("value"),
        "topic": sql.col("topic"),
        "topic_partition": sql.col("partition"),
        "topic_offset": sql.col("offset"),
    }
    told = (sql.coalesce(columns[name].cast("string"), sql.lit(NULL)) for name in COLUMNS)
    return sql.concat(sql.concat_ws("\t", *told), sql.lit("\n"))
