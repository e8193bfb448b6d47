"""Stored: how a model's files are written and read, for the folders of models that keep some."""

from models.stored.boosters import Library, booster_text, dmatrix, load_booster, plain_names
from models.stored.document import read_document, require_format, tuples, write_document

__all__ = [
    "Library",
    "booster_text",
    "dmatrix",
    "load_booster",
    "plain_names",
    "read_document",
    "require_format",
    "tuples",
    "write_document",
]
