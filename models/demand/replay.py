"""The replay: what a champion would have said at a challenger's backtest origins, fairly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.demand.backtest import Backtest, run_backtest
from models.demand.closures import Closed
from models.demand.config import DemandConfig
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
        tried = (
            trial if _same_members(recipe, config) else run_backtest(panel, recipe, closed, report)
        )
        forecasts[seen] = earlier_only(tried, champion.classes, recipe)[seen]
    for window in np.flatnonzero(~seen):
        known = panel.before(trial.origins[window])
        forecasts[window] = mean_forecast(champion, known, config.horizon, closed)
    return forecasts


def _same_members(recipe: DemandConfig, config: DemandConfig) -> bool:
    # Weighting may differ; what the members forecast does not depend on it.
    alike = [replace(each, max_bias=0.0, sharpness=0.0) for each in (recipe, config)]
    return alike[0] == alike[1]
