"""Create the tables of drafts, their edits and reviews, and of notes on exceptions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005_drafts"
down_revision = "0004_service"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
STATUS = "status IN ('open', 'submitted', 'approved', 'rejected', 'published', 'discarded')"
ACTION = "action IN ('submit', 'withdraw', 'approve', 'reject', 'publish', 'discard')"
JOURNALS = ("draft_edits", "draft_reviews", "exception_notes")
SAYS = "what planners did is only added to, never changed"


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plant_name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("weights", JSON, nullable=False),
        sa.Column("zones", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(STATUS, name=op.f("ck_drafts_status")),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_drafts_revision")),
        sa.CheckConstraint(
            "(status = 'published') = (published_version IS NOT NULL)",
            name=op.f("ck_drafts_published_version"),
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.number"], name=op.f("fk_drafts_version_versions")
        ),
        sa.ForeignKeyConstraint(
            ["published_version"],
            ["versions.number"],
            name=op.f("fk_drafts_published_version_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_plant_name_status"), "drafts", ["plant_name", "status"])
    op.create_table(
        "draft_edits",
        sa.Column("draft", SERIAL, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("edit", JSON, nullable=False),
        sa.Column("patch", JSON, nullable=False),
        sa.Column("inverse", JSON, nullable=False),
        sa.Column("cost_before", sa.Double(), nullable=False),
        sa.Column("cost_after", sa.Double(), nullable=False),
        sa.Column("feasible", sa.Boolean(), nullable=False),
        sa.Column("verdict", JSON, nullable=False),
        sa.CheckConstraint("kind IN ('edit', 'undo', 'redo')", name=op.f("ck_draft_edits_kind")),
        sa.CheckConstraint("(kind = 'edit') = (of IS NULL)", name=op.f("ck_draft_edits_of")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_draft_edits_revision")),
        sa.ForeignKeyConstraint(["draft"], ["drafts.id"], name=op.f("fk_draft_edits_draft_drafts")),
        sa.PrimaryKeyConstraint("draft", "revision", name=op.f("pk_draft_edits")),
    )
    op.create_index(op.f("ix_draft_edits_at"), "draft_edits", ["at"])
    op.create_table(
        "draft_reviews",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("draft", SERIAL, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.CheckConstraint(ACTION, name=op.f("ck_draft_reviews_action")),
        sa.ForeignKeyConstraint(
            ["draft"], ["drafts.id"], name=op.f("fk_draft_reviews_draft_drafts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_reviews")),
    )
    op.create_index(op.f("ix_draft_reviews_draft"), "draft_reviews", ["draft"])
    op.create_table(
        "exception_notes",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("plant_name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("snoozed_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_notes")),
    )
    op.create_index(
        op.f("ix_exception_notes_plant_name_key"), "exception_notes", ["plant_name", "key"]
    )
    _only_grow()


def _only_grow() -> None:
    """Triggers that refuse to change or delete what is in a journal."""
    connection = op.get_bind()
    for table in JOURNALS:
        for event in ("UPDATE", "DELETE"):
            name = f"refuse_{table}_{event.lower()}"
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
                )
            else:  # takt_refuse is migration 0003's
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
                    f"FOR EACH ROW EXECUTE FUNCTION takt_refuse('{SAYS}')"
                )
