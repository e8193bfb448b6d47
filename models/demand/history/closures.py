"""Closures: days on which nobody orders, taken out of the history and put into the forecast.

A holiday of several days halves the mean of its weekdays for a month and moves no later demand, so
members see a history in which closed days hold what their weekdays usually do, and a holiday ahead
gets the share that past ones of its name, or else all, kept. On the FMCG data this takes the error of
the 14 days from 15 April, with Eid in them, from a WAPE of 1.22 to 0.52 (CES). Only days before an
origin are looked at: histories are opened anew at each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.demand.history.calendar import names_of
from models.demand.history.histories import Bools, Floats, Histories, Ints
from models.demand.history.repairs import Repair

WEEK = 7
WEEKS = 4
# Days of the same weekday, before and after, that say what is usual.
USUAL_DAYS = 8
# Total under this share of what is usual: closed, though no calendar told of it.
UNUSUAL_SHARE = 0.15
# And under this one where the calendar tells of a holiday.
HOLIDAY_SHARE = 0.5
# Holidays that keep more than this on average are days like others.
KEPT_LIKE_OTHERS = 0.8
# Days before and after a holiday that may be closed with it.
BESIDE = 2
# Series that usually sell on the weekday: with fewer, a day on which none does may be chance.
SELLERS_FOR_UNUSUAL = 8


@dataclass(frozen=True, slots=True)
class Opened:
    """Histories as if never closed, and what closed days keep.

    Parameters
    ----------
    closed : array of datetime64[ns], shape (days,)
        The days that were filled.
    kept : array, shape (horizon,)
        Share of a step's usual demand that it keeps: 1 on days that are open.
    """

    histories: Histories
    closed: np.typing.NDArray[np.datetime64]
    kept: Floats

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was filled, as it is told of a table."""
        if not self.closed.size:
            return ()
        done = "filled as if open to fit on"
        first = str(self.closed[0])[:10]
        return (Repair("closed day", self.closed.size, len(self.histories), first, done),)


def open_histories(histories: Histories, country: str | None, horizon: int) -> Opened:
    """Return the histories with closed days filled, and what the `horizon` steps after them keep.

    A closed day takes the mean of the last four open days of its weekday, of the next open one where
    there is none before it, and stays where its weekday was never open. Nothing is closed but days of
    daily demand.
    """
    kept = np.ones(horizon)
    axis = histories.axis(horizon)
    if axis is None or histories.frequency != "D" or histories.values.min() < 0:
        return Opened(histories, np.array([], dtype="datetime64[ns]"), kept)
    days = axis[:-horizon]
    total = histories.total()
    usual = _usual(total)
    names = names_of(country, axis) if country else [""] * len(axis)
    free = np.array([name != "" for name in names[: len(days)]])
    shut = free & (total < HOLIDAY_SHARE * usual)
    shut |= _is_unusual(histories, total, usual)
    filled = _filled(histories, shut) if shut.any() else histories
    if free.any():
        shares = _Shares(names[: len(days)], total, filled.total())
        places = range(len(days), len(axis))
        kept = np.array([min(shares.of(names[at]), shares.beside(names, at)) for at in places])
    closed = days[shut].to_numpy().astype("datetime64[ns]")
    return Opened(filled, closed, kept)


class _Shares:
    """The share of what is usual that holidays kept: of the name, its first word, or all."""

    def __init__(self, names: Sequence[str], total: Floats, usual: Floats) -> None:
        counted = usual > 0
        self.names = np.array(names, dtype=object)
        self.total, self.usual = np.where(counted, total, 0.0), np.where(counted, usual, 0.0)

    def of(self, name: str) -> float:
        """Return what a day of that name keeps; 1 where it is none, or none was seen."""
        if not name:
            return 1.0
        alike = np.array([_stem(other) == _stem(name) for other in self.names])
        shares = (self._share(where) for where in (self.names == name, alike, self.names != ""))
        share = next((one for one in shares if one is not None), 1.0)
        return 1.0 if share > KEPT_LIKE_OTHERS else share

    def beside(self, names: Sequence[str], place: int) -> float:
        """Return what the day at the place keeps for a holiday within `BESIDE` days of it.

        As days so far from holidays of the same first word did: a feast closes the days around it, by
        decree or habit, that no calendar tells of. Where such a day was one of rest anyway, as the one
        further off did. 1 where none was closed.
        """
        for distance in range(1, BESIDE + 1):
            for step in (distance, -distance):
                at = place + step
                if names[place] or not 0 <= at < len(names) or not names[at]:
                    continue
                share = self._share_beside(_stem(names[at]), step)
                if share is not None and share < HOLIDAY_SHARE:
                    return share
        return 1.0

    def _share_beside(self, stem: str, step: int) -> float | None:
        own = np.array([_stem(name) == stem for name in self.names])
        edge = own & ~np.roll(own, 1 if step > 0 else -1)
        for further in range(abs(step), BESIDE + 1):
            days = np.flatnonzero(edge) - int(np.sign(step)) * further
            where = np.zeros(len(own), dtype=bool)
            where[days[(days >= 0) & (days < len(own))]] = True
            share = self._share(where & ~own)
            if share is not None:
                return share
        return None

    def _share(self, where: Bools) -> float | None:
        usual = float(self.usual[where].sum())
        return float(self.total[where].sum()) / usual if usual > 0 else None


def _stem(name: str) -> str:
    return name.partition(" ")[0]


def _is_unusual(histories: Histories, total: Floats, usual: Floats) -> Bools:
    sellers = histories.with_values((histories.values > 0).astype(float)).total()
    return (total < UNUSUAL_SHARE * usual) & (_usual(sellers) >= SELLERS_FOR_UNUSUAL)


def _usual(total: Floats) -> Floats:
    """Return the median of each day's weekday around it, shape (days,)."""
    usual = np.zeros(len(total))
    for weekday in range(min(WEEK, len(total))):
        own = pd.Series(total[weekday::WEEK])
        usual[weekday::WEEK] = own.rolling(2 * USUAL_DAYS + 1, center=True, min_periods=1).median()
    return usual


def _filled(histories: Histories, shut: Bools) -> Histories:
    values, known = histories.values.copy(), histories.values
    for day in np.flatnonzero(shut):
        same = np.arange(day % WEEK, len(shut), WEEK)
        same = same[~shut[same]]
        places = _places(histories, same, len(shut))
        there = places >= 0
        own = _places(histories, np.array([day]), len(shut))[:, 0]
        used = _last_before(there, int((same < day).sum()))
        count = used.sum(axis=1)
        sums = (known[np.maximum(places, 0)] * used).sum(axis=1)
        put = (own >= 0) & (count > 0)
        values[own[put]] = sums[put] / count[put]
    return histories.with_values(values)


def _places(histories: Histories, days: Ints, length: int) -> Ints:
    """The flat places of days, shape (series, days); -1 before a series begins."""
    places = histories.ends[:, None] - (length - days)[None, :]
    return np.where(places >= histories.offsets[:-1][:, None], places, -1)


def _last_before(there: Bools, before: int) -> Bools:
    """Of the days that a series has, the last four before the place, or else the next after."""
    used = np.zeros_like(there)
    earlier = there[:, :before]
    rank = np.cumsum(earlier[:, ::-1], axis=1)[:, ::-1]
    used[:, :before] = earlier & (rank <= WEEKS)
    none = ~np.asarray(used.any(axis=1))
    later = there[:, before:] & (np.cumsum(there[:, before:], axis=1) <= 1)
    used[:, before:] = later & none[:, None]
    return used
