"""PPO as something that `models.policy.tuning` can search settings for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from gymnasium.vector import AutoresetMode

from envs.fleet.plants import Assignment
from envs.fleet_rules import episode_costs
from envs.vector_env import FleetEnv
from models.policy.acting import policy_of
from models.policy.dispatcher import Dispatcher
from models.policy.rllib.ppo import Budget, Trainer
from models.policy.tuning import Span

SPANS = {"learning_rate": Span(1e-5, 1e-3, log=True), "discount": Span(0.95, 0.999)}
"""What is searched, as a rule: fields of `Budget`."""


@dataclass(frozen=True, slots=True)
class Plants:
    """Plants of one horizon, and the money per hour that counts as 1 on each."""

    assignments: Sequence[Assignment]
    scales: Sequence[float]


class PPOTrainee:
    """A `tuning.Trainee`: some iterations of PPO are a round, the policy's cost elsewhere its score.

    Parameters
    ----------
    settings
        Fields of the budget that a study has chosen.
    learnt, judged
        The plants that it learns on, and those that its most likely choices are judged on, under the same
        luck and one seed for all trials.
    start
        The dispatcher that all trials start from.
    iterations
        Of a round.
    """

    def __init__(
        self,
        settings: Mapping[str, float],
        learnt: Plants,
        judged: Plants,
        start: Dispatcher,
        budget: Budget,
        iterations: int = 4,
    ) -> None:
        self._learnt, self._start, self._iterations = learnt, start, iterations
        self._budget = replace(budget, **settings)  # type: ignore[arg-type]
        self._env = FleetEnv(
            judged.assignments, budget.luck, scales=judged.scales, copy=False,
            autoreset_mode=AutoresetMode.DISABLED,
        )  # fmt: skip
        self._checkpoint: Path | None = None
        self._trainer: Trainer | None = None

    def advance(self) -> float:
        """Learn for a round; what an hour costs then on the judged plants, over what counts as 1 there."""
        trainer = self._learning()
        for _ in islice(trainer.iterations(), self._iterations):
            pass
        costs = episode_costs(self._env, policy_of(trainer.network()), self._budget.seed)
        hours = self._env.fleet.horizon / 60.0
        return float((costs / self._env.scales / hours).mean())

    def save(self, folder: Path) -> None:
        """Store the network and the optimiser's moments."""
        self._learning().save(folder / "ppo")

    def load(self, folder: Path) -> None:
        """Go on from what was stored."""
        self.close()
        self._checkpoint = folder / "ppo"
        self._learning()

    def close(self) -> None:
        """Stop what it runs."""
        if self._trainer is not None:
            self._trainer.close()
            self._trainer = None

    def _learning(self) -> Trainer:
        """The trainer, made when it is first needed."""
        if self._trainer is None:
            plants, scales = self._learnt.assignments, self._learnt.scales
            self._trainer = Trainer(plants, scales, self._start, self._budget, self._checkpoint)
        return self._trainer
