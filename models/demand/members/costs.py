"""The costs: what members take of a processor, by the work that they do on a table.

Seconds of a Xeon of 2.3 GHz with nothing else on it, measured on M4 weekly and hourly and M3 monthly.
They are counted from the table's size alone, so that the same table is given the same members
whatever else the machine does.
"""

from __future__ import annotations

import numpy as np

from models.demand.history.histories import Histories
from models.demand.members import network, statistical, trees
from models.demand.members.recursive import LIGHTGBM, XGBOOST
from models.demand.task import Task

# Of a model of one series, for each value that it is fitted on: with seasons, and without.
SECONDS_PER_VALUE = {
    "ces": (4e-5, 1.2e-5),
    "theta": (2.5e-5, 1e-5),
    "ets_damped": (4e-5, 2.2e-5),
    "ets": (7e-4, 1.2e-4),
    "arima": (1.3e-3, 1.3e-3),
    "mstl_theta": (6e-5, 6e-5),
    "mstl_ets": (8e-5, 8e-5),
    "prophet": (4e-3, 4e-3),
}
# Of a model of all series, for each row that it learns from; a fit of the others as a whole.
SECONDS_PER_VALUE_OF_PARTIAL_CES = 2e-5
SECONDS_PER_ROW = {"trees": 5e-5, "xgboost": 2e-5}
SECONDS_PER_FIT = {
    "trees": 0.3,
    "xgboost": 0.3,
    "network": 0.3,
    "lstm": 15.0,
    "gru": 15.0,
    "nhits": 12.0,
    LIGHTGBM: 5.0,
    XGBOOST: 5.0,
}
# Of the network: for each multiplication that it learns by, and each number in its windows.
SECONDS_PER_PRODUCT = 0.85e-10
SECONDS_PER_NUMBER = 1.1e-7
FREE = 1e-6


def is_fitted(kind: str) -> bool:
    """Whether a fit of such a member is kept."""
    return kind in SECONDS_PER_FIT


def is_free(kind: str) -> bool:
    """Whether such a member takes next to no time."""
    return kind not in SECONDS_PER_VALUE and kind not in SECONDS_PER_FIT


def seconds_of(kind: str, argument: str, histories: Histories, task: Task) -> float:
    """Return the processor-seconds of a fit, or of a forecast where nothing is fitted before."""
    if is_fitted(kind):
        rows = _places(histories, task) * task.horizon
        learnt = SECONDS_PER_ROW.get(kind, 0.0) * min(rows, trees.MOST_ROWS)
        learnt += _network_seconds(int(argument), histories, task) if kind == "network" else 0.0
        return SECONDS_PER_FIT[kind] + learnt
    seasons = [int(part) for part in argument.split(",") if part.isdigit()]
    longest = max(seasons, default=1)
    least = statistical.STEPS_FOR_MEAN if task.target == "mean" else statistical.LEAST_STEPS
    used = max(least, statistical.MOST_SEASONS * longest)
    values = float(np.minimum(histories.lengths, used).sum())
    if kind == "ces" and 1 < longest <= statistical.LONGEST_PARTIAL:
        return values * SECONDS_PER_VALUE_OF_PARTIAL_CES
    return values * SECONDS_PER_VALUE.get(kind, (FREE, FREE))[0 if longest > 1 else 1]


def _network_seconds(look: int, histories: Histories, task: Task) -> float:
    numbers = min(_places(histories, task) * (look + task.horizon), network.MOST_NUMBERS)
    windows = max(1, numbers // (look + task.horizon))
    batch = int(np.clip(windows // 4, network.LEAST_BATCH, network.BATCH))
    steps = min(network.STEPS, max(1, network.MOST_PASSES * windows // batch))
    hidden = network.HIDDEN
    products = look * (hidden + task.horizon) + hidden * (hidden + task.horizon)
    return SECONDS_PER_PRODUCT * steps * batch * products + SECONDS_PER_NUMBER * numbers


def _places(histories: Histories, task: Task) -> int:
    """Return about how many places all series have with a past and a whole future."""
    return int(np.maximum(histories.lengths - task.horizon - 8, 0).sum())
