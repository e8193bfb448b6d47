"""A schedule from a policy: it plays the plant a few times, the cheapest schedule is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from envs.plant_env import Action, Observation, PlantEnv
from models.policy.network import PolicyNetwork, sampled
from plant import Plant, Schedule, Weights, Zones, evaluate

Chooser = Callable[[PlantEnv, Observation], Action]


def draft(
    plant: Plant,
    policy: PolicyNetwork,
    rng: np.random.Generator,
    samples: int = 8,
    weights: Weights = Weights(),
    base: Schedule | None = None,
    zones: Zones = Zones(),
) -> Schedule:
    """The cheapest schedule of one episode of most likely choices and `samples` of drawn ones.

    Every one of them is feasible, whatever the policy has learned: a masked choice breaks no rule. The
    exception is a base whose own locked runs break one.
    """
    return min(
        drafts(plant, policy, rng, samples, weights, base, zones),
        key=lambda one: evaluate(plant, one, base, weights, zones).cost.total,
    )


def drafts(
    plant: Plant,
    policy: PolicyNetwork,
    rng: np.random.Generator,
    samples: int,
    weights: Weights = Weights(),
    base: Schedule | None = None,
    zones: Zones = Zones(),
) -> Iterator[Schedule]:
    """The schedules that a policy plays: the most likely choices first, then drawn ones."""
    env = PlantEnv(plant, weights, base, zones)
    for choose in (most_likely(policy), *(drawn(policy, rng) for _ in range(samples))):
        with one_thread():
            schedule = play(env, choose)
        yield schedule


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: one plant's layers are too small to share, and threads would spin."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def play(env: PlantEnv, choose: Chooser) -> Schedule:
    """The schedule of one episode."""
    seen, _ = env.reset()
    while not env.is_over:
        seen, *_ = env.step(choose(env, seen))
    return env.schedule()


def most_likely(policy: PolicyNetwork) -> Chooser:
    """Each line's most likely choice."""
    return lambda _, seen: logits_of(policy, seen).argmax(-1).numpy()


def drawn(policy: PolicyNetwork, rng: np.random.Generator) -> Chooser:
    """Each line's choice drawn from the policy's probabilities."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
    return lambda _, seen: sampled(logits_of(policy, seen), generator).numpy()


def by_chance(rng: np.random.Generator) -> Chooser:
    """Each line's choice drawn evenly from what is possible: what a policy has to beat."""
    return lambda _, seen: np.argmax(rng.random(seen["mask"].shape) * seen["mask"], axis=1)


@torch.inference_mode()
def logits_of(policy: PolicyNetwork, seen: Observation) -> torch.Tensor:
    """Logits [L, 1 + K] for one observation."""
    batch = {key: torch.from_numpy(value).unsqueeze(0) for key, value in seen.items()}
    logits: torch.Tensor = policy(batch)[0][0]
    return logits
