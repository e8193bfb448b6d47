"""Create the tables of master data."""

import sqlalchemy as sa
from alembic import op

revision = "0002_plants"
down_revision = "0001_facts"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "plants",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("utc_offset", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.CheckConstraint("horizon > 0", name=op.f("ck_plants_horizon")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plants")),
    )
    op.create_index(op.f("ix_plants_name"), "plants", ["name"])
    op.create_table(
        "items",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("stock", sa.Double(), nullable=False),
        sa.Column("safety_stock", sa.Double(), nullable=False),
        sa.Column("holding_cost", sa.Double(), nullable=False),
        sa.Column("shortage_cost", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plants.id"], name=op.f("fk_items_plant_id_plants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plant_id", "id", name=op.f("pk_items")),
    )
    op.create_table(
        "lines",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run_cost", sa.Double(), nullable=False),
        sa.Column("overtime_cost", sa.Double(), nullable=False),
        sa.Column("idle_cost", sa.Double(), nullable=False),
        sa.Column("initial_family", sa.String(), nullable=True),
        sa.Column("available_from", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plants.id"], name=op.f("fk_lines_plant_id_plants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plant_id", "id", name=op.f("pk_lines")),
    )
    op.create_table(
        "arrivals",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("at_minute", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_arrivals_quantity")),
        sa.ForeignKeyConstraint(
            ["plant_id", "item"],
            ["items.plant_id", "items.id"],
            name=op.f("fk_arrivals_plant_id_item_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plants.id"],
            name=op.f("fk_arrivals_plant_id_plants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plant_id", "position", name=op.f("pk_arrivals")),
    )
    op.create_table(
        "bom_lines",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("per_unit", sa.Double(), nullable=False),
        sa.CheckConstraint("per_unit > 0", name=op.f("ck_bom_lines_per_unit")),
        sa.ForeignKeyConstraint(
            ["plant_id", "component"],
            ["items.plant_id", "items.id"],
            name=op.f("fk_bom_lines_plant_id_component_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id", "item"],
            ["items.plant_id", "items.id"],
            name=op.f("fk_bom_lines_plant_id_item_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plants.id"],
            name=op.f("fk_bom_lines_plant_id_plants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plant_id", "item", "component", name=op.f("pk_bom_lines")),
    )
    op.create_table(
        "capabilities",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("yield_share", sa.Double(), nullable=False),
        sa.Column("min_lot", sa.Double(), nullable=False),
        sa.Column("lot_multiple", sa.Double(), nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_capabilities_rate")),
        sa.CheckConstraint(
            "yield_share > 0 AND yield_share <= 1", name=op.f("ck_capabilities_yield_share")
        ),
        sa.ForeignKeyConstraint(
            ["plant_id", "item"],
            ["items.plant_id", "items.id"],
            name=op.f("fk_capabilities_plant_id_item_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id", "line"],
            ["lines.plant_id", "lines.id"],
            name=op.f("fk_capabilities_plant_id_line_lines"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plants.id"],
            name=op.f("fk_capabilities_plant_id_plants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plant_id", "line", "item", name=op.f("pk_capabilities")),
    )
    op.create_table(
        "changeovers",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("from_family", sa.String(), nullable=False),
        sa.Column("to_family", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("line", sa.String(), nullable=True),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_changeovers_minutes")),
        sa.ForeignKeyConstraint(
            ["plant_id", "line"],
            ["lines.plant_id", "lines.id"],
            name=op.f("fk_changeovers_plant_id_line_lines"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"],
            ["plants.id"],
            name=op.f("fk_changeovers_plant_id_plants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plant_id", "position", name=op.f("pk_changeovers")),
    )
    op.create_table(
        "orders",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("due_minute", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("source IN ('firm', 'forecast')", name=op.f("ck_orders_source")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders_quantity")),
        sa.ForeignKeyConstraint(
            ["plant_id", "item"],
            ["items.plant_id", "items.id"],
            name=op.f("fk_orders_plant_id_item_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plants.id"], name=op.f("fk_orders_plant_id_plants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plant_id", "id", name=op.f("pk_orders")),
    )
    op.create_table(
        "shifts",
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("overtime", sa.Boolean(), nullable=False),
        sa.CheckConstraint("end_minute > start_minute", name=op.f("ck_shifts_end_minute")),
        sa.ForeignKeyConstraint(
            ["plant_id", "line"],
            ["lines.plant_id", "lines.id"],
            name=op.f("fk_shifts_plant_id_line_lines"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plants.id"], name=op.f("fk_shifts_plant_id_plants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plant_id", "line", "start_minute", name=op.f("pk_shifts")),
    )
