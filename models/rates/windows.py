"""The windows: what members, fitted before, said of the last stretches of the history."""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rates.config import FITTED, SLOW, Member, RateConfig
from models.rates.features import Looked, Memory, look, remember
from models.rates.members import Fitted, Training, fit_member, suits
from models.rates.schema import Floats, RateSchema, days_of

LEAST_ROWS = 30
LEAST_JUDGED = 10  # rows in the windows without which members are not weighted
# The first days have no level to be learnt over yet.
WARM_UP_DAYS = 5
ALWAYS = "weekday_mean"

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Windows:
    """What members said of the windows' rows, oldest first, and what was made.

    forecasts: by member [N]; actual, scale [N]; window [N]: its number; block [N]: which stretch of days,
    as long as windows are apart, the row is of; kind [N]. left_out: members that the budget had no room
    for, with the seconds that they would have taken.
    """

    forecasts: dict[str, Floats]
    actual: Floats
    scale: Floats
    window: NDArray[np.int64]
    block: NDArray[np.int64]
    kind: NDArray[np.str_]
    left_out: Mapping[str, float]

    def where(self, rows: NDArray[np.bool_]) -> Windows:
        """Return those rows."""
        found = {name: values[rows] for name, values in self.forecasts.items()}
        return Windows(
            found,
            self.actual[rows],
            self.scale[rows],
            self.window[rows],
            self.block[rows],
            self.kind[rows],
            self.left_out,
        )


@dataclass(slots=True)
class _Window:
    """One window: its rows as they looked at its first day, and what there was to learn before."""

    number: int
    looked: Looked
    actual: Floats
    training: Training


def last_windows(
    rows: pd.DataFrame, schema: RateSchema, config: RateConfig, report: Report
) -> Windows | None:
    """Return what each member, fitted before, says of each of the last windows; None without room."""
    # Of the memory of all rows only what was there before `asked` is looked at.
    memory = remember(rows, schema)
    windows = _cut(rows, schema, config, memory)
    if sum(len(one.actual) for one in windows) < LEAST_JUDGED:
        return None
    members = [name for name in FITTED if name in config.members and suits(name, schema)]
    said, left_out = _tried(windows, members, schema, memory, config, report)
    forecasts = {
        name: np.concatenate([one.looked.simple[name] for one in windows])
        for name in simple_members(windows[0].looked, config)
    }
    return Windows(
        forecasts | said,
        np.concatenate([one.actual for one in windows]),
        np.concatenate([one.looked.scale for one in windows]),
        np.concatenate([np.full(len(one.actual), one.number) for one in windows]),
        _blocks(np.concatenate([one.looked.days for one in windows]), config),
        np.concatenate([one.looked.kind.to_numpy(str) for one in windows]),
        left_out,
    )


def _blocks(days: Floats, config: RateConfig) -> NDArray[np.int64]:
    """Which stretch of days each row is of, counted back from the newest."""
    apart = config.window_days or config.horizon_days
    found: NDArray[np.int64] = ((np.floor(days.max()) - np.floor(days)) // apart).astype(np.int64)
    return found


def simple_members(looked: Looked, config: RateConfig) -> list[str]:
    """Return the simple members that take part."""
    return [name for name in looked.simple if name in {*config.members, ALWAYS, "reference"}]


def training_rows(
    rows: pd.DataFrame, schema: RateSchema, memory: Memory, config: RateConfig
) -> Training:
    """Return each row looked at from several times before it, closed and first days left out."""
    rng = np.random.default_rng(config.seed)
    days = days_of(rows[schema.at])
    kept = days > days.min() + min(WARM_UP_DAYS, config.horizon_days)
    if schema.closed:
        kept &= rows[schema.closed].to_numpy(np.float64) <= 0
    if not kept.any():
        kept = np.ones(len(rows), dtype=bool)
    value = rows.loc[kept, schema.value].to_numpy(np.float64)
    parts = []
    for _ in range(config.copies):
        age = rng.integers(0, config.horizon_days, int(kept.sum()))
        parts.append(look(rows[kept], schema, memory, np.floor(days[kept]) - age))
    looked = Looked.together(parts)
    return Training(looked, np.tile(value, config.copies), looked.scale)


def fit_members(
    names: list[Member], training: Training, schema: RateSchema, memory: Memory, config: RateConfig
) -> tuple[Fitted, ...]:
    """Return the members fitted on the training rows."""
    return tuple(fit_member(name, training, schema, memory, config) for name in names)


def _cut(
    rows: pd.DataFrame, schema: RateSchema, config: RateConfig, memory: Memory
) -> list[_Window]:
    days = days_of(rows[schema.at])
    last = np.floor(days.max()) + 1
    length = config.window_days or config.horizon_days
    training = training_rows(rows, schema, memory, config)
    found = []
    for number in range(config.folds, 0, -1):
        first = last - number * length
        inside = (days >= first) & (days < first + config.horizon_days)
        before = training.before(first)
        if len(before.value) < max(LEAST_ROWS, 2 * config.least_rows) or not inside.any():
            continue
        looked = look(rows[inside], schema, memory, np.full(int(inside.sum()), first))
        actual = rows.loc[inside, schema.value].to_numpy(np.float64)
        found.append(_Window(config.folds - number, looked, actual, before))
    return found


def _tried(
    windows: list[_Window],
    members: list[Member],
    schema: RateSchema,
    memory: Memory,
    config: RateConfig,
    report: Report,
) -> tuple[dict[str, Floats], dict[str, float]]:
    """What fitted members say of all windows, and those left out with the seconds they would take.

    The newest window, which has most to learn from, tells what a member takes.
    """
    begun = _seconds()
    said: dict[str, Floats] = {}
    left_out: dict[str, float] = {}
    for member in members:
        first = _seconds()
        newest = _answer(member, windows[-1], schema, memory, config)
        needed = (_seconds() - first) * len(windows)  # the other windows, and the last fit
        if member in SLOW and _seconds() - begun + needed > config.seconds:
            left_out[member] = round(needed, 1)
            report(
                f"rates: {member} left out, about {needed:.0f} s more than {config.seconds:.0f} s allow"
            )
            continue
        others = [_answer(member, one, schema, memory, config) for one in windows[:-1]]
        said[member] = np.concatenate([*others, newest])
        report(f"rates: {member} tried on {len(windows)} windows")
    return said, left_out


def _answer(
    member: Member, window: _Window, schema: RateSchema, memory: Memory, config: RateConfig
) -> Floats:
    fitted = fit_member(member, window.training, schema, memory, config)
    return np.maximum(fitted.predict(window.looked, memory), 0.0)


def _seconds() -> float:
    """Processor-seconds of this process and those that it started."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
