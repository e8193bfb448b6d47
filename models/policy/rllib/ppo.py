"""PPO through RLlib on a fleet of plants, iteration by iteration, from a dispatcher or a checkpoint."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment
from models.policy.dispatcher import Dispatcher
from models.policy.learning.improvement import Clip
from models.policy.rllib.flat_fleet import FlatFleet

MINIBATCHES = 8  # an epoch
EPOCHS = 2
ENTROPY = 0.001
MODULE = "default_policy"
PREFIX = "network."


@dataclass(frozen=True, slots=True)
class Budget:
    """How PPO learns: steps of the environment an iteration, learning rate, discount per step.

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
    """

    def __init__(
        self,
        assignments: Sequence[Assignment],
        scales: Sequence[float],
        start: Dispatcher,
        budget: Budget,
        checkpoint: Path | None = None,
    ) -> None:
        self._start = start
        self._hours = assignments[0].plant.horizon / 60.0
        self._algorithm: Any = _build(list(assignments), list(scales), start, budget)
        self._steps = 0
        if checkpoint is not None:
            self._algorithm.restore_from_path(str(checkpoint))
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


def _build(
    assignments: list[Assignment], scales: list[float], start: Dispatcher, budget: Budget
) -> Any:
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.tune.registry import register_env

    from models.policy.rllib.learner import LinePPOLearner
    from models.policy.rllib.module import DispatcherModule

    logging.getLogger("ray").setLevel(logging.ERROR)
    register_env("takt-fleet", _fleet_of)
    layout = FlatFleet(assignments, scales=scales).layout
    plants = len(assignments)
    samplers = max(budget.runners, 1) * plants
    first: Any = PPOConfig
    config = (
        first()
        .environment(
            "takt-fleet",
            env_config={"assignments": assignments, "scales": scales, "luck": budget.luck},
        )
        .framework("torch")
        .env_runners(
            num_env_runners=budget.runners,
            num_envs_per_env_runner=plants,
            rollout_fragment_length=max(budget.batch_steps // samplers, 1),
            batch_mode="truncate_episodes",
            gym_env_vectorize_mode="vector_entry_point",
        )
        .learners(num_learners=0, num_gpus_per_learner=0)
        .rl_module(
            rl_module_spec=RLModuleSpec(
                module_class=DispatcherModule,
                model_config={"shape": asdict(start.shape), "parts": layout.parts},
            )
        )
        .training(
            learner_class=LinePPOLearner,
            learner_config_dict={"clip": budget.clip},
            train_batch_size_per_learner=budget.batch_steps,
            minibatch_size=max(budget.batch_steps // MINIBATCHES, 32),
            num_epochs=EPOCHS,
            lr=budget.learning_rate,
            gamma=budget.discount,
            lambda_=0.95,
            clip_param=0.2,
            vf_clip_param=math.inf,
            vf_loss_coeff=0.002,
            entropy_coeff=ENTROPY,
            use_kl_loss=False,
            grad_clip=0.5,
        )
        .debugging(seed=budget.seed, log_level="ERROR")
    )
    return config.build_algo()


def _fleet_of(config: dict[str, Any]) -> FlatFleet:
    """The fleet that a runner steps; RLlib says how many plants, which is all of them."""
    return FlatFleet(config["assignments"], config["luck"], config["scales"])
