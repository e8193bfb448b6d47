"""Create the tables of what was measured."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_facts"
down_revision = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("data_set", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("rows", JSON, nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_batches")),
    )
    op.create_table(
        "products",
        sa.Column("unique_id", sa.String(), nullable=False),
        sa.Column("product_group", sa.String(), nullable=False),
        sa.Column("sub_group", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch"], ["batches.digest"], name=op.f("fk_products_batch_batches")
        ),
        sa.PrimaryKeyConstraint("unique_id", name=op.f("pk_products")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("source_file", sa.String(), nullable=False),
        sa.Column("row_number", sa.BigInteger(), nullable=False),
        sa.Column("column_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("original", JSON, nullable=False),
        sa.CheckConstraint("row_number >= 1", name=op.f("ck_quarantine_row_number")),
        sa.ForeignKeyConstraint(
            ["batch"], ["batches.digest"], name=op.f("fk_quarantine_batch_batches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "batch",
            "table_name",
            "source_file",
            "row_number",
            "column_name",
            "reason",
            name=op.f("uq_quarantine_batch_table_name_source_file_row_number_column_name_reason"),
        ),
    )
    op.create_table(
        "daily_facts",
        sa.Column("unique_id", sa.String(), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("produced_units", sa.Double(), nullable=False),
        sa.Column("ordered_units", sa.Double(), nullable=False),
        sa.Column("issued_units", sa.Double(), nullable=False),
        sa.Column("delivered_units", sa.Double(), nullable=False),
        sa.Column("produced_tonnes", sa.Double(), nullable=False),
        sa.Column("ordered_tonnes", sa.Double(), nullable=False),
        sa.Column("issued_tonnes", sa.Double(), nullable=False),
        sa.Column("delivered_tonnes", sa.Double(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.CheckConstraint("delivered_tonnes >= 0", name=op.f("ck_daily_facts_delivered_tonnes")),
        sa.CheckConstraint("delivered_units >= 0", name=op.f("ck_daily_facts_delivered_units")),
        sa.CheckConstraint("issued_tonnes >= 0", name=op.f("ck_daily_facts_issued_tonnes")),
        sa.CheckConstraint("issued_units >= 0", name=op.f("ck_daily_facts_issued_units")),
        sa.CheckConstraint("ordered_tonnes >= 0", name=op.f("ck_daily_facts_ordered_tonnes")),
        sa.CheckConstraint("ordered_units >= 0", name=op.f("ck_daily_facts_ordered_units")),
        sa.CheckConstraint("produced_tonnes >= 0", name=op.f("ck_daily_facts_produced_tonnes")),
        sa.CheckConstraint("produced_units >= 0", name=op.f("ck_daily_facts_produced_units")),
        sa.ForeignKeyConstraint(
            ["batch"], ["batches.digest"], name=op.f("fk_daily_facts_batch_batches")
        ),
        sa.ForeignKeyConstraint(
            ["unique_id"],
            ["products.unique_id"],
            name=op.f("fk_daily_facts_unique_id_products"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("unique_id", "ds", name=op.f("pk_daily_facts")),
    )
    op.create_index(op.f("ix_daily_facts_ds"), "daily_facts", ["ds"])
    op.create_table(
        "product_plants",
        sa.Column("unique_id", sa.String(), nullable=False),
        sa.Column("plant", sa.String(), nullable=False),
        sa.Column("storage", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch"], ["batches.digest"], name=op.f("fk_product_plants_batch_batches")
        ),
        sa.ForeignKeyConstraint(
            ["unique_id"],
            ["products.unique_id"],
            name=op.f("fk_product_plants_unique_id_products"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("unique_id", "plant", "storage", name=op.f("pk_product_plants")),
    )
