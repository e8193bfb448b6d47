"""Fitting a dispatcher to one plant: its rule evolves on that plant, with and without surprises in demand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment
from models.policy.acting import one_thread
from models.policy.dispatcher import Dispatcher
from models.policy.files import load_policy, save_policy
from models.policy.fitting import fitted
from models.policy.learning.evolution import NARROWER, Search, generation
from models.policy.learning.groups import as_tensor, group_of
from plant import Plant, Weights

WAYS = 16
SURPRISED = Luck(demand_spread=0.15)  # so that the policy does not learn one book by heart


@dataclass(frozen=True, slots=True)
class Progress:
    """One round: mean cost of its episodes over what ATCS costs, untuned, and speeds.

    steps: ticks of plants played so far. deviation: the mean of the styles'.
    """

    iteration: int
    steps: int
    episode_cost: float | None
    deviation: float
    learned_per_second: float

    def figures(self) -> dict[str, float | None]:
        """All that is known of it, by name."""
        return asdict(self)


class Evolver:
    """Evolution on one plant, from a dispatcher; `checkpoint` is a folder that `save` filled."""

    def __init__(
        self,
        plant: Plant,
        weights: Weights,
        start: Dispatcher,
        seed: int = 0,
        checkpoint: Path | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        one = Assignment(plant, weights)
        self._groups = [group_of([one], WAYS, CERTAIN), group_of([one], WAYS, SURPRISED)]
        self._policy = (
            fitted(start, self._groups[0].env) if checkpoint is None else load_policy(checkpoint)
        )
        scale = NARROWER if checkpoint is None else 1.0
        self._search = Search(
            self._policy.rule.detach().numpy().astype(np.float64),
            self._policy.deviation.numpy().astype(np.float64) * scale,
        )
        self._hours, self._seed, self._clock, self._steps = plant.horizon / 60.0, seed, clock, 0

    def iterations(self) -> Iterator[Progress]:
        """Learn for ever, one round at a time: every other one with surprises."""
        for iteration in range(1, 1_000_000):
            began = self._clock()
            rng = np.random.default_rng([self._seed, iteration])
            with one_thread():
                costs = generation(self._search, self._policy, self._groups[iteration % 2], rng)
            fresh = int(self._hours * 4.0) * WAYS
            self._steps += fresh
            seconds = max(self._clock() - began, 1e-9)
            cost, deviation = (
                float(costs.mean() / self._hours),
                float(self._search.deviation.mean()),
            )
            yield Progress(iteration, self._steps, cost, deviation, fresh / seconds)

    def network(self) -> Dispatcher:
        """A copy of the dispatcher as it is now."""
        found = Dispatcher(self._policy.shape)
        found.load_state_dict(self._policy.state_dict())
        with torch.no_grad():
            found.rule.copy_(as_tensor(self._search.mean))
            found.deviation.copy_(as_tensor(self._search.deviation / NARROWER))
        return found.eval()

    def save(self, folder: Path) -> None:
        """Store all that is needed to go on from here."""
        found = self.network()
        with torch.no_grad():
            found.deviation.mul_(NARROWER)
        save_policy(found, folder)

    def close(self) -> None:
        """Nothing has to be stopped."""
