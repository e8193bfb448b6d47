"""What happens on the plant floor, as events: their contracts, and how they are read and written."""

from pipelines.events.records import (
    Count,
    Event,
    LineState,
    Material,
    OrderEvent,
    Quality,
    State,
    key_of,
)
from pipelines.events.wire import (
    EventError,
    Known,
    Reason,
    check,
    event_schemas,
    parse,
    to_bytes,
)

__all__ = [
    "Count",
    "Event",
    "EventError",
    "Known",
    "LineState",
    "Material",
    "OrderEvent",
    "Quality",
    "Reason",
    "State",
    "check",
    "event_schemas",
    "key_of",
    "parse",
    "to_bytes",
]
