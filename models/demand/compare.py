"""The comparison: whether a challenger beats a champion by more than chance would."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.demand.panel import Floats


@dataclass(frozen=True, slots=True)
class Comparison:
    """Errors per window of both, and the verdict.

    `p_value` is the chance of a gain like this if the two were equally good (one-sided).
    """

    champion: tuple[float, ...]
    challenger: tuple[float, ...]
    gain: float
    p_value: float
    challenger_wins: bool


def compare(champion: Floats, challenger: Floats, alpha: float) -> Comparison:
    """Return the verdict on errors per window (shape (windows,), lower is better).

    Diebold and Mariano (1995) with the correction of Harvey, Leybourne and Newbold (1997): a paired
    t test whose variance counts that neighbouring windows share days. With one window, or errors
    that are all equal, nobody wins.
    """
    from scipy.special import stdtr

    difference = champion - challenger
    count, gain = len(difference), float(difference.mean())
    centred = difference - gain
    variance = float((centred**2).mean())
    if count > 2:
        variance = max(variance + 2 * float((centred[1:] * centred[:-1]).sum()) / count, variance)
    p_value = 1.0
    if count > 1 and variance > 0:
        correction = np.sqrt((count - 1) / count)
        statistic = correction * gain / np.sqrt(variance / count)
        p_value = float(stdtr(count - 1, -statistic))
    elif count > 1 and gain > 0:
        p_value = 0.0
    return Comparison(
        tuple(float(error) for error in champion),
        tuple(float(error) for error in challenger),
        gain,
        p_value,
        gain > 0 and p_value <= alpha,
    )
