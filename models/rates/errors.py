"""What can be wrong with models of line rates and their tables."""

from __future__ import annotations


class RatesError(ValueError):
    """A model of line rates cannot be fitted, used or loaded.

    RatesError
    └── RowsError  the table of what lines made cannot be used; the text names column and rows
    """


class RowsError(RatesError):
    """The table of what lines made cannot be used; the text names column and rows."""
