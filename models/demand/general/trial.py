"""The trial: what every member would have said at past origins, within a budget of time.

Origins are the last horizons of each series, one after the other. A member that learns of all series
is fitted once, before the earliest of them, and forecasts from each; one of a single series is
fitted at each. Every member sees cut histories only, so nothing after an origin can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.demand.general.catalogue import Fitted, Member
from models.demand.general.histories import Bools, Floats, Histories, Ints
from models.demand.general.task import Task
from models.demand.general.windows import series_units
from models.demand.general.workers import results

Report = Callable[[str], None]
# Values that must lie before an origin for a series to be tried at it.
LEAST_BEFORE = 6
SERIES_A_PIECE = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """Forecasts of the members at the origins; NaN where a series is too short for one.

    Parameters
    ----------
    members
        Names.
    cuts
        How many steps before its end each origin is, nearest first.
    forecasts : array, shape (members, origins, series, horizon)
    actual : array, shape (origins, series, horizon)
    units : array, shape (origins, series)
        Mean absolute difference of the values before the origin.
    seconds
        Processor-seconds that each member took.
    left_out
        Members that there was no time for, with what they would have taken.
    """

    members: tuple[str, ...]
    cuts: tuple[int, ...]
    forecasts: Floats
    actual: Floats
    units: Floats
    seconds: Mapping[str, float]
    left_out: Mapping[str, float]


def affordable(
    members: Sequence[Member], histories: Histories, origins: int, seconds: float
) -> tuple[tuple[Member, ...], dict[str, float]]:
    """Return the members that fit into the time, in their order, and what others would take."""
    kept, left_out, spent = [], {}, 0.0
    for member in members:
        runs = 2 if member.is_fitted else origins + 1
        cost = runs * member.seconds(histories)
        if spent + cost <= seconds:
            kept.append(member)
            spent += cost
        else:
            left_out[member.name] = cost
    return tuple(kept), left_out


def run_trial(
    histories: Histories,
    task: Task,
    members: Sequence[Member],
    cuts: Sequence[int],
    workers: int = 1,
    report: Report = lambda line: None,
    left_out: Mapping[str, float] | None = None,
) -> Trial:
    """Return what the members said at the origins `cuts` steps before the series' ends."""
    tried = [histories.lengths >= cut + LEAST_BEFORE for cut in cuts]
    if not tried[-1].any():
        return _untried(histories, task, members)
    known = [histories.cut(cut, kept) for cut, kept in zip(cuts, tried, strict=True)]
    shape = (len(members), len(cuts), len(histories), task.horizon)
    forecasts, seconds = np.full(shape, np.nan), dict.fromkeys((m.name for m in members), 0.0)
    fits = fit_members(known[-1], task, members, workers, report)
    for member, (_, spent) in zip(members, fits, strict=True):
        seconds[member.name] += spent
    for origin, (seen, kept) in enumerate(zip(known, tried, strict=True)):
        fitted = [fit for fit, _ in fits]
        found, spent_each = member_forecasts(seen, task, members, fitted, workers)
        forecasts[:, origin, kept] = found
        for member, spent in zip(members, spent_each, strict=True):
            seconds[member.name] += spent
        report(f"origin {origin + 1} of {len(cuts)}, {cuts[origin]} steps before the end, tried")
    actual = np.full(shape[1:], np.nan)
    units = np.full(shape[1:3], np.nan)
    for origin, (seen, kept) in enumerate(zip(known, tried, strict=True)):
        actual[origin, kept] = histories.select(kept).future(cuts[origin], task.horizon)
        units[origin, kept] = series_units(seen)
    names = tuple(member.name for member in members)
    return Trial(names, tuple(cuts), forecasts, actual, units, seconds, left_out or {})


def _untried(histories: Histories, task: Task, members: Sequence[Member]) -> Trial:
    """Return the trial of series too short for any: all NaN, so that members count alike."""
    shape = (len(members), 1, len(histories), task.horizon)
    nothing = np.full(shape, np.nan)
    names = tuple(member.name for member in members)
    return Trial(
        names,
        (task.horizon,),
        nothing,
        nothing[0],
        nothing[0, :, :, 0],
        dict.fromkeys(names, 0.0),
        {},
    )


def fit_members(
    histories: Histories,
    task: Task,
    members: Sequence[Member],
    workers: int,
    report: Report = lambda line: None,
) -> list[tuple[Fitted, float]]:
    """Return each member's fit (None where it keeps none) and its processor-seconds."""
    found: list[tuple[Fitted, float]] = [(None, 0.0)] * len(members)
    fitting = [place for place, member in enumerate(members) if member.is_fitted]
    work = [partial(members[place].fit, histories, task) for place in fitting]
    for piece, fit, spent in results(work, workers):
        found[fitting[piece]] = (fit, spent)
        report(f"{members[fitting[piece]].name} fitted in {spent:.1f} s")
    return found


def member_forecasts(
    histories: Histories,
    task: Task,
    members: Sequence[Member],
    fitted: Sequence[Fitted],
    workers: int,
) -> tuple[Floats, Floats]:
    """Return forecasts, shape (members, series, horizon), at least 0 where no history is below.

    And each member's processor-seconds, shape (members,).
    """
    forecasts = np.full((len(members), len(histories), task.horizon), np.nan)
    seconds = np.zeros(len(members))
    pieces = _pieces(len(histories), members, workers)
    work = [_piece(histories, task, members[m], fitted[m], series) for m, series in pieces]
    for place, found, spent in results(work, workers):
        member, series = pieces[place]
        forecasts[member, slice(None) if series is None else series] = found
        seconds[member] += spent
    if len(histories) and histories.values.min() >= 0:
        np.maximum(forecasts, 0.0, out=forecasts)
    return forecasts, seconds


def _pieces(series: int, members: Sequence[Member], workers: int) -> list[tuple[int, Ints | None]]:
    found: list[tuple[int, Ints | None]] = []
    for place, member in sorted(enumerate(members), key=lambda pair: pair[1].one_by_one):
        if member.one_by_one and workers > 1:
            parts = max(1, min(series // 8, max(4 * workers, series // SERIES_A_PIECE)))
            found += [(place, part) for part in np.array_split(np.arange(series), parts)]
        else:
            found.append((place, None))
    return found


def _piece(
    histories: Histories, task: Task, member: Member, fitted: Fitted, series: Ints | None
) -> Callable[[], Floats]:
    def forecast() -> Floats:
        if series is None:
            return member.forecast(histories, task, fitted)
        kept: Bools = np.zeros(len(histories), dtype=bool)
        kept[series] = True
        return member.forecast(histories.select(kept), task, fitted)

    return forecast
