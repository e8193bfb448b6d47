"""Runs migrations over the connection, and in the transaction, that `upgrade` hands over."""

from alembic import context

from pipelines.storage.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
