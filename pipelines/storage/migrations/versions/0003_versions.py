"""Create the tables of forecasts, versions and drift verdicts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from pipelines.storage.migrations.immutability import protect

revision = "0003_versions"
down_revision = "0002_plants"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PUBLISHED = sa.text("status = 'published'")


def upgrade() -> None:
    op.create_table(
        "forecasts",
        sa.Column("origin", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("unique_id", sa.String(), nullable=False),
        sa.Column("ds", sa.Date(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("q10", sa.Double(), nullable=False),
        sa.Column("q50", sa.Double(), nullable=False),
        sa.Column("q90", sa.Double(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("q10 <= q50 AND q50 <= q90", name=op.f("ck_forecasts_quantiles")),
        sa.PrimaryKeyConstraint("origin", "model", "unique_id", "ds", name=op.f("pk_forecasts")),
    )
    op.create_index(op.f("ix_forecasts_unique_id_ds"), "forecasts", ["unique_id", "ds"])
    op.create_table(
        "versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("plant_name", sa.String(), nullable=False),
        sa.Column("plant_id", SERIAL, nullable=False),
        sa.Column("schedule_digest", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("total_cost", sa.Double(), nullable=False),
        sa.Column("bound", sa.Double(), nullable=True),
        sa.Column("weights", JSON, nullable=False),
        sa.Column("zones", JSON, nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("mlflow_run_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'superseded')", name=op.f("ck_versions_status")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_versions_number")),
        sa.ForeignKeyConstraint(
            ["base"], ["versions.number"], name=op.f("fk_versions_base_versions")
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plants.id"], name=op.f("fk_versions_plant_id_plants")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_versions")),
    )
    op.create_index(
        "uq_versions_published_plant_name",
        "versions",
        ["plant_name"],
        unique=True,
        sqlite_where=PUBLISHED,
        postgresql_where=PUBLISHED,
    )
    op.create_table(
        "drift_verdicts",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("statistic", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("mlflow_run_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.number"], name=op.f("fk_drift_verdicts_version_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_verdicts")),
    )
    op.create_index(op.f("ix_drift_verdicts_kind_at"), "drift_verdicts", ["kind", "at"])
    op.create_table(
        "version_kpis",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.CheckConstraint("kind IN ('cost', 'kpi')", name=op.f("ck_version_kpis_kind")),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.number"], name=op.f("fk_version_kpis_version_versions")
        ),
        sa.PrimaryKeyConstraint("version", "kind", "name", name=op.f("pk_version_kpis")),
    )
    op.create_table(
        "version_pegging",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("consumer_id", sa.String(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.String(), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("at_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "consumer IN ('order', 'run')", name=op.f("ck_version_pegging_consumer")
        ),
        sa.CheckConstraint(
            "supplier IN ('run', 'arrival', 'stock', 'nobody')",
            name=op.f("ck_version_pegging_supplier"),
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.number"], name=op.f("fk_version_pegging_version_versions")
        ),
        sa.PrimaryKeyConstraint("version", "position", name=op.f("pk_version_pegging")),
    )
    op.create_index(
        op.f("ix_version_pegging_version_consumer_id"),
        "version_pegging",
        ["version", "consumer_id"],
    )
    op.create_index(
        op.f("ix_version_pegging_version_supplier_id"),
        "version_pegging",
        ["version", "supplier_id"],
    )
    op.create_table(
        "version_runs",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("lock", sa.String(), nullable=False),
        sa.CheckConstraint(
            "lock IN ('none', 'line', 'start', 'all')", name=op.f("ck_version_runs_lock")
        ),
        sa.CheckConstraint("end_minute > start_minute", name=op.f("ck_version_runs_end_minute")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_version_runs_quantity")),
        sa.CheckConstraint("start_minute >= 0", name=op.f("ck_version_runs_start_minute")),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.number"], name=op.f("fk_version_runs_version_versions")
        ),
        sa.PrimaryKeyConstraint("version", "id", name=op.f("pk_version_runs")),
    )
    op.create_index(
        op.f("ix_version_runs_version_line_start_minute"),
        "version_runs",
        ["version", "line", "start_minute"],
    )

    protect(op.get_bind())
