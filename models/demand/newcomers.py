"""The newcomers: what a series with next to no history is forecast to do, after its family."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.demand.history.classes import CLASSES
from models.demand.history.histories import Floats, Histories, Ints

# Values of its own after which a newcomer counts as much as its family does.
EQUAL_AFTER = 4
ANYBODY = "all series"


def forecast_newcomers(
    histories: Histories, classes: Ints, forecast: Floats, families: Mapping[str, str]
) -> Floats:
    """Return the forecast, shape (series, horizon), with the new series' rows put in.

    A newcomer's level is the mean of its own values and of its family's first ones, its shape the
    middle of its family's forecasts over their levels. Without a family all series are it.
    """
    new = np.flatnonzero(classes == CLASSES.index("new"))
    if not new.size:
        return forecast
    found = forecast.copy()
    known = classes <= CLASSES.index("intermittent")
    family = np.array([families.get(name, ANYBODY) for name in histories.names], dtype=object)
    for number in new:
        peers = np.flatnonzero(known & (family == family[number]))
        peers = peers if peers.size else np.flatnonzero(known)
        found[number] = _after(histories, int(number), peers, forecast)
    return found


def _after(histories: Histories, number: int, peers: Ints, forecast: Floats) -> Floats:
    own = histories.of(number)
    if not peers.size:
        return np.full(forecast.shape[1], own.mean())
    levels = np.array([max(histories.of(peer).mean(), 1e-9) for peer in peers])
    firsts = np.array([histories.of(peer)[: len(own) + EQUAL_AFTER].mean() for peer in peers])
    # Families sell by order of magnitude: their middle, not their mean, says where one starts.
    share = len(own) / (len(own) + EQUAL_AFTER)
    level = share * own.mean() + (1 - share) * float(np.median(firsts))
    shape = np.median(forecast[peers] / levels[:, None], axis=0)
    return np.asarray(level * shape)
