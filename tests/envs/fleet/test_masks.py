"""Masked choices break no rule, the referee looking at all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.kernel.choices import MODES, SIZES
from envs.fleet.plants import Assignment
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Schedule, Zones, evaluate
from tests.envs.fleet.play import chosen, play


def followed(plants: int, seed: int) -> FleetEnv:
    """One- and two-stage plants, every other one following its own first schedule with random locks."""
    fresh = [
        Assignment(generate(8, 16, 110, 7, 0.95, seed + row, stages=1 + row % 2, stock=0.1))
        for row in range(plants)
    ]
    first = env_of(fresh)
    play(first, seed)
    rng = np.random.default_rng(seed)
    given = []
    for row, one in enumerate(fresh):
        if row % 4 > 1:
            locks = rng.choice(["none", "none", "none", "line", "start", "all"], 10_000)
            runs = first.schedule(row).runs
            locked = (replace(r, lock=str(k)) for r, k in zip(runs, locks, strict=False))
            given.append(
                Assignment(one.plant, one.weights, Schedule(tuple(locked)), Zones(480, 960))
            )
        else:
            given.append(one)
    return env_of(given)


def env_of(assignments: list[Assignment]) -> FleetEnv:
    scales = [1.0] * len(assignments)
    mode = AutoresetMode.DISABLED
    return FleetEnv(assignments, scales=scales, autoreset_mode=mode, copy=False, record=3000)


def promised_is_there(env: FleetEnv) -> None:
    """As long as all goes as planned, what decided runs will take lies in stock: none has to wait."""
    left = env.state.stock - env.state.reserved
    assert left[env.state.reserved > 0].min(initial=0.0) > -1e-6


def decide(least: int, plants: int) -> int:
    """How many decisions were made, at least so many, with no rule broken by any."""
    decisions, seed = 0, 0
    env = followed(plants, 100)
    while decisions < least:
        seed += 1
        rng = np.random.default_rng(seed)
        seen, _ = env.reset(seed=seed)
        while not env.is_over:
            decisions += int(seen["mask"][..., 1:].any(axis=-1).sum())
            env.advance(chosen(seen["mask"], rng, eager=float(rng.choice([0.05, 0.15, 3.0]))))
            seen, _ = env.observed()
            promised_is_there(env)
        for row, one in enumerate(env.assignments):
            told = evaluate(one.plant, env.schedule(row), one.base, one.weights, one.zones)
            assert told.violations == (), (seed, row)
    return decisions


def test_masked_choices_break_no_rule() -> None:
    assert decide(10_000, 12) >= 10_000


@pytest.mark.slow
def test_ten_million_masked_choices_break_no_rule() -> None:
    assert decide(10_000_000, 96) >= 10_000_000


def test_a_possible_item_is_possible_in_every_size_with_overtime() -> None:
    env = followed(6, 7)
    carried = 0
    for size in range(SIZES):
        seen, _ = env.reset(seed=3)
        rng = np.random.default_rng(2)
        for _ in range(60):
            action = chosen(seen["mask"], rng)
            action[..., 1], action[..., 2] = size, MODES - 1
            wanted = action[..., 0] > 0
            one = np.zeros_like(action)
            for row in range(
                env.num_envs
            ):  # one line a plant, so that none takes what another needs
                lines = np.flatnonzero(wanted[row])
                if len(lines):
                    one[row, lines[0]] = action[row, lines[0]]
            expected = (one[..., 0] > 0).any(axis=1)
            supply = env.state.supply.copy()
            env.advance(one)
            changed = (env.state.supply != supply).reshape(env.num_envs, -1).any(axis=1)
            assert changed[expected].all()
            carried += int(expected.sum())
            seen, _ = env.observed()
    assert carried > 100
