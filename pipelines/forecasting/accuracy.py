"""Accuracy: how far off forecasts were on days that have come, by class of series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ALL = "all"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How a forecast did on one class of series, or on all of them.

    Parameters
    ----------
    wape, bias
        Absolute and signed errors over what came; None where nothing came.
    scaled
        Mean absolute error over the series' mean change from step to step: below 1 is better than
        repeating the last value.
    naive
        The seasonal naive forecast's WAPE on the same values.
    covered
        Share of values between q10 and q90, which promise 0.8; None where no quantiles were made.
    """

    series_class: str
    series: int
    wape: float | None
    bias: float | None
    scaled: float | None
    naive: float | None
    covered: float | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """Forecasts and what came, shape (origins, series, horizon); NaN where a series took no part.

    `units`, shape (origins, series), is each series' mean change from step to step before the origin.
    """

    forecast: Floats
    naive: Floats
    actual: Floats
    units: Floats
    low: Floats | None = None
    high: Floats | None = None


def accuracy_by_class(tried: Tried, classes: Sequence[str]) -> tuple[Accuracy, ...]:
    """Return the accuracy of all series, and of each class where there are several."""
    labels = np.asarray(classes)
    names = [ALL, *sorted(set(classes))] if len(set(classes)) > 1 else [ALL]
    found = (_accuracy(tried, name, (labels == name) | (name == ALL)) for name in names)
    return tuple(one for one in found if one is not None)


def _accuracy(tried: Tried, name: str, kept: NDArray[np.bool_]) -> Accuracy | None:
    actual = tried.actual[:, kept]
    known = np.isfinite(actual) & np.isfinite(tried.forecast[:, kept])
    if not known.any():
        return None
    came = float(np.abs(actual[known]).sum())
    error = (tried.forecast[:, kept] - actual)[known]
    naive = (tried.naive[:, kept] - actual)[known & np.isfinite(tried.naive[:, kept])]
    units = np.broadcast_to(tried.units[:, kept, None], actual.shape)[known]
    return Accuracy(
        name,
        int(kept.sum()),
        _share(np.abs(error).sum(), came),
        _share(error.sum(), came),
        float(np.mean(np.abs(error[units > 0]) / units[units > 0])) if (units > 0).any() else None,
        _share(np.abs(naive).sum(), came) if naive.size else None,
        _covered(tried, kept, known),
    )


def _covered(tried: Tried, kept: NDArray[np.bool_], known: NDArray[np.bool_]) -> float | None:
    if tried.low is None or tried.high is None:
        return None
    actual = tried.actual[:, kept][known]
    inside = (actual >= tried.low[:, kept][known]) & (actual <= tried.high[:, kept][known])
    return float(inside.mean())


def _share(part: float, whole: float) -> float | None:
    return float(part) / whole if whole > 0 else None
