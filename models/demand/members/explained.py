"""What columns known ahead explain: taken off the histories before a member is fitted, put back ahead.

Models of one series and the perceptron read no other column, so that a promotion is a peak to them that
comes again or not. A regression of what is left over the level and the seasons, on what is left of the
columns over theirs: one rule for all series, each one's own drawn towards it. A column that chance alone
could have made counts for nothing. On logarithms effects multiply, else they are shares of the level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.task import Task

# Steps that the shared rule counts for beside a series' own.
WORTH = 60
LEAST_WINDOW = 15
RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class _Rest:
    """Of one series: columns (steps + horizon, columns), and values and columns without their level."""

    columns: Floats
    value: Floats
    rest: Floats
    unit: float


def without_known(histories: Histories, task: Task, is_log: bool) -> tuple[Histories, Floats]:
    """Return the histories without what is known ahead of them, and what it adds, (series, horizon)."""
    known = histories.known
    ahead = np.zeros((len(histories), task.horizon))
    if known is None:
        return histories, ahead
    parts = [_rest(histories, number, task, is_log) for number in range(len(histories))]
    gram = np.sum([one.rest.T @ one.rest for one in parts], axis=0)
    steps = sum(len(one.value) for one in parts)
    shared = _shared(parts, gram, steps)
    values = histories.values.copy()
    prior = np.diag(np.diag(gram) / max(steps, 1) * WORTH + RIDGE)
    for number, one in enumerate(parts):
        own = np.linalg.solve(
            one.rest.T @ one.rest + prior, one.rest.T @ one.value + prior @ shared
        )
        own[shared == 0] = 0.0
        effect = (one.columns @ own) * one.unit
        length = len(one.value)
        values[histories.offsets[number] : histories.ends[number]] -= effect[:length]
        ahead[number] = effect[length:]
    if not is_log and histories.values.min() >= 0:
        np.maximum(values, 0.0, out=values)
    return histories.with_values(values), ahead


def _rest(histories: Histories, number: int, task: Task, is_log: bool) -> _Rest:
    known = histories.known
    assert known is not None
    own = histories.of(number)
    rows = known.starts[number] + np.minimum(
        np.arange(len(own) + task.horizon), known.counts[number] - 1
    )
    columns = known.values[rows]
    mean = np.nan_to_num(np.nanmean(np.where(np.isfinite(columns), columns, np.nan), axis=0))
    columns = np.where(np.isfinite(columns), columns, mean) - mean
    unit = 1.0 if is_log else max(float(np.abs(own).mean()), 1e-12)
    both = np.column_stack([own / unit, columns[: len(own)]])
    rest = _without_level(both, task.season)
    return _Rest(columns, rest[:, 0], rest[:, 1:], unit)


def _shared(parts: list[_Rest], gram: Floats, steps: int) -> Floats:
    """Return the rule of all series, shape (columns,): nothing where chance could have made it."""
    product = np.sum([one.rest.T @ one.value for one in parts], axis=0)
    inverse = np.linalg.pinv(gram + RIDGE * np.eye(len(gram)))
    found = inverse @ product
    left = sum(float(((one.value - one.rest @ found) ** 2).sum()) for one in parts)
    by_chance = left / max(steps - len(found), 1) * np.diag(inverse)
    # Two standard errors, and drawn towards nothing by what chance adds to a square.
    share = np.where(found**2 > 4 * by_chance, 1 - by_chance / np.maximum(found**2, 1e-300), 0.0)
    return np.asarray(found * share)


def _without_level(values: Floats, season: int) -> Floats:
    """Return columns (steps, columns) without their moving mean and their mean by place in the season."""
    window = max(LEAST_WINDOW, 2 * season + 1)
    half = min(window // 2, max(len(values) // 2, 1))
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    place = np.arange(len(values))
    first, after = np.maximum(place - half, 0), np.minimum(place + half + 1, len(values))
    rest = values - (sums[after] - sums[first]) / (after - first)[:, None]
    if season > 1:
        for at in range(min(season, len(values))):
            rest[at::season] -= rest[at::season].mean(axis=0)
    return np.asarray(rest)
