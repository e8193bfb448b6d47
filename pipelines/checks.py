"""The gate of every table: Great Expectations, row by row, in a context that lives in memory only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.source_tables import EXPECTED, TEXT, UNREAD, Column, SourceTable

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

FIRST_DAY = date(2000, 1, 1)
MOST_DAYS_APART = 31
MOST_WEIGHT_OFF = 0.01  # of the weight; in the real history every product's units weigh the same
REPEATS, KEY, DAYS_APART = "repeats__row", "key__distinct", "days__apart"
WEIGHT_OFF, UNWEIGHED = "{}__off", "{}__unweighed"


@dataclass(frozen=True, slots=True)
class Failure:
    """One row that fails one check, and why."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a table: how many expectations it was held to, and each failure.

    `notices` say what is odd about rows that are let through all the same.
    """

    expectations: int
    failures: tuple[Failure, ...]
    notices: tuple[str, ...] = ()

    @property
    def bad_rows(self) -> frozenset[int]:
        """The numbers of the rows that fail at least one check."""
        return frozenset(failure.row for failure in self.failures)


@dataclass(frozen=True, slots=True)
class _Check:
    """An expectation of column `of`, the source column it speaks of, its failure in words.

    `{}` in the words is what was found. Rows that fail where it `only_notes` are let through.
    """

    expectation: Expectation
    of: str
    column: str
    says: str
    only_notes: bool = False


def check_table(
    frame: pd.DataFrame, table: SourceTable, known: Mapping[str, frozenset[str]], today: date
) -> Verdict:
    """Return which rows of a table fail which of its expectations.

    Parameters
    ----------
    frame
        The candidates of `pipelines.lake.typed`, with `source_row`.
    known
        The good keys of the tables that this one refers to.
    today
        No day lies after it.
    """
    prepared = _prepare(frame, table)
    checks = list(_checks(table, known, today))
    failures: list[Failure] = []
    notices: list[str] = []
    for check, result in zip(checks, _validate(prepared, checks, table.name), strict=True):
        if check.only_notes and result:
            first = min(int(found["source_row"]) for found in result)
            rows = f"in {len(result)} rows, first in row {first}"
            notices.append(f"{check.column} {check.says} {rows}: let through")
            continue
        for found in result:
            reason = check.says.format(_shown(found.get(check.of)))
            failures.append(Failure(int(found["source_row"]), check.column, reason))
    failures.sort(key=lambda one: (one.row, one.column))
    return Verdict(len(checks), tuple(failures), tuple(notices))


def _prepare(frame: pd.DataFrame, table: SourceTable) -> pd.DataFrame:
    """The frame and what is measured over several rows: repeats, keys, days far from the others."""
    names = [column.name for column in table.columns]
    texts = frame[[TEXT.format(name) for name in names]].fillna("")
    first = (
        frame["source_row"].groupby([texts[name] for name in texts], sort=False).transform("min")
    )
    repeats = first.where(first != frame["source_row"])
    required = [c.name for c in table.columns if c.required and c.name in table.key]
    whole = frame[required].notna().all(axis=1) & repeats.isna()
    keys = frame[list(table.key)].astype("string").fillna("").agg("\x1f".join, axis=1)
    columns: dict[str, Any] = {REPEATS: repeats, KEY: keys.astype(object).where(whole, None)}
    for column in table.columns:
        if column.kind == "day":
            days = pd.to_datetime(frame[column.name], errors="coerce")
            columns |= {column.name: days, DAYS_APART: _days_apart(days)}
    return frame.assign(**columns, **_weights(frame, table))


def _weights(frame: pd.DataFrame, table: SourceTable) -> dict[str, pd.Series]:
    """How far each weight is off, as a share, and where units have none; a unit weighs the median."""
    pairs = [
        (frame[units].astype(float), frame[tonnes].astype(float)) for units, tonnes in table.weighed
    ]
    if not pairs:
        return {}
    each = pd.concat([(tonnes / units)[(units > 0) & (tonnes > 0)] for units, tonnes in pairs])
    unit = frame["unique_id"].map(each.groupby(frame["unique_id"].reindex(each.index)).median())
    columns = {}
    for (units, tonnes), (_, name) in zip(pairs, table.weighed, strict=True):
        expected = units * unit
        off = (tonnes - expected).abs() / pd.concat([tonnes, expected], axis=1).max(axis=1)
        # Units below 0 are a fault of their own, their weight being off only follows from it.
        columns[WEIGHT_OFF.format(name)] = off.where((tonnes > 0) & (units >= 0))
        columns[UNWEIGHED.format(name)] = units.where((units > 0) & (tonnes == 0))
    return columns


def _days_apart(days: pd.Series) -> pd.Series:
    """How many days lie between each day and the largest stretch of days without a long gap."""
    counts = days.value_counts().sort_index()
    ordinal = counts.index.to_series()
    stretch = (ordinal.diff() > pd.Timedelta(days=MOST_DAYS_APART)).cumsum()
    if counts.empty:
        return pd.Series(float("nan"), index=days.index)
    main = stretch[stretch == counts.groupby(stretch).sum().idxmax()].index
    before, after = (main[0] - days).dt.days, (days - main[-1]).dt.days
    return pd.concat([before, after], axis=1).max(axis=1).clip(lower=0).where(days.notna())


def _checks(
    table: SourceTable, known: Mapping[str, frozenset[str]], today: date
) -> Iterator[_Check]:
    gxe = _expectations()

    for column in table.columns:
        yield from _column_checks(column, known, today)
    for units, tonnes in table.weighed:
        off, none = WEIGHT_OFF.format(tonnes), UNWEIGHED.format(tonnes)
        yield _Check(
            gxe.ExpectColumnValuesToBeBetween(column=off, max_value=MOST_WEIGHT_OFF),
            off,
            tonnes,
            f"expected what {units} weigh at the product's usual weight, found a share of {{}} off",
        )
        yield _Check(
            gxe.ExpectColumnValuesToBeNull(column=none),
            none,
            tonnes,
            f"is 0 where {units} are not",
            only_notes=True,
        )
    yield _Check(
        gxe.ExpectColumnValuesToBeNull(column=REPEATS),
        REPEATS,
        ", ".join(table.key),
        "repeats row {}",
    )
    key = " and ".join(table.key)
    yield _Check(
        gxe.ExpectColumnValuesToBeUnique(column=KEY),
        KEY,
        ", ".join(table.key),
        f"expected one row for each {key}; found others that say something else",
    )


def _column_checks(
    column: Column, known: Mapping[str, frozenset[str]], today: date
) -> Iterator[_Check]:
    gxe = _expectations()

    name, text, unread = column.name, TEXT.format(column.name), UNREAD.format(column.name)
    if column.required:
        yield _Check(gxe.ExpectColumnValuesToNotBeNull(column=text), text, name, "is missing")
    yield _Check(
        gxe.ExpectColumnValuesToBeNull(column=unread),
        unread,
        name,
        f"expected {EXPECTED[column.kind]}, found {{}}",
    )
    if column.low is not None or column.high is not None:
        yield _Check(
            gxe.ExpectColumnValuesToBeBetween(
                column=name, min_value=column.low, max_value=column.high
            ),
            name,
            name,
            f"expected a number from {column.low:g} to {column.high:g}, found {{}}",
        )
    if column.kind == "day":
        low, high = pd.Timestamp(FIRST_DAY), pd.Timestamp(today)
        yield _Check(
            gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high),
            name,
            name,
            f"expected a day from {FIRST_DAY} to {today}, found {{}}",
        )
        yield _Check(
            gxe.ExpectColumnValuesToBeBetween(column=DAYS_APART, max_value=MOST_DAYS_APART),
            DAYS_APART,
            name,
            f"expected a day within {MOST_DAYS_APART} days of the table's others, found one {{}} off",
        )
    if column.table is not None:
        yield _Check(
            gxe.ExpectColumnValuesToBeInSet(column=name, value_set=sorted(known[column.table])),
            name,
            name,
            f"expected a {column.table} that table {column.table} has, found {{}}",
        )


def _expectations() -> Any:
    """The module of all expectations, which says of none that it exports it."""
    from great_expectations.expectations import core

    return core


def _validate(
    frame: pd.DataFrame, checks: list[_Check], name: str
) -> Iterator[list[dict[str, Any]]]:
    """For each check the rows that fail it, each with `source_row` and the value found."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    asset = context.data_sources.add_pandas("candidates").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": ["source_row"]}
    for check in checks:
        result = batch.validate(check.expectation, result_format=form)
        if result.exception_info and result.exception_info.get("raised_exception"):
            raise RuntimeError(
                f"{name}: {check.column}: {type(check.expectation).__name__} cannot be checked: "
                f"{result.exception_info['exception_message']}"
            )
        yield [] if result.success else list(result.result["unexpected_index_list"])


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if isinstance(value, float) or hasattr(value, "item"):
        return f"{float(value):.12g}"  # type: ignore[arg-type]
    return repr(value)
