"""The tables that ingest reads: their columns, under which names they come, and what a value may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "code", "number", "day"]
EXPECTED = {
    "text": "a text",
    "code": "a text or a whole number",
    "number": "a number",
    "day": "a day like 2023-06-30",
}
MOST_UNITS = 1e9
TEXT, UNREAD = "{}__text", "{}__unread"  # beside a typed column: as read; what has no such type


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in silver, the names it may come under, and the values it may hold.

    A `code` is a text that spreadsheets make numbers of: 2030.0 is read as 2030. `low` and `high`
    bound numbers; `table` names the table whose key the value must be found in.
    """

    name: str
    kind: Kind
    sources: tuple[str, ...] = ()
    required: bool = True
    low: float | None = None
    high: float | None = None
    table: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the column may come under, the likeliest first."""
        return (*self.sources, self.name)


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table: its name in bronze and silver, the stem of its file, its columns and its key.

    `weighed` are pairs of columns, the second of which weighs the first's units of the product.
    """

    name: str
    stem: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    weighed: tuple[tuple[str, str], ...] = ()


def _measure(name: str) -> Column:
    return Column(name, "number", low=0.0, high=MOST_UNITS)


MEASURED = ("produced", "ordered", "issued", "delivered")
MEASURES = tuple(f"{what}_{unit}" for unit in ("units", "tonnes") for what in MEASURED)
PRODUCT = SourceTable(
    "product",
    "product_groups",
    (
        Column("unique_id", "text", ("Node",)),
        Column("group", "text", ("Group",)),
        Column("sub_group", "text", ("Sub-Group",)),
    ),
    ("unique_id",),
)
PRODUCT_PLANT = SourceTable(
    "product_plant",
    "product_plant_storage",
    (
        Column("unique_id", "text", table="product"),
        Column("plant", "code"),
        Column("storage", "code", required=False),
    ),
    ("unique_id", "plant", "storage"),
)
DAILY = SourceTable(
    "daily",
    "daily",
    (
        Column("unique_id", "text", table="product"),
        Column("ds", "day"),
        *(_measure(name) for name in MEASURES),
    ),
    ("unique_id", "ds"),
    tuple((f"{what}_units", f"{what}_tonnes") for what in MEASURED),
)
TABLES = (PRODUCT, PRODUCT_PLANT, DAILY)  # a table comes after those that it refers to
