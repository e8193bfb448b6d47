"""The budget: which members are tried, so that everything keeps to the processor-seconds asked for.

Members are tried one after the other, what buys most for its time first, as long as what they will
take by `costs` has room: trial, final fit and forecast. That is counted from the table alone, so that
the same table has the same members on a busy machine too. When nothing more fits, what is kept back
for members that turn out to have no weight is given to those that were left out. The clock only
stops what would go far over the budget, on a machine that is much slower than the costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from models.demand.history.histories import Floats, Histories
from models.demand.members.catalogue import Member
from models.demand.trials.trial import Origins, Report, Trial, joined, run_trial
from models.demand.trials.workers import processor_seconds

Weigh = Callable[[Trial], Floats]
# Processor-seconds for a table by default: M3 monthly (141,000 values) gets 90, M4 weekly (367,000)
# 142, a million values 240.
SECONDS_AT_LEAST = 58.0
SECONDS_PER_VALUE = 2.3e-4
SECONDS_AT_MOST = 240.0
# Share of the budget that reading, weighing and calibrating may take.
KEPT_BACK = 0.06
# Times the budget at which the clock stops what the costs had room for.
FAR_OVER = 1.15


def usual_seconds(histories: Histories) -> float:
    """Return the processor-seconds that a table of this size is given where none are asked for."""
    return min(SECONDS_AT_MOST, SECONDS_AT_LEAST + SECONDS_PER_VALUE * len(histories.values))


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent, from now on.

    Parameters
    ----------
    seconds
        Of processors, all workers together.
    begun
        What had been used before.
    """

    seconds: float
    begun: float = field(default_factory=processor_seconds)

    @property
    def room(self) -> float:
        """What members may take in all."""
        return (1 - KEPT_BACK) * self.seconds

    def is_over(self, coming: float, elsewhere: float) -> bool:
        """Return whether the clock forbids what is `coming`.

        `elsewhere` is what members took, on other machines too.
        """
        spent = max(processor_seconds() - self.begun, elsewhere)
        return spent + coming > FAR_OVER * self.seconds


def trial_cost(member: Member, origins: Origins) -> float:
    """Return what the member will take at the past origins."""
    known = origins.known[-1:] if member.is_fitted else origins.known
    return sum(member.seconds(seen, origins.task) for seen in known)


def last_cost(member: Member, origins: Origins) -> float:
    """Return what the member's final fit and forecast will take."""
    return member.seconds(origins.histories, origins.task)


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
    spent, later = 0.0, dict[str, float]()
    while waiting:
        elsewhere = sum(found.seconds.values()) if found else 0.0
        batch = _next(waiting, origins, budget, spent, sum(later.values()), elsewhere, workers)
        if not batch and found is not None:
            if freed:
                break
            later, freed = _of_those_that_count(later, weigh(found), found), True
            continue
        batch = batch or [min(waiting, key=lambda member: _cost(member, origins))]
        part = run_trial(origins, batch, workers, report)
        waiting = [member for member in waiting if member not in batch]
        spent += sum(trial_cost(member, origins) for member in batch)
        later |= {member.name: last_cost(member, origins) for member in batch}
        found, freed = joined(found, part) if found else part, False
    left_out = {member.name: _cost(member, origins) for member in waiting}
    for name, seconds in left_out.items():
        report(f"{name} left out: about {seconds:.0f} s, over the budget of {budget.seconds:.0f} s")
    assert found is not None
    return replace(found, left_out=left_out)


def _next(
    waiting: Sequence[Member],
    origins: Origins,
    budget: Budget,
    spent: float,
    later: float,
    elsewhere: float,
    workers: int,
) -> list[Member]:
    """Return the first members that there is room for, one a worker.

    By the costs, `spent` is what the trial took so far and `later` what final fits will take; by the
    clocks of all machines members took `elsewhere`.
    """
    found: list[Member] = []
    for member in waiting:
        own = _cost(member, origins)
        has_room = spent + later + own <= budget.room
        if member.is_free or (has_room and not budget.is_over(later + own, elsewhere)):
            found.append(member)
            later += own
        if len(found) == workers:
            break
    return found


def _cost(member: Member, origins: Origins) -> float:
    return trial_cost(member, origins) + last_cost(member, origins)


def _of_those_that_count(
    later: dict[str, float], weights: Floats, trial: Trial
) -> dict[str, float]:
    counts = dict(zip(trial.members, weights.tolist(), strict=True))
    return {name: cost for name, cost in later.items() if counts[name] > 0}
