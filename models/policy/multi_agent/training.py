"""PPO by RLlib on plants of the fleet, as one factored agent or with an agent a line; Ray must be running."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet_rules import Policy
from envs.lines_env import LinesEnv
from envs.vector_env import Actions, FleetEnv
from models.policy.multi_agent.network import LineNetwork
from models.policy.multi_agent.views import PooledFleet, PooledLines, whole_of
from plant import Plant

Form = Literal["factored", "lines"]
POLICY = {"factored": "default_policy", "lines": "line"}
EPOCHS, MINIBATCHES = 3, 8
ENTROPY = 0.002


@dataclass(frozen=True, slots=True)
class Course:
    """How PPO learns.

    steps: plant steps of an iteration; beside: plants stepped beside each other; rate: learning rate;
    discount: per step; runners: processes that sample, 0 for none; width: of the network's layers.
    """

    steps: int = 512
    beside: int = 8
    rate: float = 1e-3
    discount: float = 0.99
    runners: int = 0
    width: int = 48
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Iteration:
    """One iteration: plant steps so far, mean return of the episodes that ended, seconds in all."""

    number: int
    steps: int
    returned: float | None
    seconds: float


class Learner:
    """PPO in one of the two forms on some plants; close it when done.

    The factored agent steps all plants in one compiled call (`FleetEnv`); a line an agent, each of
    `beside` environments has one plant, by turns.
    """

    def __init__(
        self,
        form: Form,
        plants: Sequence[Plant],
        scales: Sequence[float],
        course: Course = Course(),
        luck: Luck = CERTAIN,
    ) -> None:
        self.form, self.course = form, course
        self._algorithm: Any = _config(form, plants, scales, course, luck).build_algo()
        self._steps, self._lines = 0, max(len(plant.lines) for plant in plants)

    def iterations(self, clock: Any = time.perf_counter) -> Iterator[Iteration]:
        """Learn for ever, one iteration at a time."""
        for number in range(1, 1_000_000):
            began = clock()
            result = self._algorithm.train()
            runners = result["env_runners"]
            self._steps = int(runners["num_env_steps_sampled_lifetime"])
            returned = runners.get("episode_return_mean")
            known = returned is not None and not math.isnan(returned)
            yield Iteration(
                number, self._steps, float(returned) if known else None, clock() - began
            )

    def network(self) -> LineNetwork:
        """A copy of the network as it is now."""
        module = self._algorithm.learner_group.get_weights()[POLICY[self.form]]
        prefix = "network."
        found = LineNetwork(self.course.width)
        found.load_state_dict(
            {
                name.removeprefix(prefix): torch.as_tensor(value)
                for name, value in module.items()
                if name.startswith(prefix)
            }
        )
        return found.eval()

    def save(self, folder: Path) -> None:
        """Store all that is needed to go on from here."""
        self._algorithm.save_to_path(str(folder))

    def restore(self, folder: Path) -> None:
        """Go on from what was stored."""
        self._algorithm.restore_from_path(str(folder))

    def close(self) -> None:
        """Stop the runners and the learner."""
        self._algorithm.stop()


def policy_of(network: LineNetwork) -> Policy:
    """The network's most likely choices as a policy of fleets."""

    @torch.inference_mode()
    def act(env: FleetEnv) -> Actions:
        seen, _ = env.observed()
        whole = whole_of(seen["plant"], seen["lines"], seen["items"])
        rows = {name: torch.from_numpy(seen[name]) for name in ("lines", "slots", "mask")}
        logits, _ = network(rows | {"whole": torch.from_numpy(whole)}, "lines")
        choices = logits.shape[-1] - 6
        parts = logits.split([choices, 4, 2], -1)
        actions: Actions = torch.stack([part.argmax(-1) for part in parts], -1).numpy()
        return actions

    return act


def _config(
    form: Form, plants: Sequence[Plant], scales: Sequence[float], course: Course, luck: Luck
) -> Any:
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.tune.registry import register_env

    from models.policy.multi_agent.modules import LinesModule

    logging.getLogger("ray").setLevel(logging.ERROR)
    name = f"takt-{form}"
    register_env(name, _fleet if form == "factored" else _lines)
    rows = "lines" if form == "factored" else "line"
    module = RLModuleSpec(
        module_class=LinesModule, model_config={"width": course.width, "lines": rows}
    )
    agents = max(len(plant.lines) for plant in plants) if form == "lines" else 1
    start: Any = PPOConfig
    config = (
        start()
        .environment(
            name,
            env_config={"plants": list(plants), "scales": list(scales), "luck": luck},
            disable_env_checking=True,
        )
        .framework("torch")
        .env_runners(
            num_env_runners=course.runners,
            num_envs_per_env_runner=course.beside,
            rollout_fragment_length=course.steps // (course.beside * max(course.runners, 1)),
            batch_mode="truncate_episodes",
            gym_env_vectorize_mode="vector_entry_point" if form == "factored" else "sync",
        )
        .learners(num_learners=0, num_gpus_per_learner=0)
        .rl_module(
            rl_module_spec=module
            if form == "factored"
            else MultiRLModuleSpec(rl_module_specs={POLICY[form]: module})
        )
        .training(
            train_batch_size_per_learner=course.steps * agents,
            minibatch_size=max(course.steps * agents // MINIBATCHES, 32),
            num_epochs=EPOCHS,
            lr=course.rate,
            gamma=course.discount,
            lambda_=0.95,
            clip_param=0.2,
            vf_clip_param=math.inf,
            vf_loss_coeff=0.002,
            entropy_coeff=ENTROPY,
            use_kl_loss=False,
            grad_clip=1.0,
        )
        .debugging(seed=course.seed, log_level="ERROR")
    )
    if form == "lines":
        config = config.multi_agent(
            policies={POLICY[form]},
            policy_mapping_fn=lambda *_, **__: POLICY["lines"],
            count_steps_by="agent_steps",
        )
    return config


def _fleet(config: dict[str, Any]) -> PooledFleet:
    """As many plants beside each other as RLlib asks for, by turns from those given."""
    plants, scales = config["plants"], config["scales"]
    places = [row % len(plants) for row in range(config["num_envs"])]
    return PooledFleet(
        FleetEnv([plants[p] for p in places], config["luck"], scales=[scales[p] for p in places])
    )


def _lines(config: Any) -> Any:
    """One of the plants, line by line."""
    from ray.rllib.env.wrappers import pettingzoo_env

    plants = config["plants"]
    place = int(getattr(config, "vector_index", 0) or 0) % len(plants)
    env = LinesEnv(plants[place], config["luck"], scale=config["scales"][place])
    wrapper: Any = pettingzoo_env.ParallelPettingZooEnv
    return wrapper(PooledLines(env))
