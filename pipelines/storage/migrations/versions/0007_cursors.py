"""Create the table of how far those who follow the events have come."""

import sqlalchemy as sa
from alembic import op

revision = "0007_cursors"
down_revision = "0006_stream"


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
