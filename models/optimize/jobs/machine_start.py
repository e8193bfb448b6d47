"""Sequences to begin with: jobs in a good order, each to the line that ends it first, or by ATCS.

The apparent tardiness cost with setups is Lee, Bhaskaran and Pinedo's (1997) rule; where lines differ, a
job counts the less on a line the longer it takes there than on its best one.
"""

from __future__ import annotations

import numpy as np

from models.optimize.jobs.view import Jobs, Sequences, least_minutes, no_sequences
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import outer

LOOK_AHEADS = ((0.5, 0.3), (1.0, 1.0), (2.0, 0.3), (4.0, 1.0))  # in mean job and setup minutes


def first_sequences(jobs: Jobs) -> list[Sequences]:
    """Some sequences of all jobs by simple rules, the quick ones first."""
    least = least_minutes(jobs.minutes)
    smith = least / np.maximum(jobs.rate, 1e-9)
    found = []
    for order in (np.lexsort((-least, jobs.due)), np.argsort(smith), np.argsort(-least)):
        sequences = no_sequences(jobs)
        soonest(jobs, order, sequences.job, sequences.length)
        found.append(sequences)
    for ahead in LOOK_AHEADS if jobs.makespan_money == 0 else ():
        sequences = no_sequences(jobs)
        atcs(jobs, least.astype(np.float64), *ahead, sequences.job, sequences.length)
        found.append(sequences)
    return found


@outer
def soonest(jobs: Jobs, order: Ints, rows: Ints, length: Ints) -> None:
    """Give each job in turn to the end of the line where it ends first."""
    jobs = borrow(jobs)
    lines = len(length)
    free, family = jobs.available.copy(), jobs.initial.copy()
    for job in order:
        chosen, soon = -1, 0
        for line in range(lines):
            takes = jobs.minutes[job, line]
            if takes <= 0:
                continue
            old, setup = family[line], 0
            if old >= 0:
                setup = jobs.setup[jobs.table[line], old, jobs.family[job]]
            end = max(free[line] + setup, jobs.release[job]) + takes
            if chosen < 0 or end < soon:
                chosen, soon = line, end
        free[chosen], family[chosen] = soon, jobs.family[job]
        rows[chosen, length[chosen]] = job
        length[chosen] += 1


@outer
def atcs(
    jobs: Jobs, least: Floats, ahead: float, ahead_setup: float, rows: Ints, length: Ints
) -> None:
    """Give the line that is free first the job that is most pressing there, again and again."""
    jobs = borrow(jobs)
    lines, count = len(length), len(least)
    free, family = jobs.available.copy(), jobs.initial.copy()
    to_do = np.ones(count, np.bool_)
    done = np.zeros(lines, np.bool_)
    look = max(ahead * least.mean(), 1.0)
    look_setup = max(ahead_setup * jobs.setup.mean(), 1.0)
    for _ in range(count + lines):
        line = -1
        for one in range(lines):
            if not done[one] and (line < 0 or free[one] < free[line]):
                line = one
        if line < 0:
            return
        chosen, pressing, ends = -1, 0.0, 0
        for job in range(count):
            takes = jobs.minutes[job, line]
            if not to_do[job] or takes <= 0:
                continue
            old, setup = family[line], 0
            if old >= 0:
                setup = jobs.setup[jobs.table[line], old, jobs.family[job]]
            start = max(free[line] + setup, jobs.release[job])
            slack = max(0.0, jobs.due[job] - takes - start)
            wait = start - free[line]
            value = (jobs.rate[job] + 1e-9) / takes * (least[job] / takes)
            value *= np.exp(-slack / look - wait / look_setup)
            if chosen < 0 or value > pressing:
                chosen, pressing, ends = job, value, start + takes
        if chosen < 0:
            done[line] = True
            continue
        to_do[chosen] = False
        free[line], family[line] = ends, jobs.family[chosen]
        rows[line, length[line]] = chosen
        length[line] += 1
