"""First solutions of jobs that wait for each other, by rules and some chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.optimize.jobs.shop_dispatch import dispatch_jobs, floor_of
from models.optimize.jobs.shop_graph import Table
from models.optimize.jobs.shop_table import Outlook, Solution
from plant.arrays import Floats, Ints

SLACKS = (0.0, 0.1, 0.5)
DRAWS = 20
NEVER = 1 << 40


def best_dispatched(
    table: Table, view: Outlook, rng: np.random.Generator, value: Callable[[Solution], float]
) -> Solution:
    """The best of what rules give: much work to come, long or short jobs first, or what is due first."""
    rules = [view.after, view.after - view.least, view.least, -view.least]
    if (table.rate > 0).any():
        rules.append(-latest_start(table, view))
    found = [
        dispatched(table, rule.astype(np.float64), slack) for rule in rules for slack in SLACKS
    ]
    found += [some_dispatched(table, view, rng) for _ in range(DRAWS)]
    return min(found, key=value)


def some_dispatched(table: Table, view: Outlook, rng: np.random.Generator) -> Solution:
    """What comes of starting jobs by the work that waits for them, and some chance."""
    noise = rng.uniform(0, 2, len(view.least)) * view.least.mean()
    urgency: Floats = view.after - rng.random() * view.least + noise
    return dispatched(table, urgency, 0.3 * rng.random())


def dispatched(table: Table, urgency: Floats, slack: float) -> Solution:
    """What a dispatching rule gives, see `dispatch_jobs`."""
    line, order = np.zeros(len(urgency), np.int64), np.zeros(len(urgency), np.int64)
    dispatch_jobs(table, floor_of(table), urgency, slack, line, order)
    return Solution(line, order)


def latest_start(table: Table, view: Outlook) -> Ints:
    """When each job [J] has to start at the latest for all that waits for it to be in time."""
    latest: Ints = np.where(table.rate > 0, table.due, NEVER)
    for job in np.argsort(view.after, kind="stable"):
        for other in table.after[table.after_at[job] : table.after_at[job + 1]]:
            latest[job] = min(latest[job], latest[other])
        latest[job] -= view.least[job]
    return latest
