"""The long table: checked, put on an even grid of time, and every repair said.

| found | answer |
|---|---|
| a column missing, no rows, a series without a name | `TableError` |
| a value that is text or infinite, a time that is none | `TableError`, rows named |
| a negative value | `TableError`, or 0 or kept where the rules say so |
| the same series and time twice | `TableError`, or sum, mean or last where the rules say so |
| steps that differ between series, times off the grid | `TableError` (see `grid`) |
| a series with few values over a huge span | `TableError`: a wrong year more often than a gap |
| a gap, an empty value | filled, told as a `Repair` |
| dated series that end before the table does | filled up to its end, told as a `Repair` |
| columns known ahead: rows at the end without a value | steps to come, not history |
| a column known ahead with an empty cell | the one before it |
| time zones, daylight saving | hours and less in UTC, days and more by the local date; a `Repair` |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from models.demand.errors import TableError
from models.demand.history.grid import Grid, grid_of, read_times
from models.demand.history.histories import Bools, Floats, Histories, Ints
from models.demand.history.known import Encoding, encodings_of, known_of
from models.demand.history.repairs import Repair, refuse, repair_of, written_time

COLUMNS = ("series", "time", "value")
OTHER_NAMES = {"unique_id": "series", "ds": "time", "y": "value"}
# A series with fewer values than this share of its span is taken for one with a wrong time in it.
LEAST_FILLED = 0.02
LEAST_SPAN = 1000

Gaps = Literal["auto", "zero", "interpolate", "refuse"]
Duplicates = Literal["refuse", "sum", "mean", "last"]
Negatives = Literal["refuse", "zero", "keep"]


@dataclass(frozen=True, slots=True)
class TableRules:
    """What is done with what is not as it should be.

    Parameters
    ----------
    gaps
        "zero", "interpolate", or "auto": zero in a series that has zeros, else interpolated; or
        "refuse".
    duplicates, negatives
        What a second row of a series and time, and a value under 0, become.
    timezone
        Of times without one ("Europe/Berlin"): hours that daylight saving repeats or skips are told
        apart by it. None where they are even as they are.
    known
        Columns that are known ahead of the value, as prices and promotions are. Rows at the table's
        end without a value say what they will be.
    """

    gaps: Gaps = "auto"
    duplicates: Duplicates = "refuse"
    negatives: Negatives = "refuse"
    timezone: str | None = None
    known: tuple[str, ...] = ()


def read_table(
    table: pd.DataFrame,
    rules: TableRules | None = None,
    encodings: Sequence[Encoding] | None = None,
) -> tuple[Histories, tuple[Repair, ...]]:
    """Return the histories of a long table (series, time, value) and what was repaired.

    `unique_id, ds, y` are understood too; columns that no rule names are left alone. Series are sorted
    by name. `encodings` are those of the columns known ahead where a model was fitted with them.

    Raises
    ------
    TableError
        Where the table cannot be used; the first rows that are wrong are named.
    """
    rules = rules or TableRules()
    table = _named(table, rules.known)
    times, told = read_times(table["time"], rules.timezone)
    values = _values(table, rules)
    codes, names = pd.factorize(table["series"].astype(str), sort=True)
    grid = grid_of(times, codes, names)
    told += grid.repairs
    whole, every = table, (codes, grid.places)
    if rules.known:
        past = ~_to_come(values, codes, grid, table, names)
        table, values, codes = table[past], values[past], codes[past]
        grid = replace(grid, places=grid.places[past])
    if rules.negatives == "zero":
        told += repair_of(table, values < 0, "negative value", "counted as 0")
        values = np.maximum(values, 0.0)
    codes, places, values, more = _once(table, codes, grid, values, rules)
    found, filled = _even(names, codes, places, values, grid, rules, table)
    if rules.known:
        used = encodings_of(whole, rules.known) if encodings is None else tuple(encodings)
        firsts = places[np.searchsorted(codes, np.arange(len(names)))]
        found = replace(found, known=known_of(whole, used, found, *every, firsts))
    return found, (*told, *more, *filled)


def _to_come(
    values: Floats, codes: Ints, grid: Grid, table: pd.DataFrame, names: pd.Index
) -> Bools:
    """Which rows have no value and lie after the last one, of their own series where time is counted."""
    valued = ~np.isnan(values)
    last = np.full(len(names), -1)
    np.maximum.at(last, codes[valued], grid.places[valued])
    refuse(
        table,
        (last < 0)[codes],
        "a value of each series at one time at least",
        "none",
    )
    end = last[codes] if grid.frequency is None else np.full(len(codes), last.max())
    return ~valued & (grid.places > end)


def _named(table: pd.DataFrame, known: Sequence[str]) -> pd.DataFrame:
    table = table.rename(columns={k: v for k, v in OTHER_NAMES.items() if v not in table.columns})
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise TableError(
            f"history: expected columns {', '.join(COLUMNS)} (or unique_id, ds, y), found "
            f"{', '.join(map(str, table.columns))}: {', '.join(missing)} missing"
        )
    if table.empty:
        raise TableError("history: expected rows, found none")
    absent = [column for column in known if column not in table.columns or column in COLUMNS]
    if absent:
        raise TableError(
            f"known ahead: expected columns of the table beside {', '.join(COLUMNS)}, found "
            f"{', '.join(absent)} asked for; there are: {', '.join(map(str, table.columns))}"
        )
    table = table.loc[:, [*COLUMNS, *known]].reset_index(drop=True)
    refuse(table, table["series"].isna().to_numpy(), "a series name", "none")
    return table


def _values(table: pd.DataFrame, rules: TableRules) -> Floats:
    given = table["value"]
    values = pd.to_numeric(given, errors="coerce").to_numpy(np.float64)
    text = np.isnan(values) & given.notna().to_numpy()
    refuse(table, text | np.isinf(values), "a number", "value", column="value")
    if rules.negatives == "refuse":
        refuse(
            table,
            values < 0,
            "at least 0 (or negatives='zero', negatives='keep')",
            "value",
            column="value",
        )
    return np.asarray(values)


def _once(
    table: pd.DataFrame, codes: Ints, grid: Grid, values: Floats, rules: TableRules
) -> tuple[Ints, Ints, Floats, tuple[Repair, ...]]:
    order = np.lexsort((grid.places, codes))
    codes, places, values = codes[order], grid.places[order], values[order]
    again = np.zeros(len(codes), dtype=bool)
    again[1:] = (codes[1:] == codes[:-1]) & (places[1:] == places[:-1])
    if not again.any():
        return codes, places, values, ()
    marked = np.zeros(len(codes), dtype=bool)
    marked[order] = again
    if rules.duplicates == "refuse":
        refuse(
            table,
            marked,
            "one row per series and time (or duplicates='sum', duplicates='mean', duplicates='last')",
            "another",
        )
    told = repair_of(table, marked, "duplicate", f"{rules.duplicates} of them taken")
    group = np.cumsum(~again) - 1
    grouped = pd.Series(values).groupby(group)
    merged = {
        "sum": grouped.sum,
        "mean": grouped.mean,
        "last": grouped.last,
        "refuse": grouped.last,
    }[rules.duplicates]()
    return codes[~again], places[~again], merged.to_numpy(), told


def _even(
    names: pd.Index,
    codes: Ints,
    places: Ints,
    values: Floats,
    grid: Grid,
    rules: TableRules,
    table: pd.DataFrame,
) -> tuple[Histories, tuple[Repair, ...]]:
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
    after = np.concatenate([starts[1:], [len(codes)]])
    first, last = places[starts], places[after - 1]
    end = np.full(len(names), last.max()) if grid.frequency is not None else last
    lengths = end - first + 1
    _refuse_wide(names, after - starts, lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    flat = np.full(int(offsets[-1]), np.nan)
    flat[offsets[:-1][codes] + places - first[codes]] = values
    empty = np.isnan(flat)
    told: tuple[Repair, ...] = ()
    if empty.any():
        told = _told(names, offsets, empty, last - first + 1, first, grid, rules)
        flat = _filled(flat, offsets, empty, rules)
    lasts = grid.time_of(end)
    return Histories(tuple(map(str, names)), flat, offsets, lasts, grid.frequency), told


def _refuse_wide(names: pd.Index, counts: Ints, lengths: Ints) -> None:
    wrong = np.flatnonzero((lengths > LEAST_SPAN) & (counts < LEAST_FILLED * lengths))
    if wrong.size:
        worst = wrong[0]
        raise TableError(
            f"history: series {names[worst]} has {counts[worst]} values over {lengths[worst]} "
            f"steps; expected at least {LEAST_FILLED:.0%} of them: look for a wrong year, or leave "
            f"it out ({wrong.size} series like it)"
        )


def _told(
    names: pd.Index,
    offsets: Ints,
    empty: Bools,
    own_spans: Ints,
    first: Ints,
    grid: Grid,
    rules: TableRules,
) -> tuple[Repair, ...]:
    series = np.repeat(np.arange(len(names)), np.diff(offsets))
    within = np.arange(len(empty)) - offsets[:-1][series]
    late = empty & (within >= own_spans[series])
    told = []
    for kind, where in (("gap", empty & ~late), ("ended early", late)):
        if not where.any():
            continue
        if rules.gaps == "refuse":
            place = int(np.flatnonzero(where)[0])
            name, time = names[series[place]], grid.time_of(first[series] + within)[place]
            raise TableError(
                f"history: expected every step of every series, found {int(where.sum())} missing: "
                f"first series {name} at {written_time(time)}; add them, or allow gaps to be filled"
            )
        place = int(np.flatnonzero(where)[0])
        time = written_time(grid.time_of((first[series] + within)[place : place + 1])[0])
        told.append(
            Repair(
                kind,
                int(where.sum()),
                len(np.unique(series[where])),
                f"series {names[series[place]]} at {time}",
                f"filled ({rules.gaps}: 0 where the series has zeros, else interpolated)"
                if rules.gaps == "auto"
                else f"filled ({rules.gaps})",
            )
        )
    return tuple(told)


def _filled(flat: Floats, offsets: Ints, empty: Bools, rules: TableRules) -> Floats:
    for number in np.unique(np.searchsorted(offsets, np.flatnonzero(empty), side="right") - 1):
        own = flat[offsets[number] : offsets[number + 1]]
        hole = np.isnan(own)
        known = own[~hole]
        if not known.size:
            own[:] = 0.0
        elif rules.gaps == "zero" or (rules.gaps == "auto" and (known == 0).any()):
            own[hole] = 0.0
        else:
            own[hole] = np.interp(np.flatnonzero(hole), np.flatnonzero(~hole), known)
    return flat
