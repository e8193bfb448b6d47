"""The migrations of the database, run by `pipelines.storage.upgrade`."""
