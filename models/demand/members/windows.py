"""Windows: pieces of past and what followed them, from all series, for the members that learn of all.

Every window is measured from its own last value and in its own unit, so that series of any size
learn from each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.demand.history.histories import Floats, Histories, Ints

# Of a series' mean absolute value: the least unit, so that a constant series has one.
LEAST_UNIT = 1e-4


@dataclass(frozen=True, slots=True)
class Windows:
    """Pasts and futures as multiples of a unit above the past's last value.

    Parameters
    ----------
    series : array of int, shape (windows,)
        Whose window it is.
    past : array, shape (windows, length)
        Newest first, without the last value itself, which is 0.
    future : array, shape (windows, horizon)
        Nearest first; no column where nothing follows.
    last, unit : array, shape (windows,)
        The last value and the unit, in the series' own measure.
    """

    series: Ints
    past: Floats
    future: Floats
    last: Floats
    unit: Floats

    def restore(self, scaled: Floats) -> Floats:
        """Return scaled futures (windows, horizon) in the series' own measure."""
        return self.last[:, None] + scaled * self.unit[:, None]


def series_units(histories: Histories, lag: int = 1) -> Floats:
    """Return each series' mean absolute difference at the lag, shape (series,), never 0."""
    units = np.empty(len(histories))
    for number in range(len(histories)):
        own = histories.of(number)
        step = lag if len(own) > lag else 1
        difference = np.abs(own[step:] - own[:-step]) if len(own) > 1 else np.zeros(1)
        units[number] = max(difference.mean(), LEAST_UNIT * np.abs(own).mean(), 1e-9)
    return units


def learning_windows(
    histories: Histories, length: int, horizon: int, most: int, generator: np.random.Generator
) -> Windows:
    """Return windows with a whole past and future, at most `most`, the newest of each series first.

    A series that is too short for a whole past lends windows whose past is filled with its first
    value, as long as a season's worth of past is real.
    """
    least = min(length, max(8, length // 3))
    series, places = _origins(histories, least, horizon)
    if len(places) > most:
        # Newest first: what a series did lately tells more of what it will do.
        age = histories.ends[series] - places
        rank = np.argsort(age + generator.random(len(age)) * age, kind="stable")[:most]
        series, places = series[rank], places[rank]
    return _windows(histories, series, places, length, horizon)


def latest_windows(histories: Histories, length: int) -> Windows:
    """Return each series' last past, shape (series, length), with no future."""
    return _windows(histories, np.arange(len(histories)), histories.ends - 1, length, 0)


def _origins(histories: Histories, least: int, horizon: int) -> tuple[Ints, Ints]:
    count = np.maximum(histories.lengths - horizon - least + 1, 0)
    series = np.repeat(np.arange(len(histories)), count)
    first = np.cumsum(count) - count
    within = np.arange(int(count.sum())) - first[series]
    return series, histories.offsets[:-1][series] + least - 1 + within


def _windows(
    histories: Histories, series: Ints, places: Ints, length: int, horizon: int
) -> Windows:
    values = histories.values
    back = places[:, None] - np.arange(1, length + 1)
    np.maximum(back, histories.offsets[:-1][series][:, None], out=back)
    past = values[back]
    last = values[places]
    unit = _local_unit(past, last)
    future = values[places[:, None] + np.arange(1, horizon + 1)]
    return Windows(
        series,
        (past - last[:, None]) / unit[:, None],
        (future - last[:, None]) / unit[:, None],
        last,
        unit,
    )


def _local_unit(past: Floats, last: Floats) -> Floats:
    steps = np.abs(np.diff(past, axis=1)).mean(axis=1) + np.abs(past[:, 0] - last) / past.shape[1]
    level = (np.abs(past).mean(axis=1) + np.abs(last)) / 2
    return np.asarray(np.maximum(np.maximum(steps, LEAST_UNIT * level), 1e-9))
