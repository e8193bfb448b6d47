"""PPO through RLlib on a fleet of plants, iteration by iteration, from a dispatcher or a checkpoint."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment
from envs.vector_env import FleetEnv
from models.policy.dispatcher import Dispatcher
from models.policy.learning.improvement import Clip

MODULE = "default_policy"
PREFIX = "network."


@dataclass(frozen=True, slots=True)
class Budget:
    """How PPO learns: plant steps an iteration, learning rate, discount by the hour.

    `runners` are processes that sample beside the learner's, 0 for none; each steps all plants. `clip`:
    the ratio is clipped for each "line", or as one "joint" ratio.
    """

    batch_steps: int
    learning_rate: float
    discount: float
    runners: int = 0
    clip: Clip = "line"
    luck: Luck = CERTAIN
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """One iteration: mean reward of its episodes over the horizon's hours, where one ended, and speeds.

    entropy in nats a step; value_error the share of returns' variance that values do not explain; clipped:
    share of ratios beyond the clip; divergence of a line's choice in nats; steps of the environment so far.
    """

    iteration: int
    steps: int
    episode_cost: float | None
    entropy: float
    value_error: float
    clipped: float
    divergence: float
    sampled_per_second: float
    learned_per_second: float

    def figures(self) -> dict[str, float | None]:
        """All that is known of it, by name."""
        return asdict(self)


class Trainer:
    """PPO on a fleet; Ray must be running. Close it when done.

    Parameters
    ----------
    assignments
        The plants, played beside each other; all of one horizon.
    scales
        Money per hour that counts as 1, by plant.
    start
        The dispatcher to go on from.
    checkpoint
        What `save` stored; goes before `start`.
    styles
        What is added to the rule on each plant [B, length] (`fitting.leant`), if anything.
    """

    def __init__(
        self,
        assignments: Sequence[Assignment],
        scales: Sequence[float],
        start: Dispatcher,
        budget: Budget,
        checkpoint: Path | None = None,
        styles: NDArray[np.float64] | None = None,
    ) -> None:
        self._start = start
        self._hours = assignments[0].plant.horizon / 60.0
        self._algorithm: Any = _build(list(assignments), list(scales), start, budget, styles)
        self._steps = 0
        if checkpoint is not None:
            self._algorithm.restore_from_path(str(checkpoint))
            # What is stored has the rate of then.
            self._algorithm.learner_group.foreach_learner(_set_rate, rate=budget.learning_rate)
        else:
            self._put(start)

    def iterations(self) -> Iterator[Progress]:
        """Learn for ever, one iteration at a time."""
        for iteration in range(1, 1_000_000):
            began = time.perf_counter()
            result = self._algorithm.train()
            yield self._progress(iteration, result, time.perf_counter() - began)

    def network(self) -> Dispatcher:
        """A copy of the dispatcher as it is now, ready to be asked."""
        module: Any = self._algorithm.learner_group.get_weights()[MODULE]
        found = Dispatcher(self._start.shape)
        found.load_state_dict(
            self._start.state_dict()
            | {
                name.removeprefix(PREFIX): torch.as_tensor(value)
                for name, value in module.items()
                if name.startswith(PREFIX)
            }
        )
        return found.eval()

    def save(self, folder: Path) -> None:
        """Store all that is needed to go on from here."""
        self._algorithm.save_to_path(str(folder))

    def close(self) -> None:
        """Stop the runners and the learner."""
        self._algorithm.stop()

    def _put(self, start: Dispatcher) -> None:
        state = {f"{PREFIX}{name}": value.numpy() for name, value in start.state_dict().items()}
        self._algorithm.learner_group.set_weights({MODULE: state})
        self._algorithm.env_runner_group.sync_weights(
            from_worker_or_learner_group=self._algorithm.learner_group, inference_only=True
        )

    def _progress(self, iteration: int, result: dict[str, Any], seconds: float) -> Progress:
        learner, runners = result["learners"][MODULE], result["env_runners"]
        steps = int(runners["num_env_steps_sampled_lifetime"])
        fresh, self._steps = steps - self._steps, steps
        sampling = float(result["timers"]["env_runner_sampling_timer"])
        returned = runners.get("episode_return_mean")
        ended = returned is not None and not math.isnan(returned)
        return Progress(
            iteration,
            steps,
            -float(returned) / self._hours if ended else None,
            float(learner["entropy"]),
            1.0 - float(learner["vf_explained_var"]),
            float(learner["clipped_share"]),
            float(learner["divergence"]),
            fresh / max(sampling, 1e-9),
            fresh / seconds,
        )


def _set_rate(learner: Any, rate: float) -> None:
    for _, optimizer in learner.get_optimizers_for_module(MODULE):
        for settings in optimizer.param_groups:
            settings["lr"] = rate


def _build(
    assignments: list[Assignment],
    scales: list[float],
    start: Dispatcher,
    budget: Budget,
    styles: NDArray[np.float64] | None,
) -> Any:
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec

    from models.policy.rllib.algorithm import Recipe, fleet_ppo
    from models.policy.rllib.module import DispatcherModule

    recipe = Recipe(
        budget.batch_steps, len(assignments), budget.learning_rate, budget.discount, budget.runners,
        budget.clip, seed=budget.seed,
    )  # fmt: skip
    network = {"shape": asdict(start.shape), "styles": styles}
    spec = RLModuleSpec(module_class=DispatcherModule, model_config=network)

    def plants(_: dict[str, Any]) -> FleetEnv:
        return FleetEnv(assignments, budget.luck, scales=scales, copy=False)

    return fleet_ppo(recipe, plants, spec)
