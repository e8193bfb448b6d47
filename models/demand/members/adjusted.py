"""Seasonal adjustment: each series without its own seasons, and what they add ahead.

Classical decomposition, season by season: what remains over a centred moving mean, averaged by place
in the season, drawn towards nothing by as much as chance alone would have made of it (Miller and
Williams 2003). Members that learn the rest have less to learn. On logarithms it is multiplicative.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.demand.history.histories import Floats, Histories

# Seasons looked back over: older ones are of another time.
MOST_SEASONS = 8
LEAST_SEASONS = 2


def adjusted(
    histories: Histories, seasons: tuple[int, ...], horizon: int
) -> tuple[Histories, Floats]:
    """Return the histories without seasons, and what these add, shape (series, horizon)."""
    values = histories.values.copy()
    ahead = np.zeros((len(histories), horizon))
    for number in range(len(histories)):
        own = values[histories.offsets[number] : histories.offsets[number + 1]]
        for season in seasons:
            profile = season_profile(own, season)
            own -= profile[np.arange(-len(own), 0) % season]
            ahead[number] += profile[np.arange(horizon) % season]
    return replace(histories, values=values), ahead


def season_profile(own: Floats, season: int) -> Floats:
    """Return what each place in the season adds, shape (season,); the first is the next step's.

    Zeros for a series shorter than two seasons, or of no season.
    """
    if season <= 1 or len(own) < LEAST_SEASONS * season + 1:
        return np.zeros(season)
    recent = own[-MOST_SEASONS * season :]
    half = season // 2
    kernel = np.full(season + 1 - season % 2, 1.0 / season)
    if season % 2 == 0:
        kernel[[0, -1]] /= 2
    rest = recent[half : len(recent) - half] - np.convolve(recent, kernel, mode="valid")
    place = (np.arange(half, len(recent) - half) - len(recent)) % season
    count = np.maximum(np.bincount(place, minlength=season), 1)
    profile = np.bincount(place, rest, season) / count
    left = rest - profile[place]
    freedom = max(1, len(rest) - season)
    by_chance = float((left**2).sum()) / freedom / float(count.mean())
    spread = float(profile.var())
    share = max(0.0, 1.0 - by_chance / spread) if spread > 0 else 0.0
    return np.asarray(share * (profile - profile.mean()))
