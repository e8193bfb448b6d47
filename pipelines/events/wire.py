"""Events as bytes: UTF-8 JSON, one object a message; what cannot be read is refused with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from pipelines.events.records import MODELS, Event, tag_of

Reason = Literal["malformed", "unknown_type", "unknown_version", "wrong_value", "unknown_reference",
                 "future", "too_old", "false_copy"]  # fmt: skip
TOLERANCE = timedelta(minutes=5)
MAX_BYTES = 65_536
SHOWN = 80  # characters of a wrong value that a reason repeats

_ADAPTERS: dict[str, TypeAdapter[Event]] = {tag_of(model): TypeAdapter(model) for model in MODELS}
_TYPES = {tag.rpartition(".")[0] for tag in _ADAPTERS}


class EventError(ValueError):
    """An event that is refused: a code that stays the same, and the reason in words."""

    def __init__(self, code: Reason, reason: str) -> None:
        self.code: Reason = code
        self.reason = reason
        super().__init__(f"{code}: {reason}")


@dataclass(frozen=True, slots=True)
class Known:
    """The lines and items that there are; what an event says of another is refused."""

    lines: frozenset[str]
    items: frozenset[str]


def parse(data: bytes) -> Event:
    """The event that the bytes say.

    Raises
    ------
    EventError
        malformed, unknown_type, unknown_version or wrong_value (a key that is missing, unknown or
        holds what it cannot).
    """
    document = _object(data)
    kind, version = document.get("type"), document.get("version")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise EventError(
            "unknown_type",
            f"type: expected one of {', '.join(sorted(_TYPES))}, found {_shown(kind)}",
        )
    adapter = _ADAPTERS.get(f"{kind}.{version}") if type(version) is int else None
    if adapter is None:
        raise EventError(
            "unknown_version", f"version: expected 1 for {kind}, found {_shown(version)}"
        )
    try:
        return adapter.validate_json(data, strict=True)
    except ValidationError as error:
        reasons = "; ".join(_reason(one) for one in error.errors(include_url=False))
        raise EventError("wrong_value", reasons) from None


def check(
    event: Event,
    known: Known,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
    retention: timedelta | None = None,
) -> None:
    """Nothing where the event can be true: its line and item are known, its time is near enough.

    Ids are kept for `retention`; of an older event nobody could tell any more whether it is a copy.

    Raises
    ------
    EventError
        unknown_reference, future or too_old.
    """
    line, item = getattr(event, "line", None), getattr(event, "item", None)
    if line is not None and line not in known.lines:
        raise EventError(
            "unknown_reference", f"line: expected a line of the plant, found {_shown(line)}"
        )
    if item is not None and item not in known.items:
        raise EventError(
            "unknown_reference", f"item: expected an item of the plant, found {_shown(item)}"
        )
    if event.at > now + tolerance:
        raise EventError(
            "future",
            f"at: expected at most {tolerance.total_seconds():g} s after {now.isoformat()}, "
            f"found {event.at.isoformat()}",
        )
    if retention is not None and event.at < now - retention:
        raise EventError(
            "too_old",
            f"at: expected at least {(now - retention).isoformat()}, from when on events are kept, "
            f"found {event.at.isoformat()}",
        )


def to_bytes(event: Event) -> bytes:
    """The event as it goes over the wire."""
    return event.model_dump_json().encode()


def event_schemas() -> Mapping[str, dict[str, Any]]:
    """The JSON Schema of each contract by its name; docs/schema/events keeps them."""
    return {
        tag: {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"takt/{tag}"}
        | adapter.json_schema()
        for tag, adapter in _ADAPTERS.items()
    }


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise EventError("malformed", f"expected at most {MAX_BYTES} bytes, found {len(data)}")
    try:
        document = json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise EventError(
            "malformed", f"expected UTF-8, found byte {error.start} that is none"
        ) from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise EventError("malformed", f"expected JSON: {error}") from None
    if not isinstance(document, dict):
        raise EventError("malformed", f"expected an object, found {_shown(document)}")
    return document


def _reason(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"{where}: missing"
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key"
    if not where:  # what two keys say together; the message names them
        return str(message)
    return f"{where}: {message[0].lower()}{message[1:]}, found {_shown(error['input'])}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
