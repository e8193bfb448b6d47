"""The voices: who is listened to for which kind of row, and how far off that was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.rates.blend import blend, excess_bias
from models.rates.config import FITTED, OVER_REFERENCE, OWN_FIGURES, SLOW
from models.rates.intervals import Calibration, calibrate
from models.rates.schema import Floats, RateSchema
from models.rates.windows import ALWAYS, Windows

# Rows of a kind in the windows without which it has no weights of its own.
LEAST_OF_KIND = 80
ALPHA = 0.05
LEAST_LEARNT = 150
LEAST_WINDOWS = 3  # without which nothing shows that other weights are better


@dataclass(frozen=True, slots=True)
class Voice:
    """Members' weights, and the calibration of their weighted mean."""

    weights: Mapping[str, float]
    calibration: Calibration

    def mean(self, forecasts: Mapping[str, Floats]) -> Floats:
        """Return the weighted mean of the members' forecasts."""
        return blended(forecasts, self.weights)


def find_voices(
    windows: Windows, schema: RateSchema, max_bias: float, known: int
) -> tuple[Voice, dict[str, Voice]]:
    """Return the voice of all rows, and those of the kinds that have rows enough.

    Parameters
    ----------
    known
        How many rows there are to learn from.
    """
    usual = _usual(windows, schema, known)
    kinds = {
        str(kind): windows.where(windows.kind == kind)
        for kind, rows in zip(*np.unique(windows.kind, return_counts=True), strict=True)
        if LEAST_OF_KIND <= rows < len(windows.actual)
    }
    always = plain_member(schema)
    own = {kind: _voice(part, usual, always, max_bias) for kind, part in kinds.items()}
    return _voice(windows, usual, always, max_bias), own


def plain_member(schema: RateSchema) -> str:
    """Return whom to believe where nothing shows that another member does better."""
    return "reference" if schema.reference else ALWAYS


def blended(forecasts: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Return the weighted mean of the members' forecasts."""
    total: Floats = np.sum([share * forecasts[name] for name, share in weights.items()], axis=0)
    return total


def _voice(
    windows: Windows, usual: Mapping[str, float] | None, always: str, max_bias: float
) -> Voice:
    """The weights that the windows show to be better than the usual ones, else the usual ones.

    Judged on each window by weights from the others. A few windows often flatter a member by luck: the
    gain must be significant over the windows (t test at 5 %).
    """
    picked = _by_others(windows, max_bias, always)
    said = None if usual is None else blended(windows.forecasts, usual)
    if said is None or (picked is not None and _gains(windows, said, picked, max_bias)):
        weights = blend(windows.forecasts, windows.actual, max_bias, always)
        said = blended(windows.forecasts, weights) if picked is None else picked
    else:
        weights = dict(usual or {})
    return Voice(weights, calibrate(said, windows.actual, windows.scale))


def _usual(windows: Windows, schema: RateSchema, known: int) -> dict[str, float] | None:
    """An even mean: of medians over the reference and of the row's own figures, or of all that is fitted.

    None where there are so few rows that their leaves would hold several keys.
    """
    if known < LEAST_LEARNT:
        return None
    wanted = FITTED if schema.reference is None else (*OVER_REFERENCE, *OWN_FIGURES)
    there = [name for name in FITTED if name in wanted and name in windows.forecasts]
    names: list[str] = [name for name in there if name not in SLOW] or [plain_member(schema)]
    return {name: 1 / len(names) for name in names}


def _gains(windows: Windows, usual: Floats, other: Floats, max_bias: float) -> bool:
    """Whether the other forecasts are off less than the usual ones by more than chance."""
    scale = max(float(windows.actual.sum()), 1e-9)
    gain = (np.abs(usual - windows.actual) - np.abs(other - windows.actual)) / scale
    numbers, place = np.unique(windows.window, return_inverse=True)
    by_window = np.bincount(place, gain)
    error = float(by_window.std(ddof=1)) * np.sqrt(len(numbers))
    excess = excess_bias(usual, windows.actual, max_bias) - excess_bias(
        other, windows.actual, max_bias
    )
    return bool(by_window.sum() + excess > _t_quantile(len(numbers) - 1) * error)


def _t_quantile(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - ALPHA))


def _by_others(windows: Windows, max_bias: float, always: str) -> Floats | None:
    """What each window's rows are forecast by weights from the other windows; None where there are none."""
    numbers = np.unique(windows.window)
    if len(numbers) < LEAST_WINDOWS:
        return None
    found = np.empty(len(windows.actual))
    for number in numbers:
        inside = windows.window == number
        others = windows.where(~inside)
        weights = blend(others.forecasts, others.actual, max_bias, always)
        found[inside] = blended(windows.where(inside).forecasts, weights)
    return found
