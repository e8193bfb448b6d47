"""The seasons: which lengths a table's values repeat over."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.demand.history.histories import Floats, Histories

# Lengths tried where nothing is known of the step, and what a season is commonly nested in.
COUNTED = (4, 5, 7, 12, 13, 24, 48, 52, 96, 168)
BY_STEP = {"D": (7, 364), "B": (5, 260), "W": (52,), "M": (12,), "Q": (4,), "Y": ()}
DAY = 86_400
OUTER = {24: (168,), 48: (336,), 96: (672,), 7: (364,), 60: (1440,), 5: (260,)}
# Series looked at, evenly out of all of them.
SAMPLE = 200
# A season is one where the middle series' autocorrelation at it, less what shorter seasons and
# trend explain, is above this.
CLEAR = 0.15
# And one where that of the sum of all series is above this: demand that comes or does not shows its
# week in the sum only (200 products' orders: 0.08 in the middle series, 0.54 in their sum).
CLEAR_IN_TOTAL = 0.25
SERIES_FOR_TOTAL = 5
SEASONS_OF_TOTAL = 30
# Standard errors of an autocorrelation that is none.
LUCK = 3.0
SEASONS_SEEN = 2.2
# Part of the series that must show a season; one that a known season is commonly nested in (a week
# around a day) is one already where a quarter does: of M4 hourly 37 % do.
SHOWN_BY = 0.5
SHOWN_BY_OUTER = 0.25


def seasons_of(histories: Histories, given: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return the season lengths, shortest first; (1,) where there is none.

    Those `given` are taken as they are; longer ones that they are commonly nested in are looked for
    beside them. What is longer than the series can show twice is left out.
    """
    room = np.quantile(histories.lengths, 0.5) / SEASONS_SEEN
    if given:
        sure = tuple(sorted(season for season in given if season > 1))
        asked = [outer for season in sure for outer in OUTER.get(season, ())]
    else:
        sure, asked = (), list(_candidates(histories.frequency))
    found = list(sure)
    for season in sorted(set(asked) - set(found)):
        if season <= room and _is_season(histories, season, tuple(found)):
            found.append(season)
    kept = [season for season in found if season in sure or not _is_echo(histories, season, found)]
    return tuple(kept) or (1,)


def _is_echo(histories: Histories, season: int, found: list[int]) -> bool:
    """Return whether the season shows only because a multiple of it does: 4 hours in a day."""
    own = season_strength(histories, season)
    return any(
        season_strength(histories, longer) > own + CLEAR
        for longer in found
        if longer > season and longer % season == 0 and longer not in OUTER.get(season, ())
    )


def _is_season(histories: Histories, season: int, known: tuple[int, ...]) -> bool:
    is_outer = any(season in OUTER.get(inner, ()) for inner in known)
    part = SHOWN_BY_OUTER if is_outer else SHOWN_BY
    if season_strength(histories, season, known, part) > CLEAR:
        return True
    if len(histories) < SERIES_FOR_TOTAL or histories.axis(0) is None:
        return False
    total = histories.total()[-int(np.median(histories.lengths)) :][-SEASONS_OF_TOTAL * season :]
    limit = max(CLEAR_IN_TOTAL, LUCK / np.sqrt(len(total)))
    return bool(_autocorrelation(total, season, known) > limit)


def season_strength(
    histories: Histories, season: int, known: tuple[int, ...] = (), part: float = 0.5
) -> float:
    """Return the autocorrelation at the season that a part of the series reach, half by default.

    Without trend and known seasons.
    """
    numbers = np.unique(np.linspace(0, len(histories) - 1, SAMPLE).astype(int))
    found = [
        _autocorrelation(histories.of(number)[-8 * season :], season, known)
        for number in numbers
        if histories.lengths[number] >= SEASONS_SEEN * season
    ]
    return float(np.quantile(found, 1 - part)) if found else 0.0


def series_strength(own: Floats, season: int) -> float:
    """Return one series' autocorrelation at the season without its trend, 0 where it is too short."""
    if season <= 1 or len(own) < SEASONS_SEEN * season:
        return 0.0
    return _autocorrelation(own[-8 * season :], season, ())


def _autocorrelation(own: Floats, season: int, known: tuple[int, ...]) -> float:
    own = own - _moving_mean(own, season)
    for shorter in known:
        phase = np.arange(len(own)) % shorter
        total = np.bincount(phase, own, shorter) / np.maximum(
            np.bincount(phase, minlength=shorter), 1
        )
        own = own - total[phase]
    spread = float((own**2).sum())
    if spread <= 0:
        return 0.0
    return float((own[season:] * own[:-season]).sum() / spread)


def _moving_mean(own: Floats, window: int) -> Floats:
    padded = np.pad(own, (window // 2, window - window // 2), mode="edge")
    sums = np.cumsum(padded)
    return np.asarray((sums[window:] - sums[:-window]) / window)


def _candidates(frequency: str | None) -> tuple[int, ...]:
    if frequency is None:
        return COUNTED
    name = frequency.lstrip("0123456789")
    count = int(frequency[: len(frequency) - len(name)] or 1)
    if name in ("MS", "ME"):
        return (12 // count,) if count in (1, 3, 6) else ()
    if name.startswith("W"):
        return (52,)
    if name == "B":
        return (5, 260)
    seconds = int(pd.Timedelta(count, unit=name).total_seconds())
    if seconds == 0 or seconds > DAY:
        return ()
    if seconds == DAY:
        return (7, 364)
    return tuple(int(length // seconds) for length in (DAY, 7 * DAY) if length % seconds == 0)
