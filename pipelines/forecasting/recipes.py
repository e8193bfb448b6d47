"""Recipes: of the demand forecaster, a better one than params.yaml's, searched for within a budget."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.demand import Forecaster
from models.demand.fitting import of_members, refitted
from models.demand.history.classes import classify
from models.demand.trials.judged import scaled_errors, trial_of, weighted_at_origins
from models.demand.trials.weights import WeightRules
from pipelines.context import Context
from pipelines.forecasting.history import DemandHistory
from pipelines.forecasting.search import Between, OneOf, Space, Value, search
from pipelines.stamp import digest_of

STUDIES = "studies.db"
WEIGHING: Space = {
    "good_enough": Between(1.0, 1.6),
    "shrinkage": Between(0.0, 1.0),
    "most_bias": Between(0.05, 0.5),
}
ALWAYS = "seasonal_naive"
IN, OUT = "in", "out"


def better_recipe(context: Context, history: DemandHistory, model: Forecaster) -> Forecaster:
    """Return the forecaster by the best recipe found so far for these data.

    A recipe is which of the members tried may count, and by what rules they are weighed. Each is judged
    by the ensemble's scaled error over the windows, the weights of a window coming from those before
    it. The study is kept beside the data and goes on at the next fit.
    """
    params, trial = context.params, trial_of(model)
    classes = classify(model.histories, model.task)
    free = [name for name in trial.members if not name.startswith(ALWAYS)]
    space: Space = {**WEIGHING, **{name: OneOf((IN, OUT)) for name in free}}

    def loss_of(found: Mapping[str, Value]) -> float:
        kept = of_members(trial, _members(trial.members, found))
        forecasts = weighted_at_origins(kept, model.measure, classes, _rules(found), earlier=True)
        return float(np.sqrt(np.nanmean(scaled_errors(forecasts, trial) ** 2)))

    config = model.config
    task = (config.horizon, model.task.seasons, trial.cuts, trial.members, model.measure)
    start = {name: getattr(config.weighing, name) for name in WEIGHING} | dict.fromkeys(free, IN)
    best = search(
        loss_of,
        space,
        start,
        params.forecast.search_seconds,
        context.settings.data / STUDIES,
        digest_of([], history.digest, str(task)),
        params.seed % 2**31,
        context.report,
    )
    context.report(
        f"best recipe of {best.tried_before + best.tried} tried ({best.tried} now): loss {best.loss:.4f}"
    )
    members = _members(trial.members, best.recipe)
    return refitted(model, members, _rules(best.recipe), context.report)


def _members(tried: tuple[str, ...], found: Mapping[str, Value]) -> list[str]:
    return [name for name in tried if found.get(name, IN) == IN]


def _rules(found: Mapping[str, Value]) -> WeightRules:
    return WeightRules(**{name: float(found[name]) for name in WEIGHING})
