"""The SQL that turns staged events into stored ones and into sums; the same for both databases.

`incoming` holds the micro-batch's events, after `DROP_COPIES` only the new ones. Most are counts, read
once into `counted`, their sums; `noted` has the few others. What follows reads these two alone.
"""

from __future__ import annotations

from pipelines.storage.repositories.event_staging import COLUMNS

# In the order of the key: neighbours in the index are written together.
TAKE_NEW_IDS = (
    "INSERT INTO event_ids (event_id, position, at, crc) SELECT event_id, :base + place, at, crc "
    "FROM incoming WHERE true ORDER BY event_id, place"
)
TAKE_IDS = f"{TAKE_NEW_IDS} ON CONFLICT DO NOTHING"
FALSE_COPIES = (
    "SELECT topic, topic_partition, topic_offset FROM incoming "
    "JOIN event_ids USING (event_id) WHERE incoming.crc <> event_ids.crc"
)
DROP_COPIES = (
    "DELETE FROM incoming WHERE NOT EXISTS (SELECT 1 FROM event_ids WHERE "
    "event_ids.event_id = incoming.event_id AND event_ids.position = :base + incoming.place)"
)
_KEPT = ", ".join(name for name in COLUMNS if name != "crc" and not name.startswith("topic"))
EVENTS = f"INSERT INTO events (position, {_KEPT}) SELECT :base + place, {_KEPT} FROM incoming"  # noqa: S608
NOTED_TABLE = "CREATE TEMPORARY TABLE IF NOT EXISTS noted AS SELECT * FROM incoming WHERE false"
NOTED = "INSERT INTO noted SELECT * FROM incoming WHERE type NOT IN ('count', 'quality')"
DAYS = """
SELECT DISTINCT (minute AT TIME ZONE 'UTC')::date FROM counted
UNION SELECT DISTINCT (at AT TIME ZONE 'UTC')::date FROM noted ORDER BY 1
"""
BY_TYPE = """
SELECT type, count(*) FROM noted GROUP BY type
UNION ALL SELECT type, sum(events) FROM counted GROUP BY type
"""
LINES_CHANGED = """
SELECT line FROM counted UNION SELECT line FROM noted WHERE type = 'line_state'
"""
ITEMS_CHANGED = """
SELECT item FROM counted WHERE type = 'count'
UNION SELECT component FROM item_usage
WHERE item IN (SELECT item FROM counted WHERE type = 'count')
UNION SELECT item FROM noted WHERE type = 'material'
UNION SELECT item FROM deliveries
WHERE delivery IN (SELECT delivery FROM noted WHERE type = 'material')
"""

