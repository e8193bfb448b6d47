"""Learning in the simulated plant: RLlib's PPO, iteration by iteration, from a checkpoint if there is one."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from envs.plant_env import PlantEnv
from models.policy.network import NetworkShape, PolicyNetwork
from plant import Plant, Weights

ENVIRONMENTS = 16  # stepped beside each other by each runner
FRAGMENTS = 8  # minibatches an epoch
EPOCHS = 3
ENTROPY = 0.002
MODULE = "default_policy"


@dataclass(frozen=True, slots=True)
class Budget:
    """How PPO learns: steps of the environment an iteration, learning rate, discount per step.

    `runners` are processes that sample beside the learner's, 0 for none. `demand_noise` is the spread of
    order quantities from episode to episode, so that the policy does not learn one book by heart.
    """

    batch_steps: int
    learning_rate: float
    discount: float
    runners: int = 0
    demand_noise: float = 0.15
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """One iteration: mean cost of its episodes over the greedy rule's, where one ended, and speeds.

    entropy in nats a step, value_error the share of returns' variance that values do not explain,
    steps of the environment so far.
    """

    iteration: int
    steps: int
    episode_cost: float | None
    entropy: float
    value_error: float
    sampled_per_second: float
    learned_per_second: float


class Trainer:
    """PPO on one plant; Ray must be running. Close it when done."""

    def __init__(
        self, plant: Plant, weights: Weights, budget: Budget, checkpoint: Path | None = None
    ) -> None:
        env = PlantEnv(plant, weights)
        scale = env.scale
        self._hours = plant.horizon / 60.0
        self._opening = env.reset()[1]["cost"] / scale  # charged before the first choice
        self._algorithm: Any = _build(plant, weights, budget, scale)
        self._steps = 0
        if checkpoint is not None:
            self._algorithm.restore_from_path(str(checkpoint))

    def iterations(self) -> Iterator[Progress]:
        """Learn for ever, one iteration at a time."""
        for iteration in range(1, 1_000_000):
            began = time.perf_counter()
            result = self._algorithm.train()
            yield self._progress(iteration, result, time.perf_counter() - began)

    def network(self) -> PolicyNetwork:
        """A copy of the network as it is now, ready to be asked."""
        module: Any = self._algorithm.learner_group.get_weights()[MODULE]
        prefix = "network."
        state = {
            name.removeprefix(prefix): torch.as_tensor(value)
            for name, value in module.items()
            if name.startswith(prefix)
        }
        found = PolicyNetwork()
        found.load_state_dict(state)
        return found.eval()

    def save(self, folder: Path) -> None:
        """Store all that is needed to go on from here."""
        self._algorithm.save_to_path(str(folder))

    def close(self) -> None:
        """Stop the runners and the learner."""
        self._algorithm.stop()

    def _progress(self, iteration: int, result: dict[str, Any], seconds: float) -> Progress:
        learner, runners = result["learners"][MODULE], result["env_runners"]
        steps = int(runners["num_env_steps_sampled_lifetime"])
        fresh, self._steps = steps - self._steps, steps
        sampling = float(result["timers"]["env_runner_sampling_timer"])
        returned = runners.get("episode_return_mean")
        ended = returned is not None and not math.isnan(returned)
        cost = (self._opening - float(returned)) / self._hours if ended else None
        return Progress(
            iteration,
            steps,
            cost,
            float(learner["entropy"]),
            1.0 - float(learner["vf_explained_var"]),
            fresh / max(sampling, 1e-9),
            fresh / seconds,
        )


def _build(plant: Plant, weights: Weights, budget: Budget, scale: float) -> Any:
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.tune.registry import register_env

    from models.policy.rllib_module import PlantModule, make_env

    logging.getLogger("ray").setLevel(logging.ERROR)
    register_env("takt-plant", make_env)
    samplers = max(budget.runners, 1) * ENVIRONMENTS
    start: Any = PPOConfig
    config = (
        start()
        .environment(
            "takt-plant",
            env_config={
                "plant": plant,
                "weights": weights,
                "demand_noise": budget.demand_noise,
                "scale": scale,
            },
        )
        .framework("torch")
        .env_runners(
            num_env_runners=budget.runners,
            num_envs_per_env_runner=ENVIRONMENTS,
            rollout_fragment_length=max(budget.batch_steps // samplers, 1),
            batch_mode="truncate_episodes",
        )
        .learners(num_learners=0, num_gpus_per_learner=0)
        .rl_module(
            rl_module_spec=RLModuleSpec(
                module_class=PlantModule, model_config={"width": NetworkShape().width}
            )
        )
        .training(
            train_batch_size_per_learner=budget.batch_steps,
            minibatch_size=max(budget.batch_steps // FRAGMENTS, 32),
            num_epochs=EPOCHS,
            lr=budget.learning_rate,
            gamma=budget.discount,
            lambda_=0.95,
            clip_param=0.2,
            vf_clip_param=math.inf,
            vf_loss_coeff=0.002,
            entropy_coeff=ENTROPY,
            use_kl_loss=False,
            grad_clip=1.0,
        )
        .debugging(seed=budget.seed, log_level="ERROR")
    )
    return config.build_algo()
