"""What can be wrong with late-risk models and their tables."""

from __future__ import annotations


class LateRiskError(ValueError):
    """A late-risk model cannot be fitted, used or loaded.

    LateRiskError
    └── CasesError  the table of orders cannot be used; the text names column and rows
    """


class CasesError(LateRiskError):
    """The table of orders cannot be used; the text names column and rows."""
