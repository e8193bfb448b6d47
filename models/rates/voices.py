"""The voices: who is listened to for which kind of row, and how far off that was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.rates.blend import blend, excess_bias
from models.rates.config import FITTED, FORESTS, SLOW
from models.rates.intervals import Calibration, calibrate
from models.rates.schema import Floats, RateSchema
from models.rates.windows import ALWAYS, Windows

# Rows of a kind in the windows without which it has no weights of its own.
LEAST_OF_KIND = 80
ALPHA = 0.05
LEAST_LEARNT = 150
LEAST_WINDOWS = 3  # without which nothing shows that other weights are better
# A member with a tenth more error counts half. Measured on the garment lines, origins of 21 January and 4
# February: error 0.100 with 8, 0.101 with none (0 gives even weights), 0.100 with 16.
SHARPNESS = 8
TINY = 1e-12


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


def _voice(windows: Windows, usual: Sequence[str], always: str, max_bias: float) -> Voice:
    """The weights that the windows show to be better than the usual ones, else the usual ones.

    Judged on each window by weights from the others. A few windows often flatter a member by luck: the
    gain must be significant over the windows (t test at 5 %).
    """

    def picked(part: Windows) -> Mapping[str, float]:
        return blend(part.forecasts, part.actual, max_bias, always)

    def weighed(part: Windows) -> Mapping[str, float]:
        return _by_error(part, usual)

    other, said = _by_others(windows, picked), _by_others(windows, weighed) if usual else None
    if usual and (other is None or said is None or not _gains(windows, said, other, max_bias)):
        weights, judged = weighed(windows), said
    else:
        weights, judged = picked(windows), other
    if judged is None:
        judged = blended(windows.forecasts, weights)
    return Voice(weights, calibrate(judged, windows.actual, windows.scale, windows.block))


def _usual(windows: Windows, schema: RateSchema, known: int) -> list[str]:
    """Who is listened to as long as nothing is shown: the forests over a reference, else all that is fitted.

    Nobody where there are so few rows that their leaves would hold several keys.
    """
    if known < LEAST_LEARNT:
        return []
    wanted = FITTED if schema.reference is None else FORESTS
    there: list[str] = [name for name in wanted if name in windows.forecasts and name not in SLOW]
    return there or [plain_member(schema)]


def _by_error(windows: Windows, names: Sequence[str]) -> dict[str, float]:
    """Weights that fall with the members' mean absolute errors in the windows."""
    errors = np.array(
        [float(np.abs(windows.forecasts[name] - windows.actual).mean()) for name in names]
    )
    shares = (np.maximum(errors, TINY) / max(float(errors.min()), TINY)) ** -SHARPNESS
    return dict(zip(names, (shares / shares.sum()).tolist(), strict=True))


def _gains(windows: Windows, usual: Floats, other: Floats, max_bias: float) -> bool:
    """Whether the other forecasts are off less than the usual ones by more than chance.

    A bias counts as far as most windows have it: in a week in which the factory stood still everyone
    forecasts too much, and who forecasts least is no better for it.
    """
    scale = max(float(windows.actual.sum()), 1e-9)
    gain = (np.abs(usual - windows.actual) - np.abs(other - windows.actual)) / scale
    numbers, place = np.unique(windows.window, return_inverse=True)
    by_window = np.bincount(place, gain)
    error = float(by_window.std(ddof=1)) * np.sqrt(len(numbers))
    excess = _usual_excess(windows, usual, max_bias) - _usual_excess(windows, other, max_bias)
    return bool(by_window.sum() + excess > _t_quantile(len(numbers) - 1) * error)


def _usual_excess(windows: Windows, said: Floats, max_bias: float) -> float:
    """What forecasts pay for the bias that is the median of the windows'."""
    _, place = np.unique(windows.window, return_inverse=True)
    made = np.bincount(place, windows.actual)
    off = np.bincount(place, said - windows.actual)
    return excess_bias(float(np.median(off / np.maximum(made, TINY))), max_bias)


def _t_quantile(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - ALPHA))


def _by_others(windows: Windows, weigh: Callable[[Windows], Mapping[str, float]]) -> Floats | None:
    """What each window's rows are forecast by weights from the other windows; None where there are none."""
    numbers = np.unique(windows.window)
    if len(numbers) < LEAST_WINDOWS:
        return None
    found = np.empty(len(windows.actual))
    for number in numbers:
        inside = windows.window == number
        weights = weigh(windows.where(~inside))
        found[inside] = blended(windows.where(inside).forecasts, weights)
    return found
