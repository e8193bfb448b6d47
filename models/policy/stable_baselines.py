"""Stable-Baselines3 on the plant: PPO and DQN choose for one line at a time, SAC turns the knobs of a rule.

Their networks are plain ones on flat vectors, so a model knows plants of one size only. Nothing here ships:
it is what the factored dispatcher is compared with, and how a reader of Stable-Baselines3 gets into Takt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from envs.fleet.kernel.choices import COVER, OVERTIME
from envs.fleet.kernel.observe import INDEX, LINE_FEATURES, SLOT_FEATURES
from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.observation import Observation
from envs.fleet_rules import policy_of
from envs.rules import DAY, RULES
from envs.tick_env import TickEnv
from models.policy.multi_agent.views import WHOLE, whole_of
from plant import Plant

Algorithm = Literal["PPO", "DQN", "SAC"]
Flat = NDArray[np.float32]
CANDIDATES = 4
BLOCK = 480  # minutes that a setting of the knobs holds


class OneLineEnv(gym.Env[Flat, np.int64]):
    """A plant that asks its deciding lines one after the other; a Discrete choice, so PPO and DQN can play.

    Action: k takes the (k + 1)-th most urgent of what the line could do (the last one where there are
    fewer), so every action is legal. No line holds by choice: what work costs is paid at once and what is
    late much later, so plain learners that may hold learn to do nothing first. Observation [W + F + 4 G]:
    the plant in a nutshell, the line, its candidates. The plant moves on, and pays, when the last of the
    lines has been asked.
    """

    def __init__(self, plant: Plant, luck: Luck = CERTAIN, scale: float | None = None) -> None:
        self.plant_env = TickEnv(plant, luck, scale=scale, record=0)
        self.action_space = spaces.Discrete(CANDIDATES)
        size = WHOLE + LINE_FEATURES + CANDIDATES * SLOT_FEATURES
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self._seen: Observation = {}
        self._waiting: list[int] = []
        self._told = np.zeros((len(plant.lines), 3), np.int64)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Flat, dict[str, Any]]:
        """The first line of the plant that has a choice; `info["cost"]` is charged already."""
        super().reset(seed=seed)
        drawn = seed if seed is not None else int(self.np_random.integers(0, 2**40))
        self._seen, _ = self.plant_env.reset(seed=drawn)
        self._ask()
        while not self._waiting and not self.plant_env.is_over:
            self._move()
        return self._view(), {"cost": self.plant_env.cost["total"]}

    def step(self, action: np.int64) -> tuple[Flat, float, bool, bool, dict[str, Any]]:
        """Note the line's choice; where it was the last line's, move the plant on to the next choice."""
        line = self._waiting.pop(0)
        slots = self._candidates(line)
        choice = slots[min(int(action), len(slots) - 1)]
        self._told[line] = choice + 1, COVER, OVERTIME
        reward = 0.0
        while not self._waiting and not self.plant_env.is_over:
            reward += self._move()
        over = self.plant_env.is_over
        info = {"total": self.plant_env.cost["total"]} if over else {}
        return self._view(), reward, False, over, info

    def _move(self) -> float:
        self._seen, reward, *_ = self.plant_env.step(self._told)
        self._ask()
        return reward

    def _ask(self) -> None:
        self._told[:] = 0
        self._waiting = np.flatnonzero(self._seen["mask"][:, 1:].any(axis=1)).tolist()

    def _candidates(self, line: int) -> NDArray[np.int64]:
        """The slots of a line that are possible, most urgent first."""
        possible = np.flatnonzero(self._seen["mask"][line, 1:])
        return possible[np.argsort(-self._seen["slots"][line, possible, INDEX], kind="stable")]

    def _view(self) -> Flat:
        seen = self._seen
        parts = [whole_of(seen["plant"], seen["lines"], seen["items"])]
        rows = np.zeros((CANDIDATES, SLOT_FEATURES), np.float32)
        line = np.zeros(LINE_FEATURES, np.float32)
        if self._waiting:
            first = self._waiting[0]
            line = seen["lines"][first]
            best = self._candidates(first)[:CANDIDATES]
            rows[: len(best)] = seen["slots"][first, best]
        return np.concatenate([*parts, line, rows.ravel()]).astype(np.float32)


class KnobsEnv(gym.Env[Flat, Flat]):
    """A plant that ATCS runs, its four knobs set anew every eight hours; a Box of actions, so SAC can play.

    Action [4] in -1..1: k1 and k2 from an eighth to eight times the usual ones, how far ahead lots may
    start (half a day to eight days), and whether overtime is for everything (above 0) or for what is late.
    """

    def __init__(self, plant: Plant, luck: Luck = CERTAIN, scale: float | None = None) -> None:
        self.plant_env = TickEnv(plant, luck, scale=scale, record=0)
        self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.observation_space = spaces.Box(-np.inf, np.inf, (WHOLE,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Flat, dict[str, Any]]:
        """The plant at its first epoch."""
        super().reset(seed=seed)
        drawn = seed if seed is not None else int(self.np_random.integers(0, 2**40))
        seen, info = self.plant_env.reset(seed=drawn)
        return _whole(seen), info

    def step(self, action: Flat) -> tuple[Flat, float, bool, bool, dict[str, Any]]:
        """Follow the rule with these knobs for eight hours, or to the horizon's end."""
        env, usual = self.plant_env, RULES["atcs"]
        knobs = np.clip(action, -1.0, 1.0)
        rule = replace(
            usual,
            lookahead=usual.lookahead * float(8.0 ** knobs[0]),
            setup=usual.setup * float(8.0 ** knobs[1]),
            window=int(2 * DAY * 4.0 ** knobs[2]),
            overtime=bool(knobs[3] > 0),
        )
        act = policy_of(env.fleet, rule)
        until, reward = env.minute + BLOCK, 0.0
        seen: Observation = {}
        while not env.is_over and (not seen or env.minute < until):
            seen, earned, *_ = env.step(act(env.fleet)[0])
            reward += earned
        info = {"total": env.cost["total"]} if env.is_over else {}
        return _whole(seen), reward, False, env.is_over, info


def learner(algorithm: Algorithm, env: gym.Env[Any, Any], seed: int, **settings: Any) -> Any:
    """A Stable-Baselines3 model of an algorithm for one of these environments, on the processor.

    `settings` go to the model as they are.
    """
    import stable_baselines3

    usual: dict[str, dict[str, Any]] = {
        "PPO": {"n_steps": 512, "batch_size": 128, "gamma": 0.995, "ent_coef": 0.003},
        "DQN": {"learning_starts": 500, "train_freq": 4, "gamma": 0.995, "buffer_size": 50_000},
        "SAC": {"learning_starts": 100, "gamma": 0.98, "buffer_size": 20_000},
    }
    made = getattr(stable_baselines3, algorithm)
    return made("MlpPolicy", env, seed=seed, device="cpu", **(usual[algorithm] | settings))


def episode_cost(env: OneLineEnv | KnobsEnv, act: Callable[[Flat], Any], seed: int) -> float:
    """What one episode costs in money, with the luck of a seed, when `act` chooses."""
    seen, _ = env.reset(seed=seed)
    over = env.plant_env.is_over
    while not over:
        seen, _, _, over, _ = env.step(act(seen))
    return env.plant_env.cost["total"]


def most_likely(model: Any) -> Callable[[Flat], Any]:
    """What a model does without drawing."""
    return lambda seen: model.predict(seen, deterministic=True)[0]


def _whole(seen: Observation) -> Flat:
    return whole_of(seen["plant"], seen["lines"], seen["items"])
