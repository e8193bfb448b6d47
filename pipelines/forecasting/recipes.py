"""Recipes: of the demand ensemble, a better one than params.yaml's, searched for within a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

from models.demand import Backtest, DemandConfig, Panel, classify, earlier_only, run_backtest
from models.demand.config import BOOSTING
from models.demand.ensemble import scaled_error
from pipelines.context import Context
from pipelines.forecasting.history import DemandHistory
from pipelines.forecasting.search import Between, OneOf, Space, Value, search
from pipelines.stamp import digest_of

STUDIES = "studies.db"
SPACE: Space = {
    "lags": OneOf((7, 14, 21, 28, 42)),
    "rounds": Between(30, 400, by_ratio=True),
    "max_bias": Between(0.05, 0.4),
    "sharpness": Between(0.5, 6.0),
}


def better_recipe(
    context: Context,
    history: DemandHistory,
    panel: Panel,
    closed: frozenset[date],
    config: DemandConfig,
    tried: Backtest,
) -> tuple[DemandConfig, Backtest]:
    """Return the best recipe found so far for these data, and its backtest.

    Each is judged by the ensemble's scaled error over the windows, the weights of a window coming from
    those before it. Members that a recipe leaves as they are take their forecasts from `tried`, the
    backtest of `config`. The study is kept beside the data and goes on at the next fit.
    """
    params, classes = context.params, classify(panel)
    done = {config: tried}

    def backtest_of(recipe: DemandConfig) -> Backtest:
        if recipe not in done:
            shared = _others(tried) if _boosts_otherwise(recipe, config) else tried
            done[recipe] = run_backtest(panel, recipe, closed, done=shared)
        return done[recipe]

    def loss_of(found: Mapping[str, Value]) -> float:
        recipe = replace(config, **cast("Any", dict(found)))
        backtest = backtest_of(recipe)
        forecasts = earlier_only(backtest, classes, recipe)
        return scaled_error(forecasts, backtest.actual, backtest.scale)

    task = (config.horizon, config.season_length, config.windows, config.step, config.members)
    best = search(
        loss_of,
        SPACE,
        {name: getattr(config, name) for name in SPACE},
        params.forecast.search_seconds,
        context.settings.data / STUDIES,
        digest_of([], history.digest, str(task)),
        params.seed % 2**31,
        context.report,
    )
    context.report(
        f"best recipe of {best.tried_before + best.tried} tried ({best.tried} now): loss {best.loss:.4f}"
    )
    recipe = replace(config, **cast("Any", dict(best.recipe)))
    return recipe, backtest_of(recipe)


def _boosts_otherwise(one: DemandConfig, other: DemandConfig) -> bool:
    return (one.lags, one.rounds) != (other.lags, other.rounds)


def _others(tried: Backtest) -> Backtest:
    """The backtest without the boosted member."""
    kept = [place for place, name in enumerate(tried.members) if name != BOOSTING]
    members = tuple(tried.members[place] for place in kept)
    return replace(tried, members=members, forecasts=tried.forecasts[:, kept])
