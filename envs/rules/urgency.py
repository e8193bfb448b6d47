"""Urgency: the number by which a dispatching rule ranks the lots that a line could start."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from plant.arrays import Floats
from plant.compiled import inner

EDD, FIFO, SPT, WSPT, ATC, ATCS, RATIO, SLACK, CAMPAIGN, GIVEN = range(10)


class Index(NamedTuple):
    """How urgency is measured.

    key: one of the rules above. lookahead, setup: the scales of ATC and ATCS, in mean lot times and
    mean changeovers. window: lots start at most so many minutes before they are due. overtime: 1 where
    overtime shifts may start lots that are not late. opens: the first minute in which a run may start.
    given [J]: urgency with GIVEN, higher first.
    """

    key: int
    lookahead: float
    setup: float
    window: int
    overtime: int
    opens: int
    given: Floats


@inner
def urgency(
    key: int,
    lookahead: float,
    setup: float,
    due: int,
    rank: int,
    weight: float,
    minutes: int,
    slack: int,
    changeover: int,
) -> float:
    """The urgency of a lot; lookahead and setup, slack and changeover in shift minutes."""
    if key == EDD:
        return float(-due)
    if key == FIFO:
        return float(-rank)
    if key == SPT:
        return float(-minutes)
    if key == RATIO:
        return -(slack + minutes) / minutes
    if key == SLACK:
        return float(-slack)
    if key == CAMPAIGN:
        return -due - 1e7 * (changeover > 0)
    # The logarithm of the index: the same order, and no underflow when the slack is long.
    score = np.log((weight + 1e-9) / minutes)
    if key != WSPT:
        score -= max(slack, 0) / lookahead
    if key == ATCS:
        score -= changeover / setup
    return float(score)
