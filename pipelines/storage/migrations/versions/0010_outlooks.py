"""Create the tables of what is foreseen of a version: late orders, stock that runs out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010_outlooks"
down_revision = "0009_retrainings"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "order_risks",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("replayed", sa.Double(), nullable=True),
        sa.Column("late_units", sa.Double(), nullable=True),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("chance >= 0 AND chance <= 1", name=op.f("ck_order_risks_chance")),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.number"], name=op.f("fk_order_risks_version_versions")
        ),
        sa.PrimaryKeyConstraint("version", "order_id", name=op.f("pk_order_risks")),
    )
    op.create_table(
        "stock_risks",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("chance_by", sa.Double(), nullable=False),
        sa.Column("missing", sa.Double(), nullable=False),
        sa.Column("q10", sa.Double(), nullable=False),
        sa.Column("q50", sa.Double(), nullable=False),
        sa.Column("q90", sa.Double(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "chance >= 0 AND chance <= chance_by", name=op.f("ck_stock_risks_chance")
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.number"], name=op.f("fk_stock_risks_version_versions")
        ),
        sa.PrimaryKeyConstraint("version", "item", "day", name=op.f("pk_stock_risks")),
    )
