"""What the members look at: a row's own figures, and the levels known when it was asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rates.levels import Levels, joined, keep_levels, keep_weekdays, with_weekday
from models.rates.schema import Floats, RateSchema, days_of

LEAST_NAMED = 5
# Trees that may split on any group of names learn them by heart where each has few rows.
LEAST_GROUPED = 100
EVERYONE = "everyone"
OUTPUT = "output"
# Levels are compared with the key's mean of so many values.
SCALED_BY = "mean28"
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Memory:
    """What fitting leaves for forecasting: the known rows and their levels by key.

    relative: whether values are learnt over their key's level: keys differ in size. learnt: how many
    rows the members learnt from; it says how they are told names.
    """

    rows: pd.DataFrame
    levels: dict[str, Levels]
    weekdays: Levels
    names: dict[str, tuple[str, ...]]
    relative: bool
    newest: float
    learnt: int


@dataclass(frozen=True, slots=True)
class Looked:
    """Rows as members see them, from the time at which they were asked about.

    matrix [N, F]: features; scale [N]; simple: the simple members' answers [N]; reference [N]: what is
    planned, or the level; key [N]; days, asked [N] since 1970; kind [N]: whose errors a row shares.
    """

    matrix: pd.DataFrame
    scale: Floats
    simple: dict[str, Floats]
    reference: Floats
    key: pd.Series
    kind: pd.Series
    days: Floats
    asked: Floats

    def where(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Looked:
        """Return those rows."""
        return Looked(
            self.matrix.iloc[_places(rows)],
            self.scale[rows],
            {name: values[rows] for name, values in self.simple.items()},
            self.reference[rows],
            self.key.iloc[_places(rows)],
            self.kind.iloc[_places(rows)],
            self.days[rows],
            self.asked[rows],
        )

    @staticmethod
    def together(parts: Sequence[Looked]) -> Looked:
        """Return the rows of all parts, in their order."""
        return Looked(
            pd.concat([one.matrix for one in parts], ignore_index=True),
            np.concatenate([one.scale for one in parts]),
            {name: np.concatenate([one.simple[name] for one in parts]) for name in parts[0].simple},
            np.concatenate([one.reference for one in parts]),
            pd.concat([one.key for one in parts], ignore_index=True),
            pd.concat([one.kind for one in parts], ignore_index=True),
            np.concatenate([one.days for one in parts]),
            np.concatenate([one.asked for one in parts]),
        )


def remember(rows: pd.DataFrame, schema: RateSchema) -> Memory:
    """Return what known rows teach; `rows` as `check_rows` returns them."""
    days = days_of(rows[schema.at])
    value = _open(rows, schema, rows[schema.value].to_numpy(np.float64))
    key = joined(rows, schema.keys)
    levels = {"own": keep_levels(key, days, value)}
    for name in schema.keys if len(schema.keys) > 1 else ():
        levels[name] = keep_levels(rows[name], days, value)
    # Single rows of everyone are one another's weather: the mean of a day counts once.
    daily = pd.Series(value).groupby(days).mean()
    one = pd.Series(EVERYONE, index=range(len(daily)))
    levels[EVERYONE] = keep_levels(one, daily.index.to_numpy(np.float64), daily.to_numpy())
    if schema.capacity:
        output = value * rows[schema.capacity].to_numpy(np.float64)
        levels[OUTPUT] = keep_levels(key, days, output)
    for name in schema.drivers:
        driver = rows[name].to_numpy(np.float64)
        levels[f"driver:{name}"] = keep_levels(key, days, driver)
    named = {name: _common(rows[name]) for name in (*schema.keys, *schema.names)}
    weekdays = keep_weekdays(key, days, value)
    return Memory(
        rows,
        levels,
        weekdays,
        named,
        _differ_in_size(key, value),
        float(np.floor(days.max())),
        len(rows),
    )


def look(rows: pd.DataFrame, schema: RateSchema, memory: Memory, asked: Floats) -> Looked:
    """Return the rows as they look from `asked` (days since 1970, shape (rows,)): no later value is used."""
    days, key = days_of(rows[schema.at]), joined(rows, schema.keys)
    own = memory.levels["own"].at(key, asked)
    everyone = memory.levels[EVERYONE].at(pd.Series(EVERYONE, index=rows.index), asked)
    fallback = np.nan_to_num(everyone[SCALED_BY])
    level = np.where(np.isnan(own[SCALED_BY]), fallback, own[SCALED_BY])
    scale = (
        np.maximum(level, max(TINY, 0.01 * float(np.nanmean(level))))
        if memory.relative
        else np.ones(len(rows))
    )
    simple = _simple(rows, schema, memory, key, days, asked, own, level)
    found: dict[str, object] = {
        "level:ahead": days - asked,
        "level": np.log(np.maximum(level, TINY)),
    }
    found |= _own(rows, schema, days, scale)
    for name, levels in memory.levels.items():
        keys = key if name in ("own", OUTPUT) or name.startswith("driver:") else None
        if name == EVERYONE:
            figures, over = (
                everyone,
                np.maximum(everyone["mean56"], TINY) if memory.relative else 1.0,
            )
        else:
            figures = (
                own if name == "own" else levels.at(rows[name] if keys is None else keys, asked)
            )
            over = scale
        if name == OUTPUT and schema.capacity:
            over = np.maximum(rows[schema.capacity].to_numpy(np.float64), TINY) * scale
        found |= _figures(name, figures, over, asked)
    found["level:weekday_mean"] = simple["weekday_mean"] / scale
    for name in (*schema.keys, *schema.names):
        found[f"name:{name}"] = _named(rows[name], memory.names[name], memory.learnt)
    kind = rows[schema.kind] if schema.kind else pd.Series(EVERYONE, index=rows.index)
    reference = simple.get("reference", level)
    matrix = pd.DataFrame(found, index=rows.index)
    return Looked(matrix, scale, simple, reference, key, kind, days, asked)


def _own(rows: pd.DataFrame, schema: RateSchema, days: Floats, scale: Floats) -> dict[str, object]:
    found: dict[str, object] = {
        f"number:{name}": rows[name].to_numpy(np.float64) for name in schema.numbers
    }
    found["weekday"] = (np.floor(days) + 3) % 7
    found["day"] = rows[schema.at].dt.day.to_numpy(np.float64)
    found["minute"] = (days - np.floor(days)) * 1440.0
    if schema.reference:
        found["reference"] = rows[schema.reference].to_numpy(np.float64) / scale
    if schema.capacity:
        found["capacity"] = rows[schema.capacity].to_numpy(np.float64)
    if schema.closed:
        found["closed"] = rows[schema.closed].to_numpy(np.float64)
    return found


def _figures(
    name: str, figures: dict[str, Floats], over: Floats | float, asked: Floats
) -> dict[str, object]:
    found: dict[str, object] = {}
    for figure, values in figures.items():
        if figure == "day":
            found[f"level:{name}:since"] = asked - values
        elif figure in ("count", "idle"):
            found[f"level:{name}:{figure}"] = values
        else:
            found[f"level:{name}:{figure}"] = values / over
    return found


def _simple(
    rows: pd.DataFrame,
    schema: RateSchema,
    memory: Memory,
    key: pd.Series,
    days: Floats,
    asked: Floats,
    own: dict[str, Floats],
    level: Floats,
) -> dict[str, Floats]:
    weekday = memory.weekdays.at(with_weekday(key, days), asked)["weekday"]
    found = {
        "weekday_mean": np.where(np.isnan(weekday), level, weekday),
        "recent_mean": np.where(np.isnan(own["mean7"]), level, own["mean7"]),
        "median": np.where(np.isnan(own["median"]), level, own["median"]),
    }
    if schema.reference:
        reference = rows[schema.reference].to_numpy(np.float64)
        found["reference"] = np.where(np.isnan(reference), level, reference)
    if schema.closed:
        shut = rows[schema.closed].to_numpy(np.float64) > 0
        found = {name: np.where(shut, 0.0, values) for name, values in found.items()}
    return found


def _open(rows: pd.DataFrame, schema: RateSchema, value: Floats) -> Floats:
    if schema.closed is None:
        return value
    return np.where(rows[schema.closed].to_numpy(np.float64) > 0, np.nan, value)


def _named(column: pd.Series, names: tuple[str, ...], rows: int) -> pd.Categorical | Floats:
    """Names as categories where each has rows enough on average, else as places in the alphabet."""
    found = pd.Categorical(column, list(names))
    if rows >= LEAST_GROUPED * len(names):
        return found
    return np.where(found.codes < 0, np.nan, found.codes.astype(np.float64))


def _common(names: pd.Series) -> tuple[str, ...]:
    counts = names.value_counts()
    return tuple(sorted(counts.index[counts >= LEAST_NAMED]))


def _differ_in_size(key: pd.Series, value: Floats) -> bool:
    """Whether the keys' means differ by more than half of their own mean: they need a common scale."""
    means = pd.Series(value, index=key.index).groupby(key).mean().dropna()
    return bool(len(means) > 1 and means.std() > 0.5 * means.mean() > 0)


def _places(rows: NDArray[np.bool_] | NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)


def own_features(names: Iterable[str]) -> list[str]:
    """Return the features that say something of the row alone, not of what was made before."""
    return [name for name in names if not name.startswith("level")]
