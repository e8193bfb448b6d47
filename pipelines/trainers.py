"""What learns in the train step, from the policy that ships: evolution on the plant, or PPO."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.context import Context
from plant import Plant, Weights

if TYPE_CHECKING:
    from models.policy.dispatcher import Dispatcher

PLANTS = 16  # the plant so many times beside itself, under different luck, for PPO


class Progress(Protocol):
    """One round of learning."""

    @property
    def iteration(self) -> int:
        """Its number, from 1."""

    @property
    def steps(self) -> int:
        """Steps of the environment so far."""

    @property
    def episode_cost(self) -> float | None:
        """Mean cost over what ATCS costs, untuned; None where no episode ended."""

    @property
    def learned_per_second(self) -> float:
        """Steps of the environment in a second, learning included."""

    def figures(self) -> dict[str, float | None]:
        """All that is known of it, by name."""


class Trainer(Protocol):
    """Learning that goes on until it is no longer asked for more."""

    def iterations(self) -> Iterator[Progress]:
        """Learn for ever, one round at a time."""

    def network(self) -> Dispatcher:
        """A copy of the policy as it is now."""

    def save(self, folder: Path) -> None:
        """Store all that is needed to go on from here."""

    def close(self) -> None:
        """Stop what was started."""


@contextmanager
def trainer_of(
    context: Context,
    plant: Plant,
    weights: Weights,
    checkpoint: Path | None,
    start: Dispatcher | None = None,
) -> Iterator[Trainer]:
    """What learns, by the method of params.yaml: from the checkpoint, or else from `start`.

    Without either it learns from the policy that ships.
    """
    from models.policy.files import load_policy
    from models.policy.learning.fine_tuning import Evolver

    begun = start or load_policy()
    with ExitStack() as stack:
        if context.params.train.method == "evolution":
            seed = context.params.seed
            trainer: Trainer = Evolver(plant, weights, begun, seed, checkpoint)
        else:
            trainer = _by_ppo(context, plant, weights, checkpoint, begun, stack)
        stack.callback(trainer.close)
        yield trainer


def _by_ppo(
    context: Context,
    plant: Plant,
    weights: Weights,
    checkpoint: Path | None,
    begun: Dispatcher,
    stack: ExitStack,
) -> Trainer:
    from envs.fleet.plants import Assignment
    from envs.fleet.scale import hourly_cost
    from models.policy.fitting import fitted
    from models.policy.learning.fine_tuning import SURPRISED
    from models.policy.learning.groups import group_of
    from models.policy.rllib.ppo import Budget, Trainer
    from pipelines.platform import ray

    params = context.params.train
    stack.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")  # RLlib's about its own deprecated parts
    stack.enter_context(ray.connect(context.settings))
    budget = Budget(
        params.batch_steps, params.learning_rate, params.discount, params.runners, luck=SURPRISED,
        seed=context.params.seed,
    )  # fmt: skip
    one = Assignment(plant, weights)
    scale = hourly_cost(one, tuned=False)
    start = fitted(begun, group_of([one], 1, SURPRISED).env)
    return Trainer([one] * PLANTS, [scale] * PLANTS, start, budget, checkpoint)
