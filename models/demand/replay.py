"""The replay: what a champion would have said at a challenger's backtest origins, fairly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.demand.backtest import Backtest, run_backtest
from models.demand.closures import Closed
from models.demand.config import BOOSTING, STATISTICAL, DemandConfig
from models.demand.ensemble import earlier_only
from models.demand.forecaster import DemandForecaster, mean_forecast
from models.demand.panel import Floats, Panel


def replay(
    champion: DemandForecaster,
    panel: Panel,
    trial: Backtest,
    config: DemandConfig,
    closed: Closed = (),
    report: Callable[[str], None] = lambda line: None,
) -> Floats:
    """Return the champion's forecasts at the trial's origins, shape (windows, horizon, series).

    At an origin after the champion's training it answers as it is. At an earlier one it has seen
    what it would forecast; there its recipe is fitted anew on what was known, weighted by earlier
    windows, as the challenger's is. `trial` was made with `config`.
    """
    recipe = replace(
        champion.config, horizon=config.horizon, windows=config.windows, step=config.step
    )
    seen = trial.origins <= np.datetime64(champion.trained_until)
    forecasts = np.zeros_like(trial.actual)
    if seen.any():
        tried = run_backtest(panel, recipe, closed, report, _shared(recipe, config, trial))
        forecasts[seen] = earlier_only(tried, champion.classes, recipe)[seen]
    for window in np.flatnonzero(~seen):
        known = panel.before(trial.origins[window])
        forecasts[window] = mean_forecast(champion, known, config.horizon, closed)
    return forecasts


def _shared(recipe: DemandConfig, config: DemandConfig, trial: Backtest) -> Backtest:
    """Return the trial with those members only that would say the same under the recipe."""
    boosting = [
        (each.season_length, each.lags, each.rounds, each.seed) for each in (recipe, config)
    ]
    different = {
        *([BOOSTING] if boosting[0] != boosting[1] else []),
        *(STATISTICAL if recipe.season_length != config.season_length else []),
    }
    kept = [place for place, name in enumerate(trial.members) if name not in different]
    members = tuple(trial.members[place] for place in kept)
    return replace(trial, members=members, forecasts=trial.forecasts[:, kept])
