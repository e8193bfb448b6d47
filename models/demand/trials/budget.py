"""The budget: which members are tried, so that everything keeps to the processor-seconds asked for.

Members are tried one after the other, what buys most for its time first. What a member will take is
the catalogue's estimate, corrected by what members of its kind took in this run; a kind not met yet
is timed on a few series first. Kept back is what the members tried so far will take once more, in
the final fit and the forecast. When nothing more fits, what is kept back for members that turn out
to have no weight is given to those that were left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members.catalogue import Member
from models.demand.trials.trial import Origins, Report, Trial, joined, run_trial
from models.demand.trials.workers import processor_seconds

Weigh = Callable[[Trial], Floats]
# Processor-seconds for a table by default: M3 monthly (141,000 values) gets 93, M4 weekly (367,000)
# 143, a million values 240.
SECONDS_AT_LEAST = 62.0
SECONDS_PER_VALUE = 2.2e-4
SECONDS_AT_MOST = 240.0
# Share of the budget that reading, weighing and calibrating may take.
KEPT_BACK = 0.03
# Series that a kind of member is timed on, where there are so many times as many.
TIMED = 12
WORTH_TIMING = 8
# Estimates were up to so many times too high.
WORTH_A_TRY = 3.0


def usual_seconds(histories: Histories) -> float:
    """Return the processor-seconds that a table of this size is given where none are asked for."""
    return min(SECONDS_AT_MOST, SECONDS_AT_LEAST + SECONDS_PER_VALUE * len(histories.values))


@dataclass(slots=True)
class Budget:
    """What may be spent, from now on, and how far off estimates have been.

    Parameters
    ----------
    seconds
        Of processors, all workers together.
    begun
        What had been used before.
    paces
        Times that the estimate of each kind of member was off.
    """

    seconds: float
    begun: float = field(default_factory=processor_seconds)
    paces: dict[str, float] = field(default_factory=dict)

    def left(self, elsewhere: float = 0.0) -> float:
        """Return what is left; `elsewhere` is what members took, on other machines too."""
        spent = max(processor_seconds() - self.begun, elsewhere)
        return (1 - KEPT_BACK) * self.seconds - spent

    def cost(self, member: Member, origins: Origins) -> float:
        """Return what the member will take in all: trial, final fit and forecast."""
        runs = 2 if member.is_fitted else len(origins.cuts) + 1
        return runs * self.paces.get(member.pace, 1.0) * member.seconds(origins.histories)

    def has_room(self, member: Member, origins: Origins, room: float) -> bool:
        """Return whether the member fits into the room; its kind is timed first where it might."""
        if member.is_free:
            return True
        if member.pace not in self.paces and self.cost(member, origins) <= WORTH_A_TRY * room:
            self.paces[member.pace] = _timed(member, origins)
        return self.cost(member, origins) <= room

    def once_more(self, member: Member, origins: Origins, trial: Trial) -> float:
        """Return what the final fit and forecast will take; its kind's pace is taken over."""
        spent, runs = trial.seconds[member.name], 1 if member.is_fitted else len(origins.cuts)
        self.paces[member.pace] = spent / max(runs * member.seconds(origins.histories), 1e-9)
        return spent / max(runs, 1)


def trial_within(
    origins: Origins,
    asked: Sequence[Member],
    budget: Budget,
    weigh: Weigh,
    workers: int = 1,
    report: Report = lambda line: None,
) -> Trial:
    """Return the trial of the members that the budget has room for, the others named in it.

    `weigh` says how much each member of a trial counts, shape (members,).
    """
    waiting, freed = list(asked), False
    found: Trial | None = None
    kept_back: dict[str, float] = {}
    while waiting:
        spent = sum(found.seconds.values()) if found else 0.0
        batch = _next(
            waiting, origins, budget, budget.left(spent) - sum(kept_back.values()), workers
        )
        if not batch and found is not None:
            if freed:
                break
            kept_back, freed = _of_those_that_count(kept_back, weigh(found), found), True
            continue
        batch = batch or [min(waiting, key=lambda member: budget.cost(member, origins))]
        part = run_trial(origins, batch, workers, report)
        waiting = [member for member in waiting if member not in batch]
        kept_back |= {member.name: budget.once_more(member, origins, part) for member in batch}
        found, freed = joined(found, part) if found else part, False
    left_out = {member.name: budget.cost(member, origins) for member in waiting}
    for name, cost in left_out.items():
        report(f"{name} left out: about {cost:.0f} s, over the budget of {budget.seconds:.0f} s")
    assert found is not None
    return replace(found, left_out=left_out)


def _next(
    waiting: Sequence[Member], origins: Origins, budget: Budget, room: float, workers: int
) -> list[Member]:
    """Return the first members that there is room for, one a worker."""
    found: list[Member] = []
    for member in waiting:
        if budget.has_room(member, origins, room):
            found.append(member)
            room -= budget.cost(member, origins)
        if len(found) == workers:
            break
    return found


def _of_those_that_count(
    kept_back: dict[str, float], weights: Floats, trial: Trial
) -> dict[str, float]:
    counts = dict(zip(trial.members, weights.tolist(), strict=True))
    return {name: cost for name, cost in kept_back.items() if counts[name] > 0}


def _timed(member: Member, origins: Origins) -> float:
    """Return how many times its estimate a kind of member takes, measured on a few series."""
    if member.is_fitted or not origins.known or len(origins.known[-1]) < WORTH_TIMING * TIMED:
        return 1.0
    seen = origins.known[-1]
    numbers = np.arange(len(seen))
    places = np.unique(np.linspace(0, len(seen) - 1, TIMED).astype(int))
    # The library is loaded, and compiled, by the first.
    member.forecast(seen.select(numbers == places[0]), origins.task)
    few, begun = seen.select(np.isin(numbers, places)), processor_seconds()
    member.forecast(few, origins.task)
    return (processor_seconds() - begun) / max(member.seconds(few), 1e-9)
