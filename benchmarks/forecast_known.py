"""What columns known ahead are worth to each member: `python -m benchmarks.forecast_known`.

Simulated shops, seeded: weekdays, a level that wanders, days of promotion that lift sales by 30 to 70 %
and a price that moves now and then (elasticity -1.5). Errors of four fortnights, WAPE, of each member
without the two columns and with them; trees and XGBoost read them themselves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.report import arguments, progress, show
from models.demand.history.histories import Floats, Histories
from models.demand.history.table import TableRules, read_table
from models.demand.members.catalogue import member_of
from models.demand.task import Task
from models.demand.trials.judged import wape
from models.demand.trials.trial import origins_of, run_trial

DAYS, SHOPS, HORIZON, ORIGINS = 420, 60, 14, 4
ALONE = ("trees:last", "xgboost:last")
KNOWING = (
    "theta:7",
    "ets_damped:1:log:adjusted",
    "network:28:log:adjusted",
    "level:14",
    "arima:7:log:adjusted",
    "prophet:7:log",
)
SLOW = ("arima", "prophet", "xgboost")
WEEK = np.array([8.0, 9, 10, 12, 6, 4, 14])


def main() -> None:
    """Forecast with and without what is known ahead, and show both errors."""
    asked = arguments("What columns known ahead are worth to each member.").parse_args()
    table = simulated(SHOPS // 4 if asked.quick else SHOPS, np.random.default_rng(5))
    known, _ = read_table(table, TableRules(known=("promo", "price")))
    bare, _ = read_table(table)
    rows = []
    for name in (*ALONE, *KNOWING):
        if asked.quick and name.partition(":")[0] in SLOW:
            continue
        progress(name)
        flag = "" if name in ALONE else ":known"
        rows.append((name, _error(bare, name), _error(known, name + flag)))
    figures = {"series": len(known), "simulated": True, "rows": rows}
    show("known ahead", ("member", "without", "with"), rows, figures, asked.json)


def simulated(shops: int, generator: np.random.Generator) -> pd.DataFrame:
    """Return daily sales of shops: series, time, value, promo (0 or 1), price."""
    days = pd.date_range("2024-01-01", periods=DAYS)
    frames = []
    for shop in range(shops):
        promo = (generator.random(DAYS) < 0.12).astype(float)
        price = 10 * np.exp(
            np.cumsum((generator.random(DAYS) < 0.02) * generator.normal(0, 0.1, DAYS))
        )
        level = np.log(20 * (1 + shop % 9)) + np.cumsum(generator.normal(0, 0.01, DAYS))
        effect = generator.uniform(0.3, 0.7) * promo - 1.5 * np.log(price / 10)
        noise = generator.normal(0, 0.12, DAYS)
        value = WEEK[days.dayofweek] * np.exp(level + effect + noise)
        columns = {"series": f"{shop:03d}", "time": days, "value": value}
        frames.append(pd.DataFrame(columns | {"promo": promo, "price": price}))
    return pd.concat(frames, ignore_index=True)


def _error(histories: Histories, name: str) -> float:
    cuts = [HORIZON * (number + 1) for number in range(ORIGINS)]
    origins = origins_of(histories, Task(HORIZON, (7,)), cuts)
    trial = run_trial(origins, [member_of(name)])
    found: Floats = trial.forecasts[0]
    return round(wape(found, trial.actual), 4)


if __name__ == "__main__":
    main()
