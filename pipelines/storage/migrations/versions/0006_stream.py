"""Create the tables of events, their batches and quarantine, and of what events add up to."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pipelines.storage.migrations import timescale

revision = "0006_stream"
down_revision = "0005_drafts"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
NOTED = sa.text("type IN ('line_state', 'material', 'order')")


def _column(name: str, kind: Any, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    extended = timescale.prepare(op.get_bind())
    _events({} if extended else {"postgresql_partition_by": "RANGE (at)"})
    _line_minutes({} if extended else {"postgresql_partition_by": "RANGE (minute)"})
    _ledger()
    _states()
    _stocks()
    if extended:
        timescale.extend(op.get_bind())
    else:
        hour = (
            "date_trunc('hour', minute, 'UTC')"
            if op.get_bind().dialect.name == "postgresql"
            else "substr(minute, 1, 13) || ':00:00.000000'"
        )
        op.execute(
            f"CREATE VIEW line_hours AS SELECT line, item, {hour} AS hour, sum(events) AS events, "  # noqa: S608
            "sum(good) AS good, sum(scrap) AS scrap, sum(checked) AS checked, "
            f"sum(failed) AS failed FROM line_minutes GROUP BY line, item, {hour}"
        )


def _events(options: dict[str, Any]) -> None:
    op.create_table(
        "events",
        _column("position", sa.BigInteger()),
        _column("event_id", sa.Uuid()),
        _column("type", sa.String()),
        _column("version", sa.SmallInteger()),
        _column("at", INSTANT),
        _column("source", sa.String()),
        *(
            _column(name, sa.String(), nullable=True)
            for name in ("line", "item", "run", "delivery", "order_id", "status", "reason")
        ),
        _column("until", INSTANT, nullable=True),
        _column("due_at", INSTANT, nullable=True),
        *(
            _column(name, sa.Double(), nullable=True)
            for name in ("quantity", "good", "scrap", "checked", "failed", "weight")
        ),
        **options,
    )
    op.create_index("ix_events_at", "events", ["at"], postgresql_using="brin")
    op.create_index(
        "ix_events_noted", "events", ["position"], postgresql_where=NOTED, sqlite_where=NOTED
    )
    op.create_table(
        "event_ids",
        _column("event_id", sa.Uuid()),
        _column("position", sa.BigInteger()),
        _column("at", INSTANT),
        _column("crc", sa.BigInteger()),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_ids")),
    )


def _line_minutes(options: dict[str, Any]) -> None:
    op.create_table(
        "line_minutes",
        _column("line", sa.String()),
        _column("minute", INSTANT),
        _column("item", sa.String()),
        _column("events", sa.Integer()),
        *(_column(name, sa.Double()) for name in ("good", "scrap", "checked", "failed")),
        _column("last_at", INSTANT),
        sa.CheckConstraint("good >= 0 AND scrap >= 0", name=op.f("ck_line_minutes_made")),
        sa.PrimaryKeyConstraint("line", "minute", "item", name=op.f("pk_line_minutes")),
        **options,
    )

    op.create_table(
        "line_days",
        _column("line", sa.String()),
        _column("day", sa.Date()),
        _column("good", sa.Double()),
        _column("scrap", sa.Double()),
        _column("last_at", INSTANT),
        sa.PrimaryKeyConstraint("line", "day", name=op.f("pk_line_days")),
    )


def _ledger() -> None:
    op.create_table(
        "event_batches",
        _column("number", SERIAL),
        _column("query_id", sa.String()),
        _column("batch_id", sa.BigInteger()),
        _column("committed_at", INSTANT),
        *(_column(name, sa.Integer()) for name in ("received", "stored", "copies", "refused")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event_batches")),
        sa.UniqueConstraint(
            "query_id", "batch_id", name=op.f("uq_event_batches_query_id_batch_id")
        ),
    )
    op.create_table(
        "event_quarantine",
        _column("id", SERIAL),
        _column("code", sa.String()),
        _column("reason", sa.String()),
        _column("original", sa.LargeBinary()),
        _column("digest", sa.String()),
        _column("topic", sa.String()),
        _column("topic_partition", sa.Integer()),
        _column("topic_offset", sa.BigInteger()),
        _column("received_at", INSTANT),
        _column("batch", sa.BigInteger()),
        _column("sent_at", INSTANT, nullable=True),
        _column("replayed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_quarantine")),
        sa.UniqueConstraint(
            "topic",
            "topic_partition",
            "topic_offset",
            "digest",
            name=op.f("uq_event_quarantine_topic_topic_partition_topic_offset_digest"),
        ),
    )


def _states() -> None:
    op.create_table(
        "line_states",
        _column("line", sa.String()),
        _column("at", INSTANT),
        _column("event_id", sa.Uuid()),
        _column("state", sa.String()),
        _column("item", sa.String(), nullable=True),
        _column("reason", sa.String()),
        _column("until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("line", "at", "event_id", name=op.f("pk_line_states")),
    )
    op.create_table(
        "deliveries",
        _column("delivery", sa.String()),
        _column("item", sa.String()),
        _column("status", sa.String()),
        _column("quantity", sa.Double()),
        _column("due_at", INSTANT, nullable=True),
        _column("at", INSTANT),
        _column("event_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("delivery", name=op.f("pk_deliveries")),
    )
    op.create_table(
        "order_changes",
        _column("order_id", sa.String()),
        _column("item", sa.String()),
        _column("change", sa.String()),
        _column("quantity", sa.Double()),
        _column("due_at", INSTANT),
        _column("weight", sa.Double()),
        _column("at", INSTANT),
        _column("event_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_changes")),
    )


def _stocks() -> None:
    op.create_table(
        "item_stocks",
        _column("item", sa.String()),
        _column("opening", sa.Double()),
        _column("opening_at", INSTANT),
        *(_column(name, sa.Double()) for name in ("received", "made", "consumed")),
        _column("as_of", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_item_stocks")),
    )
    op.create_table(
        "item_usage",
        _column("item", sa.String()),
        _column("component", sa.String()),
        _column("per_unit", sa.Double()),
        sa.PrimaryKeyConstraint("item", "component", name=op.f("pk_item_usage")),
    )
