"""PPO of RLlib on rows instead of episodes, and its settings on a fleet."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gymnasium.vector import VectorEnv
from ray.rllib.algorithms.ppo import PPO, PPOConfig
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.execution.rollout_ops import synchronous_parallel_sample
from ray.rllib.policy.sample_batch import MultiAgentBatch, SampleBatch, concat_samples
from ray.rllib.utils.metrics import (
    ENV_RUNNER_RESULTS,
    ENV_RUNNER_SAMPLING_TIMER,
    LEARNER_RESULTS,
    LEARNER_UPDATE_TIMER,
    NUM_ENV_STEPS_SAMPLED_LIFETIME,
    SYNCH_WORKER_WEIGHTS_TIMER,
    TIMERS,
)
from ray.tune.registry import register_env

from models.policy.learning.improvement import Clip
from models.policy.rllib.learner import LinePPOLearner
from models.policy.rllib.sampling import FleetRunner

EPOCHS, MINIBATCHES = 1, 8
MEMORY = 0.95
FLATTEST = 1e-4
SMALLEST = 32  # rows of a minibatch
# Steps of a plant at least, about a day: a decision is known when the next one comes, hours later.
LEAST_STEPS = 24
_NUMBERS = itertools.count(1)


class FleetPPO(PPO):
    """PPO whose runners hand over rows with their advantages, and whose learner takes minibatches of them."""

    metrics: Any
    env_runner_group: Any
    learner_group: Any

    def training_step(self) -> None:
        """Sample, learn from it in epochs of minibatches, hand the weights to the runners."""
        config: Any = self.config
        with self.metrics.log_time((TIMERS, ENV_RUNNER_SAMPLING_TIMER)):
            sampled: Any = synchronous_parallel_sample(
                worker_set=self.env_runner_group,
                concat=False,
                sample_timeout_s=config.sample_timeout_s,
                _return_metrics=True,
            )
            parts, told = sampled
            if not parts:  # all runners are lost; RLlib starts them again before the next step
                return
            self.metrics.aggregate(told, key=ENV_RUNNER_RESULTS)
        given = config.learner_config_dict
        rows = _standardised(parts, given["farthest"])
        with self.metrics.log_time((TIMERS, LEARNER_UPDATE_TIMER)):
            found = self.learner_group.update(
                batch=MultiAgentBatch({DEFAULT_MODULE_ID: rows}, env_steps=len(rows)),
                timesteps={
                    NUM_ENV_STEPS_SAMPLED_LIFETIME: self.metrics.peek(
                        (ENV_RUNNER_RESULTS, NUM_ENV_STEPS_SAMPLED_LIFETIME)
                    )
                },
                num_epochs=config.num_epochs,
                minibatch_size=max(math.ceil(len(rows) / given["minibatches"]), SMALLEST),
                shuffle_batch_per_epoch=config.shuffle_batch_per_epoch,
            )
            self.metrics.aggregate(found, key=LEARNER_RESULTS)
        with self.metrics.log_time((TIMERS, SYNCH_WORKER_WEIGHTS_TIMER)):
            self.env_runner_group.sync_weights(
                from_worker_or_learner_group=self.learner_group, inference_only=True
            )


def _standardised(parts: list[SampleBatch], farthest: float) -> Any:
    """The rows of all runners, their advantages with mean 0 and deviation 1, cut off at the farthest.

    ValueError where no decision was followed by another: there is nothing to learn from.
    """
    rows: Any = parts[0] if len(parts) == 1 else concat_samples(list(parts))
    if len(rows) == 0:
        raise ValueError(
            "steps: expected enough for decisions to be followed by others, found none that is; "
            "take more steps, or plants whose lines have something to choose"
        )
    worth = rows[Postprocessing.ADVANTAGES]
    level = (worth - worth.mean()) / worth.std().clamp(min=FLATTEST)
    rows[Postprocessing.ADVANTAGES] = level.clamp(-farthest, farthest)
    return rows


@dataclass(frozen=True, slots=True)
class Recipe:
    """How PPO learns on a fleet.

    steps: plant steps of an iteration, at least `LEAST_STEPS` of each plant; plants: beside each other, of
    every runner; rate: learning rate; discount: by the hour; runners: processes that sample, 0 for none;
    entropy: what a nat is worth; largest_gradient: what gradients are scaled down to. clip: the ratio is
    clipped for each "line", or as one "joint" ratio. memory: of advantages, their lambda. minibatches: into
    how many an iteration's rows are cut, each taken once. farthest: what advantages are cut off at, in their
    deviations: where lateness runs away on one plant, it would be all that is learnt from.
    """

    steps: int
    plants: int
    rate: float
    discount: float
    runners: int = 0
    clip: Clip = "line"
    entropy: float = 0.001
    largest_gradient: float = 0.5
    seed: int = 0
    memory: float = MEMORY
    minibatches: int = MINIBATCHES
    farthest: float = math.inf

    @property
    def fragment(self) -> int:
        """Steps that a runner takes of each of its plants in an iteration."""
        return max(self.steps // (max(self.runners, 1) * self.plants), LEAST_STEPS)

    @property
    def sample(self) -> int:
        """Plant steps that an iteration comes to, all runners and plants together."""
        return self.fragment * max(self.runners, 1) * self.plants


def settings(recipe: Recipe, algorithm: type[PPO] = PPO) -> PPOConfig:
    """RLlib's settings for a recipe, without plants and network."""
    logging.getLogger("ray").setLevel(logging.ERROR)
    first: Any = PPOConfig
    config: PPOConfig = (
        first(algo_class=algorithm)
        .framework("torch")
        .env_runners(
            num_env_runners=recipe.runners,
            num_envs_per_env_runner=recipe.plants,
            rollout_fragment_length=recipe.fragment,
            batch_mode="truncate_episodes",
        )
        .learners(num_learners=0, num_gpus_per_learner=0)
        .training(
            num_epochs=EPOCHS,
            shuffle_batch_per_epoch=False,
            lr=recipe.rate,
            gamma=recipe.discount,
            lambda_=recipe.memory,
            clip_param=0.2,
            vf_clip_param=math.inf,
            vf_loss_coeff=0.002,
            entropy_coeff=recipe.entropy,
            use_kl_loss=False,
            grad_clip=recipe.largest_gradient,
        )
        .debugging(seed=recipe.seed, log_level="ERROR")
    )
    return config


def fleet_ppo(
    recipe: Recipe,
    plants: Callable[[dict[str, Any]], VectorEnv[Any, Any, Any]],
    module: RLModuleSpec,
) -> FleetPPO:
    """PPO on the vector environment that `plants` makes in every runner.

    It is registered, not part of the settings: RLlib copies those many times an iteration, plants and all.
    """
    env = f"takt-fleet-{next(_NUMBERS)}"
    register_env(env, plants)
    config: Any = settings(recipe, FleetPPO)
    config = (
        config.environment(env, disable_env_checking=True)
        .env_runners(env_runner_cls=FleetRunner, gym_env_vectorize_mode="vector_entry_point")
        .rl_module(rl_module_spec=module)
        .training(
            learner_class=LinePPOLearner,
            learner_config_dict={
                "clip": recipe.clip,
                "minibatches": recipe.minibatches,
                "farthest": recipe.farthest,
            },
            train_batch_size_per_learner=recipe.sample,
            minibatch_size=min(recipe.sample, SMALLEST),  # the algorithm takes shares of the rows
        )
    )
    algorithm: FleetPPO = config.build_algo()
    return algorithm