# `since`: whether stocks were opened before; they are opened all at once.
COUNTED_TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS counted (type {text}, line {text}, minute {instant},
item {text}, since boolean, events bigint, good {double}, scrap {double}, checked {double},
failed {double}, at {instant})
"""
COUNTED = """
INSERT INTO counted SELECT type, line, {minute}, item, at >= {opening}, count(*),
coalesce(sum(good), 0), coalesce(sum(scrap), 0), coalesce(sum(checked), 0),
coalesce(sum(failed), 0), max(at) FROM incoming WHERE type IN ('count', 'quality')
GROUP BY type, line, {minute}, item, at >= {opening}
"""
LINE_MINUTES = """
INSERT INTO line_minutes
(line, minute, item, events, good, scrap, checked, failed, last_at)
SELECT line, minute, item, sum(events), sum(good), sum(scrap), sum(checked), sum(failed), max(at)
FROM counted WHERE true GROUP BY line, minute, item
ON CONFLICT (line, minute, item) DO UPDATE SET
events = line_minutes.events + excluded.events, good = line_minutes.good + excluded.good,
scrap = line_minutes.scrap + excluded.scrap, checked = line_minutes.checked + excluded.checked,
failed = line_minutes.failed + excluded.failed,
last_at = CASE WHEN excluded.last_at > line_minutes.last_at THEN excluded.last_at
ELSE line_minutes.last_at END
"""
LINE_DAYS = """
INSERT INTO line_days (line, day, good, scrap, last_at)
SELECT line, {day}, sum(good), sum(scrap), max(at) FROM counted WHERE type = 'count' GROUP BY line, {day}
ON CONFLICT (line, day) DO UPDATE SET
good = line_days.good + excluded.good, scrap = line_days.scrap + excluded.scrap,
last_at = CASE WHEN excluded.last_at > line_days.last_at THEN excluded.last_at
ELSE line_days.last_at END
"""
LINE_STATES = """
INSERT INTO line_states (line, at, event_id, state, item, reason, until)
SELECT line, at, event_id, status, item, reason, until FROM noted WHERE type = 'line_state'
"""
# An item that the opening did not name began with nothing.
UNNAMED_STOCKS = """
INSERT INTO item_stocks (item, opening, opening_at, received, made, consumed)
SELECT item, 0.0, {opening}, 0.0, 0.0, 0.0 FROM (
SELECT item FROM counted WHERE type = 'count'
UNION SELECT item FROM noted WHERE type = 'material'
UNION SELECT component FROM item_usage
WHERE item IN (SELECT item FROM counted WHERE type = 'count')) AS named
WHERE true ON CONFLICT DO NOTHING
"""
# Before deliveries are replaced, what they had brought is taken back; after, added anew.
RECEIVED = """
UPDATE item_stocks SET received = received {sign} moved.quantity,
as_of = CASE WHEN as_of IS NULL OR moved.at > as_of THEN moved.at ELSE as_of END
FROM (SELECT deliveries.item, sum(quantity) AS quantity, max(at) AS at
FROM deliveries JOIN item_stocks AS stocks ON stocks.item = deliveries.item
WHERE status = 'arrived' AND at >= opening_at
AND delivery IN (SELECT delivery FROM noted WHERE type = 'material')
GROUP BY deliveries.item) AS moved
WHERE moved.item = item_stocks.item
"""
_LATEST = """
INSERT INTO {table} ({key}, {columns}, at, event_id)
SELECT {key}, {chosen}, at, event_id FROM (
SELECT noted.*, row_number() OVER (PARTITION BY {key} ORDER BY at DESC, event_id DESC) AS rank
FROM noted WHERE type = '{kind}') AS ranked WHERE rank = 1
ON CONFLICT ({key}) DO UPDATE SET {updates}, at = excluded.at, event_id = excluded.event_id
WHERE (excluded.at, excluded.event_id) > ({table}.at, {table}.event_id)
"""
# What is begun takes components, whether it comes out good or not.
MOVED = """
UPDATE item_stocks SET
made = item_stocks.made + moved.made, consumed = item_stocks.consumed + moved.consumed,
as_of = CASE WHEN as_of IS NULL OR moved.at > as_of THEN moved.at ELSE as_of END
FROM (SELECT item, sum(made) AS made, sum(consumed) AS consumed, max(at) AS at FROM (
SELECT item, good AS made, 0.0 AS consumed, at FROM {counts} WHERE type = 'count' AND {since}
UNION ALL SELECT component, 0.0, (good + scrap) * per_unit, at
FROM {counts} JOIN item_usage USING (item) WHERE type = 'count' AND {since}) AS each_moved
GROUP BY item) AS moved WHERE moved.item = item_stocks.item
"""


def _latest(table: str, key: str, kind: str, columns: dict[str, str]) -> str:
    """The upsert that keeps the latest event on each key; columns: of the table, of `noted`."""
    return _LATEST.format(
        table=table,
        key=key,
        kind=kind,
        columns=", ".join(columns),
        chosen=", ".join(columns.values()),
        updates=", ".join(f"{name} = excluded.{name}" for name in columns),
    )


DELIVERIES = _latest(
    "deliveries",
    "delivery",
    "material",
    {"item": "item", "status": "status", "quantity": "quantity", "due_at": "due_at"},
)
ORDERS = _latest(
    "order_changes",
    "order_id",
    "order",
    {
        "item": "item",
        "change": "status",
        "quantity": "quantity",
        "due_at": "due_at",
        "weight": "weight",
    },
)


def sums(dialect: str, utc_offset: int) -> list[tuple[frozenset[str], str]]:
    """The statements that add events up, in their order, each with the types that it is about.

    utc_offset: minutes that the plant's clocks are ahead of UTC; they say which day it is.
    """
    day = (
        f"((minute AT TIME ZONE 'UTC') + INTERVAL '{utc_offset} minutes')::date"
        if dialect == "postgresql"
        else f"date(minute, '{utc_offset:+d} minutes')"
    )
    material, count = frozenset({"material"}), frozenset({"count"})
    return [
        (count | {"quality"}, LINE_MINUTES),
        (count, LINE_DAYS.format(day=day)),
        (frozenset({"line_state"}), LINE_STATES),
        (count | material, UNNAMED_STOCKS.format(opening=_opening(dialect))),
        (material, RECEIVED.format(sign="-")),
        (material, DELIVERIES),
        (material, RECEIVED.format(sign="+")),
        (count, MOVED.format(counts="counted", since="since")),
        (frozenset({"order"}), ORDERS),
    ]


def split(dialect: str) -> tuple[str, ...]:
    """The statements that fill `counted` and `noted` from `incoming`, tables of this connection alone."""
    postgresql = dialect == "postgresql"
    kinds = {"text": "text", "instant": "timestamptz", "double": "double precision"}
    if not postgresql:
        kinds = dict.fromkeys(kinds, "")
    minute = (
        "date_bin('1 minute', at, TIMESTAMPTZ '2000-01-01 00:00+00')"
        if postgresql
        else "substr(at, 1, 16) || ':00.000000'"
    )
    counted = COUNTED.format(minute=minute, opening=_opening(dialect))
    # Deleted rows of temporary tables stay in them: no vacuum comes there. Without statistics the
    # planner sorts all events to sum them, which took 3.4 us an event; hashed they take 1.0.
    filled = (
        ("TRUNCATE counted, noted", "SET LOCAL enable_sort = off", counted,
         "SET LOCAL enable_sort = DEFAULT")
        if postgresql
        else ("DELETE FROM counted", "DELETE FROM noted", counted)
    )  # fmt: skip
    return COUNTED_TABLE.format(**kinds), NOTED_TABLE, *filled, NOTED


def reopen() -> tuple[str, ...]:
    """After stocks were opened anew: what all stored events moved since."""
    received = RECEIVED.format(sign="+").replace(
        "AND delivery IN (SELECT delivery FROM noted WHERE type = 'material')\n", ""
    )
    since = "at >= (SELECT max(opening_at) FROM item_stocks)"
    return received, MOVED.format(counts="events", since=since)


def _opening(dialect: str) -> str:
    beginning = (
        "TIMESTAMPTZ '1970-01-01 00:00+00'"
        if dialect == "postgresql"
        else "'1970-01-01 00:00:00.000000'"
    )
    return f"coalesce((SELECT max(opening_at) FROM item_stocks), {beginning})"  # noqa: S608
