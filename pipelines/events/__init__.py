"""What happens on the plant floor, as events: their contracts, and how they are read and written."""

from pipelines.events.committed import Committed, LineNow, Listener, Noted, Now, StockNow
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
    "Committed",
    "Count",
    "Event",
    "EventError",
    "Known",
    "LineNow",
    "LineState",
    "Listener",
    "Material",
    "Noted",
    "Now",
    "OrderEvent",
    "Quality",
    "Reason",
    "State",
    "StockNow",
    "check",
    "event_schemas",
    "key_of",
    "parse",
    "to_bytes",
]
