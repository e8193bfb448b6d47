"""Advantages where steps last differently: what comes later counts less by the hour, not by the step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Track(NamedTuple):
    """T steps of B plants beside each other, each [T, B], and what comes after them.

    reward; minutes that the step took; ends: the episode was cut after it, at its horizon; begins: it only
    began the next episode; value of what was seen before it; decides: some line had a choice then. after,
    decides_after [B]: value of what is seen after the last step, and whether some line has a choice.
    """

    reward: Floats
    minutes: Floats
    ends: Flags
    begins: Flags
    value: Floats
    decides: Flags
    after: Floats
    decides_after: Flags


class Worth(NamedTuple):
    """Of each step [T, B]: its advantage, the target of its value, and whether it is known yet."""

    advantage: Floats
    target: Floats
    known: Flags


def worth_of(track: Track, discount: float, memory: float) -> Worth:
    """Generalised advantages (Schulman et al. 2016) of the steps in which something was decided.

    An hour from now counts `discount` of what counts now: a step of m minutes has discount ** (m / 60), as
    a semi-Markov process asks for. `memory` is their lambda. A decision lasts until the next one: the money
    of steps without any in between is its own. The last decision of a plant is not known yet, unless another
    follows at once. At the horizon an episode is cut, not over: the value of what was seen last stands for
    what would have come.
    """
    fade = discount ** (track.minutes / 60.0)
    gained, target = np.zeros_like(track.value), np.zeros_like(track.value)
    learnt = np.zeros_like(track.decides)
    later, known = track.after.astype(np.float64), track.decides_after.copy()
    credit = np.zeros_like(later)
    for step in range(len(track.reward) - 1, -1, -1):
        decides, begins, value = track.decides[step], track.begins[step], track.value[step]
        credit, known = np.where(track.ends[step], 0.0, credit), known | track.ends[step]
        whole = track.reward[step] + fade[step] * later
        passed = fade[step] * credit
        own = np.where(known, whole - value + memory * passed, 0.0)
        gained[step], target[step] = own, value + own
        learnt[step] = decides & known & ~begins
        credit = np.where(begins, 0.0, np.where(decides, own, passed))
        later = np.where(begins | decides, value, whole)
        known = known | begins | decides
    return Worth(gained, target, learnt)
