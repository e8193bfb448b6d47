"""The errors of the demand models, one small tree.

DemandError
├── TableError  the history cannot be used: a column, a value, a day or a pair is wrong
└── ModelError  a model cannot answer: saved files are wrong, or it does not know a series
"""


class DemandError(ValueError):
    """Demand cannot be forecast; the text says what was expected, what was found and where."""


class TableError(DemandError):
    """A history table has a missing column, a bad value, a duplicate or a gap."""


class ModelError(DemandError):
    """A model was saved wrongly or asked for a series that it was not fitted on."""
