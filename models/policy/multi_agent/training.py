"""PPO by RLlib on plants of the fleet, as one factored agent or with an agent a line; Ray must be running."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet_rules import Policy
from envs.lines_env import LinesEnv
from envs.vector_env import Actions, FleetEnv
from models.policy.choices import most_likely
from models.policy.learning.improvement import Clip
from models.policy.multi_agent.network import LineNetwork
from models.policy.multi_agent.views import PooledFleet, PooledLines, whole_of
from plant import Plant

Form = Literal["factored", "lines"]
FARTHEST = 4.0  # deviations that advantages are cut off at
POLICY = {"factored": "default_policy", "lines": "line"}


@dataclass(frozen=True, slots=True)
class Course:
    """How PPO learns.

    steps: plant steps of an iteration; beside: plants stepped beside each other; rate: learning rate;
    discount: by the hour; memory: of advantages, their lambda; entropy: what a nat is worth; clip: the one
    agent's ratio is clipped for each "line", or as one "joint" ratio of all (a line that is an agent has
    only its own); minibatches: of an iteration; runners: processes that sample, 0 for none; width: of the
    network's layers.
    """

    steps: int = 512
    beside: int = 8
    rate: float = 3e-3
    discount: float = 0.999
    memory: float = 0.9
    entropy: float = 0.002
    clip: Clip = "line"
    minibatches: int = 8
    runners: int = 0
    width: int = 48
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Iteration:
    """One iteration: plant steps so far, a plant's mean return of the episodes that ended, seconds in all.

    clipped: share of ratios beyond the clip in its last update, of the one agent; RLlib's own loss, with
    which a line an agent learns, does not tell it.
    """

    number: int
    steps: int
    returned: float | None
    seconds: float
    clipped: float | None = None


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
        self._algorithm: Any = _algorithm(form, plants, scales, course, luck)
        self._steps = 0

    def iterations(self, clock: Any = time.perf_counter) -> Iterator[Iteration]:
        """Learn for ever, one iteration at a time."""
        for number in range(1, 1_000_000):
            began = clock()
            result = self._algorithm.train()
            runners, learner = result["env_runners"], result["learners"][POLICY[self.form]]
            self._steps = int(runners["num_env_steps_sampled_lifetime"])
            yield Iteration(
                number,
                self._steps,
                _returned(runners),
                clock() - began,
                learner.get("clipped_share"),
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


def _returned(runners: dict[str, Any]) -> float | None:
    """A plant's mean return; lines that are agents are told the plant's each."""
    each = runners.get("agent_episode_returns_mean") or {}
    told = list(each.values()) or [runners.get("episode_return_mean")]
    known = [float(one) for one in told if one is not None and not math.isnan(one)]
    return sum(known) / len(known) if known else None


def policy_of(network: LineNetwork) -> Policy:
    """The network's most likely choices as a policy of fleets."""

    @torch.inference_mode()
    def act(env: FleetEnv) -> Actions:
        seen, _ = env.observed()
        whole = whole_of(seen["plant"], seen["lines"], seen["items"])
        rows = [torch.from_numpy(seen[name]) for name in ("lines", "slots", "mask")]
        spread = torch.from_numpy(whole).unsqueeze(1).expand(-1, rows[0].shape[1], -1)
        actions: Actions = most_likely(network(*rows, spread)).numpy()
        return actions

    return act


def _algorithm(
    form: Form, plants: Sequence[Plant], scales: Sequence[float], course: Course, luck: Luck
) -> Any:
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec

    from models.policy.multi_agent.modules import LineModule, LinesModule
    from models.policy.rllib.algorithm import Recipe, fleet_ppo

    recipe = Recipe(
        course.steps, course.beside, course.rate, course.discount, course.runners, course.clip,
        course.entropy, largest_gradient=1.0, seed=course.seed, memory=course.memory,
        minibatches=course.minibatches, farthest=FARTHEST,
    )  # fmt: skip
    model = {"width": course.width}
    if form == "lines":
        spec = RLModuleSpec(module_class=LineModule, model_config=model)
        return _agents(recipe, one_by_one(plants, scales, luck), spec, plants)
    places = [row % len(plants) for row in range(course.beside)]
    given, their = [plants[one] for one in places], [scales[one] for one in places]

    def beside(_: dict[str, Any]) -> PooledFleet:
        return PooledFleet(FleetEnv(given, luck, scales=their, copy=False))

    return fleet_ppo(recipe, beside, RLModuleSpec(module_class=LinesModule, model_config=model))


def _agents(recipe: Any, env: Any, spec: Any, plants: Sequence[Plant]) -> Any:
    """RLlib's own PPO with an agent a line, all of the same weights."""
    from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
    from ray.tune.registry import register_env

    from models.policy.rllib.algorithm import settings
    from models.policy.rllib.timed import TimedPPOLearner

    register_env("takt-lines", env)
    lines = max(len(plant.lines) for plant in plants)
    rows = recipe.sample * lines
    config: Any = settings(recipe)
    config = (
        config.environment("takt-lines", disable_env_checking=True)
        .env_runners(
            gym_env_vectorize_mode="sync",
            rollout_fragment_length=recipe.fragment * lines,  # counted by agents, too
        )
        .rl_module(rl_module_spec=MultiRLModuleSpec(rl_module_specs={POLICY["lines"]: spec}))
        .training(
            learner_class=TimedPPOLearner,
            learner_config_dict={"farthest": recipe.farthest},
            train_batch_size_per_learner=rows,
            minibatch_size=max(rows // recipe.minibatches, 32),
        )
        .multi_agent(
            policies={POLICY["lines"]},
            policy_mapping_fn=lambda *_, **__: POLICY["lines"],
            count_steps_by="agent_steps",
        )
    )
    return config.build_algo()


def one_by_one(
    plants: Sequence[Plant], scales: Sequence[float], luck: Luck
) -> Callable[[Any], Any]:
    """What makes one of the plants, line by line, that with the most lines first; then by turns the next.

    RLlib tells environments that stand beside each other nothing that they differ by, and knows the agents
    of the first alone.

    Raises
    ------
    ValueError
        Where a plant has a line that the one with the most lines has not.
    """
    order = sorted(range(len(plants)), key=lambda place: -len(plants[place].lines))
    known = {line.id for line in plants[order[0]].lines}
    for plant in plants:
        if other := {line.id for line in plant.lines} - known:
            raise ValueError(
                f"lines: expected only those of the largest plant, found {min(other)}; "
                "name the lines of plants that are learnt from together alike"
            )
    turns = itertools.cycle(order)
    slots = max(most_slots(plant) for plant in plants)

    def lines(config: Any) -> Any:
        from ray.rllib.env.wrappers import pettingzoo_env

        place = next(turns)
        env = LinesEnv(plants[place], luck, scale=scales[place])
        wrapper: Any = pettingzoo_env.ParallelPettingZooEnv
        return wrapper(PooledLines(env, slots))

    return lines


def most_slots(plant: Plant) -> int:
    """How many items the line can make that can make the most."""
    return max(Counter(one.line for one in plant.capabilities).values(), default=1)
