"""The database: tables, migrations, sessions, and what is stored and loaded through them."""

from pipelines.storage import repositories
from pipelines.storage.database import StorageError, open_database, reading, upgrade, writing

__all__ = ["StorageError", "open_database", "reading", "repositories", "upgrade", "writing"]
