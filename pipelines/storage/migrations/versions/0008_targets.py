"""Create the table of what users want figures of plans to be."""

import sqlalchemy as sa
from alembic import op

revision = "0008_targets"
down_revision = "0007_cursors"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "user_targets",
        sa.Column("user_id", SERIAL, autoincrement=False, nullable=False),
        sa.Column("kpi", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_targets_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "kpi", name=op.f("pk_user_targets")),
    )
