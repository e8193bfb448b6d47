"""What is foreseen of a schedule: demand drawn from its forecast, lines from what is believed of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from envs.factory.records import Habits
from envs.history.figures import FIGURES
from pipelines.output.demand_draws import Spread, drawn_demand, planned_demand
from pipelines.output.draws import LEVELS
from pipelines.output.replay import Belief, drawn_luck
from pipelines.output.stockouts import Foresight, foresee
from pipelines.params import SnapshotParams
from plant import Plant, Schedule
from plant.model import MINUTES_PER_HOUR

SCENARIOS = 300
# Orders of the real history: what all products have in common of a day's variance, weekdays aside.
COMMON = FIGURES.common_sd**2 / (FIGURES.common_sd**2 + FIGURES.own_sd**2)
DEMAND_PERSISTENCE = 0.3
LINE_PERSISTENCE = 0.3
ASSUMED_HOURS = 8.0
ASSUMED_DRAWS = 4000


def foresee_stockouts(
    plant: Plant,
    schedule: Schedule,
    forecast: pd.DataFrame | None,
    params: SnapshotParams,
    seed: int,
    beliefs: Mapping[tuple[str, str], Belief] | None = None,
    scenarios: int = SCENARIOS,
) -> Foresight:
    """Return the chance of each item's stock running out, day by day, and of each order being late.

    Parameters
    ----------
    forecast
        unique_id, ds, mean, q10, q50, q90: that of which the plant's forecast orders were made;
        None: what is asked is certain.
    beliefs
        Of lines by (line, item); what is not named is believed to be as `assumed_belief` says.
    """
    asked = (
        planned_demand(plant, scenarios)
        if forecast is None
        else drawn_demand(
            plant, forecast, params, Spread(COMMON, DEMAND_PERSISTENCE), scenarios, seed
        )
    )
    assumed = assumed_belief(Habits(), seed)
    every = {(one.line, one.item): assumed for one in plant.capabilities} | dict(beliefs or {})
    luck = drawn_luck(plant, schedule, every, LINE_PERSISTENCE, scenarios, seed)
    return foresee(plant, schedule, asked, luck)


def assumed_belief(habits: Habits, seed: int) -> Belief:
    """Return what a factory of such habits makes of its planned rate over a run of eight hours.

    Breakdowns stretch a run; its speed varies from run to run. The yield is the planned one.
    """
    rng = np.random.default_rng([seed, 3])
    failures = rng.poisson(ASSUMED_HOURS / habits.failure_hours, ASSUMED_DRAWS)
    down = np.array(
        [
            (habits.repair_minutes * rng.lognormal(0.0, habits.repair_spread, count)).sum()
            for count in failures
        ]
    )
    speed = rng.lognormal(0.0, habits.speed_spread, ASSUMED_DRAWS)
    share = ASSUMED_HOURS / (ASSUMED_HOURS / speed + down / MINUTES_PER_HOUR)
    q10, q50, q90 = (float(one) for one in np.quantile(share, LEVELS))
    return Belief((q10, q50, q90))
