"""A lower bound of what any sequences of jobs cost, by a linear relaxation over spans of time.

Let x_jlt be the share of job j that line l makes in span t = [a_t, b_t). Of any sequences it is true that
    Σ_lt x_jlt = 1                                                                                (1)
    Σ_j p_jl x_jlt ≤ the minutes of span t in which line l is manned                              (2)
    tardiness of j ≥ Σ_lt x_jlt (a_t + p_jl / 2) − due_j                                          (3)
because a job ends half its minutes after the mean of the minutes in which it is made (Goemans 1997; Dyer
and Wolsey 1990);
    makespan ≥ available_l − σ_l + Σ_jt (p_jl + s_jl) x_jlt                                       (4)
with s_jl the least changeover before j and σ_l the greatest of them, as the first job may need none;
    makespan ≥ least head + Σ p + least tail of the jobs that only line l can make                (5)
where heads and tails are the longest chains of least minutes before and after. Changeover money counts
as 0. Least money over all x is the bound; where only the makespan costs, of the next whole minute.
"""

from __future__ import annotations

import numpy as np

from models.optimize.bounds.linear import LinearProgramme
from models.optimize.jobs.view import Jobs, least_minutes
from plant.arrays import Floats, Ints

MOST_SHARES = 20_000  # variables that are solved in a second or two
MOST_SPANS = 80
WHOLE = 1e-6  # minutes


def jobs_bound(jobs: Jobs, seconds: float) -> float:
    """A number that no sequences of the jobs cost less than."""
    heads, tails = chains(jobs)
    lp = LinearProgramme()
    edges = _edges(jobs)
    latest = float(jobs.closes.max())
    last = lp.variable(latest, jobs.makespan_money)
    able = jobs.minutes > 0
    least = least_minutes(jobs.minutes)
    lp.row([(last, 1.0)], lower=float((heads + least + tails).max(initial=0)))
    spans: dict[tuple[int, int], list[tuple[int, float]]] = {}
    work: dict[int, list[tuple[int, float]]] = {}
    setups, spared = _least_setups(jobs)
    for job in range(len(jobs.item)):
        shares, ends = [], []
        for line in np.flatnonzero(able[job]).tolist():
            takes = float(jobs.minutes[job, line])
            for span in range(len(edges) - 1):
                if edges[span + 1] <= heads[job]:
                    continue
                share = lp.variable(1.0, float(jobs.money[job, line]))
                shares.append((share, 1.0))
                ends.append((share, float(max(edges[span], heads[job])) + takes / 2))
                spans.setdefault((line, span), []).append((share, takes))
                work.setdefault(line, []).append((share, takes + float(setups[job, line])))
        lp.row(shares, lower=1.0, upper=1.0)
        if jobs.rate[job] > 0:
            soonest = max(float(heads[job] + least[job] - jobs.due[job]), 0.0)
            late = lp.variable(max(latest, soonest), float(jobs.rate[job]))
            lp.row([(late, 1.0)], lower=soonest)
            lp.row(
                [(late, 1.0), *((share, -end) for share, end in ends)], lower=-float(jobs.due[job])
            )
    for (line, span), terms in spans.items():
        opens, closes = max(edges[span], jobs.available[line]), jobs.closes[line]
        lp.row(terms, upper=max(float(min(edges[span + 1], closes) - opens), 0.0))
    for line, terms in work.items():
        begins = float(jobs.available[line]) - float(spared[line])
        lp.row([(last, 1.0), *((share, -takes) for share, takes in terms)], lower=begins)
        alone = np.flatnonzero(able[:, line] & (able.sum(axis=1) == 1))
        if len(alone):
            chain = heads[alone].min() + jobs.minutes[alone, line].sum() + tails[alone].min()
            lp.row([(last, 1.0)], lower=float(chain))
    bound = max(lp.bound(seconds), 0.0)
    if jobs.makespan_money > 0 and not jobs.rate.any() and not jobs.money.any():
        return float(np.ceil(bound / jobs.makespan_money - WHOLE) * jobs.makespan_money)
    return bound


def chains(jobs: Jobs) -> tuple[Ints, Ints]:
    """The earliest start of each job, and the least minutes after its end until all after it are done."""
    least = least_minutes(jobs.minutes)
    count = len(least)
    heads, tails = jobs.release.copy(), np.zeros(count, np.int64)
    order, waits = [], np.diff(jobs.before_at)
    ready = np.flatnonzero(waits == 0).tolist()
    while ready:
        job = ready.pop()
        order.append(job)
        for after in jobs.after[jobs.after_at[job] : jobs.after_at[job + 1]].tolist():
            heads[after] = max(heads[after], heads[job] + least[job])
            waits[after] -= 1
            if waits[after] == 0:
                ready.append(after)
    for job in reversed(order):
        for after in jobs.after[jobs.after_at[job] : jobs.after_at[job + 1]].tolist():
            tails[job] = max(tails[job], tails[after] + least[after])
    return heads, tails


def _edges(jobs: Jobs) -> Ints:
    """Where spans begin and end: many until about all is done, one after; only one if lateness is free."""
    closes = int(jobs.closes.max())
    spans = min(MOST_SHARES // max(int((jobs.minutes > 0).sum()), 1), MOST_SPANS)
    if spans < 2 or not jobs.rate.any():
        return np.array([0, closes], np.int64)
    least = least_minutes(jobs.minutes)
    done = 1.5 * least.sum() / len(jobs.table) + least.max() + jobs.release.max()
    edges = np.linspace(0, min(int(done), closes), spans).astype(np.int64)
    return np.unique(np.append(edges, closes))


def _least_setups(jobs: Jobs) -> tuple[Floats, Floats]:
    """The least changeover minutes before each job on each line [J, L], and the greatest of a line [L]."""
    families = len(jobs.setup[0])
    members = np.bincount(jobs.family, minlength=families)
    setups = np.zeros(jobs.minutes.shape)
    for line in range(len(jobs.table)):
        before = np.where(members > 0)[0]
        table = jobs.setup[jobs.table[line]].astype(np.float64)
        if jobs.initial[line] >= 0:
            before = np.union1d(before, jobs.initial[line])
        alone = table.copy()
        alone[np.diag_indices(families)] = np.where(members > 1, np.diag(table), np.inf)
        from_any = alone[before].min(axis=0)
        setups[:, line] = np.where(np.isfinite(from_any), from_any, 0.0)[jobs.family]
    no_first = jobs.initial < 0
    return setups, np.where(no_first, setups.max(axis=0, initial=0.0), 0.0)
