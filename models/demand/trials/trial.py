"""The trial: what every member would have said at past origins.

Origins are the last horizons of each series, one after the other. A member that learns of all series
is fitted once, before the earliest of them, and forecasts from each; one of a single series is
fitted at each. Every member sees cut histories only, so nothing after an origin can be read. Which
members are tried is `budget`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from models.demand.history.closures import open_histories
from models.demand.history.histories import Bools, Floats, Histories, Ints
from models.demand.members.catalogue import Fitted, Member
from models.demand.members.windows import series_units
from models.demand.task import Task
from models.demand.trials.workers import results

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
    features : array, shape (origins, series, features), or None
        What each series looked like at each origin (`features.series_features`), where members are
        weighed by it.
    """

    members: tuple[str, ...]
    cuts: tuple[int, ...]
    forecasts: Floats
    actual: Floats
    units: Floats
    seconds: Mapping[str, float]
    left_out: Mapping[str, float]
    features: Floats | None = None


@dataclass(frozen=True, slots=True)
class Origins:
    """Past origins of a trial and what was known at each.

    Parameters
    ----------
    histories
        With what came after the origins.
    task
        What is asked at each.
    cuts
        How many steps before its end each origin is, nearest first.
    tried : arrays of bool, shape (series,), one an origin
        Which series are long enough.
    known
        The histories of those as they were at each origin.
    """

    histories: Histories
    task: Task
    cuts: tuple[int, ...]
    tried: tuple[Bools, ...]
    known: tuple[Histories, ...]


def origins_of(histories: Histories, task: Task, cuts: Sequence[int]) -> Origins:
    """Return the origins `cuts` steps before the series' ends; none where no series is long enough."""
    tried = [histories.lengths >= cut + LEAST_BEFORE for cut in cuts]
    kept = [number for number in range(len(cuts)) if tried[-1].any()]
    known = tuple(histories.cut(cuts[number], tried[number]) for number in kept)
    return Origins(
        histories, task, tuple(cuts[n] for n in kept), tuple(tried[n] for n in kept), known
    )


def run_trial(
    origins: Origins,
    members: Sequence[Member],
    workers: int = 1,
    report: Report = lambda line: None,
) -> Trial:
    """Return what the members said at the origins."""
    if not origins.cuts:
        return _untried(origins, members)
    histories, task = origins.histories, origins.task
    shape = (len(members), len(origins.cuts), len(histories), task.horizon)
    forecasts, seconds = np.full(shape, np.nan), dict.fromkeys((m.name for m in members), 0.0)
    fits = fit_members(origins.known[-1], task, members, workers, report)
    for member, (_, spent) in zip(members, fits, strict=True):
        seconds[member.name] += spent
    for origin, (seen, kept) in enumerate(zip(origins.known, origins.tried, strict=True)):
        fitted = [fit for fit, _ in fits]
        found, spent_each = member_forecasts(seen, task, members, fitted, workers)
        forecasts[:, origin, kept] = found
        for member, spent in zip(members, spent_each, strict=True):
            seconds[member.name] += spent
    report(_told(members, seconds))
    actual = np.full(shape[1:], np.nan)
    units = np.full(shape[1:3], np.nan)
    for origin, (seen, kept) in enumerate(zip(origins.known, origins.tried, strict=True)):
        actual[origin, kept] = histories.select(kept).future(origins.cuts[origin], task.horizon)
        units[origin, kept] = series_units(seen)
    names = tuple(member.name for member in members)
    return Trial(names, origins.cuts, forecasts, actual, units, seconds, {})


def joined(first: Trial, second: Trial) -> Trial:
    """Return one trial of both trials' members, which were tried at the same origins."""
    return replace(
        first,
        members=first.members + second.members,
        forecasts=np.concatenate([first.forecasts, second.forecasts]),
        seconds={**first.seconds, **second.seconds},
        left_out={**first.left_out, **second.left_out},
    )


def at_origins(trial: Trial, places: Sequence[int]) -> Trial:
    """Return the trial at some of its origins only."""
    kept = list(places)
    return replace(
        trial,
        cuts=tuple(trial.cuts[place] for place in kept),
        forecasts=trial.forecasts[:, kept],
        actual=trial.actual[kept],
        units=trial.units[kept],
        features=None if trial.features is None else trial.features[kept],
    )


def _told(members: Sequence[Member], seconds: Mapping[str, float]) -> str:
    spent = ", ".join(f"{member.name} {seconds[member.name]:.1f} s" for member in members)
    return f"tried at past origins: {spent}"


def _untried(origins: Origins, members: Sequence[Member]) -> Trial:
    """Return the trial of series too short for any: all NaN, so that members count alike."""
    horizon = origins.task.horizon
    nothing = np.full((len(members), 1, len(origins.histories), horizon), np.nan)
    actual = np.full(nothing.shape[1:], np.nan)
    names = tuple(member.name for member in members)
    spent = dict.fromkeys(names, 0.0)
    return Trial(names, (horizon,), nothing, actual, actual[:, :, 0], spent, {})


def fit_members(
    histories: Histories,
    task: Task,
    members: Sequence[Member],
    workers: int,
    report: Report = lambda line: None,
) -> list[tuple[Fitted, float]]:
    """Return each member's fit (None where it keeps none) and its processor-seconds."""
    histories = open_histories(histories, task.country, task.horizon).histories
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

    And each member's processor-seconds, shape (members,). All see closed days filled; a closed day
    ahead gets the share that it keeps.
    """
    opened = open_histories(histories, task.country, task.horizon)
    histories = opened.histories
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
    forecasts *= opened.kept
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
