"""How good a forecaster was at its trial's origins, by weights and intervals that had not seen them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.demand.fitting import class_weights, spread_at_origins
from models.demand.forecaster import Forecaster, combine
from models.demand.history.classes import CLASSES, classify
from models.demand.history.histories import Bools, Floats, Ints
from models.demand.trials.blend import shares_at
from models.demand.trials.calibration import calibrate
from models.demand.trials.spread import fit_spread
from models.demand.trials.trial import Trial, at_origins
from models.demand.trials.weights import Measure, WeightRules, filled

ENSEMBLE = "ensemble"
ALL = "all"
# Intervals are judged where at least so many origins calibrated them.
ORIGINS_TO_CALIBRATE = 2


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one forecaster over all origins, for one class of series or all of them.

    `wape` is the sum of absolute errors over the sum of actuals, `bias` that of signed ones, `rmsse`
    the root mean square of errors over each series' unit.
    """

    forecaster: str
    series_class: str
    wape: float
    bias: float
    rmsse: float


def weighted_at_origins(
    trial: Trial, measure: Measure, classes: Ints, rules: WeightRules, *, earlier: bool
) -> Floats:
    """Return the ensemble's forecasts, shape (origins, series, horizon), weights chosen elsewhere.

    The weights of an origin come from those that share no step with it: `earlier` ones only, and equal
    weights where there are none, or all of them, and its own where there are none.
    """
    forecasts, count = filled(trial), len(trial.members)
    found = []
    for origin in range(len(trial.cuts)):
        others = _others(trial, origin, earlier=earlier)
        if others or not earlier:
            seen = at_origins(trial, others or [origin])
            weights = shares_at(trial, origin, seen, measure)
            if weights is None:
                weights = class_weights(seen, measure, classes, rules)[classes]
        else:
            weights = np.full((len(classes), count), 1 / count)
        found.append(combine(forecasts[:, origin], weights))
    return np.array(found)


def quantiles_at_origins(model: Forecaster, forecasts: Floats) -> Floats:
    """Return the quantiles of forecasts at the trial's origins, shape (levels, origins, series, horizon).

    Each origin's intervals are calibrated on earlier ones that share no step with it; NaN where there
    are too few. `forecasts` has the shape (origins, series, horizon).
    """
    trial = trial_of(model)
    classes = classify(model.histories, model.task)
    errors = trial.actual - forecasts
    found = np.full((len(model.calibration.levels), *forecasts.shape), np.nan)
    for origin in range(len(trial.cuts)):
        others = _others(trial, origin, earlier=True)
        if len(others) >= ORIGINS_TO_CALIBRATE:
            far = _learnt(model, trial, errors, origin, others)
            spread = spread_at_origins(model.histories, trial, forecasts, model.task, far)
            calibration = calibrate(errors[others], spread[others], classes, len(CLASSES))
            made = calibration.quantiles(forecasts[origin], spread[origin], classes)
            found[:, origin] = np.maximum(made, 0.0) if is_demand(model) else made
    return found


def _learnt(
    model: Forecaster, trial: Trial, errors: Floats, origin: int, others: Sequence[int]
) -> Floats | None:
    """Return spreads, shape (origins, series), as the other origins tell them; None without a blend."""
    if model.blend is None:
        return None
    places = [trial.members.index(name) for name in model.members]
    few = replace(trial, members=model.members, forecasts=filled(trial)[places])
    found = np.full(errors.shape[:2], np.nan)
    for place, kept in ((origin, list(others)), *((one, _without(others, one)) for one in others)):
        assert few.features is not None
        spread = fit_spread(at_origins(few, kept), errors[kept])
        seen = few.features[place], few.forecasts[:, place], few.units[place]
        found[place] = spread.of_features(*seen)
    return found


def _without(places: Sequence[int], one: int) -> list[int]:
    return [place for place in places if place != one]


def coverage(model: Forecaster, forecasts: Floats) -> float | None:
    """Return the share of values within q10 to q90 at the origins that tell; None where none does."""
    low, high = (
        quantiles_at_origins(model, forecasts)[model.calibration.levels.index(level)]
        for level in (0.1, 0.9)
    )
    actual = trial_of(model).actual
    told = np.isfinite(low) & np.isfinite(actual)
    if not told.any():
        return None
    return float(((actual >= low) & (actual <= high))[told].mean())


def scores_of(trial: Trial, ensemble: Floats, classes: Ints) -> list[Score]:
    """Return the scores of each member and the ensemble, for each class that sold and for all."""
    named = [*zip(trial.members, filled(trial), strict=True), (ENSEMBLE, ensemble)]
    found = []
    for name, forecast in named:
        for label in (ALL, *CLASSES):
            inside = np.ones(len(classes), dtype=bool)
            if label != ALL:
                inside = classes == CLASSES.index(label)
            if np.nan_to_num(trial.actual[:, inside]).any():
                found.append(_score(name, label, forecast, trial, inside))
    return found


def wape(forecast: Floats, actual: Floats) -> float:
    """Return the sum of absolute errors over that of actuals; with nothing sold, 0 or infinite."""
    return _share(float(np.nansum(np.abs(forecast - actual))), float(np.nansum(np.abs(actual))))


def bias(forecast: Floats, actual: Floats) -> float:
    """Return forecast less actual as a share of actual; with nothing sold, 0 or infinite."""
    return _share(float(np.nansum(forecast - actual)), float(np.nansum(np.abs(actual))))


def scaled_errors(forecast: Floats, trial: Trial) -> Floats:
    """Return root mean squared errors over each series' unit, shape (origins, series); NaN untried."""
    scaled = (forecast - trial.actual) / trial.units[..., None]
    return np.asarray(np.sqrt((scaled**2).mean(axis=-1)))


def trial_of(model: Forecaster) -> Trial:
    """Return the trial that the forecaster was fitted by; a loaded one has none, an error of the caller."""
    assert model.trial is not None
    return model.trial


def is_demand(model: Forecaster) -> bool:
    """Whether the forecaster's values are never below 0."""
    return bool(model.histories.values.min() >= 0)


def _others(trial: Trial, origin: int, *, earlier: bool) -> list[int]:
    horizon = trial.actual.shape[-1]
    own = trial.cuts[origin]
    return [
        place
        for place, cut in enumerate(trial.cuts)
        if cut - own >= horizon or (not earlier and own - cut >= horizon)
    ]


def _score(name: str, label: str, forecast: Floats, trial: Trial, inside: Bools) -> Score:
    own, actual = forecast[:, inside], trial.actual[:, inside]
    scaled = scaled_errors(forecast, trial)[:, inside]
    known = scaled[np.isfinite(scaled)]
    rms = float(np.sqrt((known**2).mean())) if known.size else float("nan")
    return Score(name, label, wape(own, actual), bias(own, actual), rms)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float(np.inf if part > 0 else 0.0)
