"""A schedule from a dispatcher: it plays the plant in many styles, and again near those that cost least.

What a style costs on a plant is known only when it was played, and an episode takes some thousandths of
a second. So a draft is what the policy learnt on many plants, fitted to this one for a few rounds, as ATCS is
when it is tuned for a plant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.fleet.history import RecordFullError
from envs.fleet.plants import Assignment
from models.policy.acting import one_thread
from models.policy.dispatcher import Dispatcher
from models.policy.learning.evolution import generation
from models.policy.learning.groups import Group, group_of
from models.policy.learning.styles import opening, search_on
from plant import Plant, Schedule, Weights, Zones
from plant.model import MINUTES_PER_DAY

WAYS, ROUNDS = 16, 30  # about the processor time of tuning ATCS for a plant, or twice that
MEAN_RATE = 1.6
RUNS_A_DAY = 12  # of a line, at most; more are made room for when they are found


@dataclass(frozen=True, slots=True)
class Played:
    """What a policy made of a plant: costs [rounds, ways] in the plant's money, and the cheapest schedule.

    The first way of the first round is the policy's own style, the next ones are those it keeps.
    """

    costs: NDArray[np.float64]
    schedule: Schedule

    @property
    def own(self) -> float:
        """The cost of the policy's own style."""
        return float(self.costs[0, 0])


def draft(
    plant: Plant,
    policy: Dispatcher,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    weights: Weights = Weights(),
    base: Schedule | None = None,
    zones: Zones = Zones(),
) -> Schedule:
    """The cheapest schedule of so many rounds of playing a plant.

    Each is feasible, whatever the policy has learnt: a masked choice breaks no rule. The exception is a
    base whose own locked runs break one.
    """
    return played(Assignment(plant, weights, base, zones), policy, rng, rounds).schedule


def played(
    assignment: Assignment,
    policy: Dispatcher,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    ways: int = WAYS,
) -> Played:
    """What the policy makes of a plant in so many rounds of so many styles."""
    room = RUNS_A_DAY * len(assignment.plant.lines)
    room *= assignment.plant.horizon // MINUTES_PER_DAY + 1
    while True:
        group = group_of([assignment], ways, record=room)
        try:
            with one_thread():
                return _played(group, policy, rng, rounds)
        except RecordFullError:
            room *= 4


def _played(group: Group, policy: Dispatcher, rng: np.random.Generator, rounds: int) -> Played:
    search = search_on(policy, group, MEAN_RATE)
    least, costs, schedule = np.inf, [], Schedule(())
    for number in range(rounds):
        known = opening(policy) if number == 0 else None
        found = generation(search, policy, group, rng, known)[0] * group.env.scales[0]
        costs.append(found)
        if found.min() < least:
            least, schedule = found.min(), group.env.schedule(int(found.argmin()))
    return Played(np.array(costs), schedule)
