"""Episodes of a fleet with random choices, for the tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.choices import MODES, SIZES
from envs.vector_env import FleetEnv


def chosen(
    mask: NDArray[np.int8], rng: np.random.Generator, eager: float = 3.0
) -> NDArray[np.int64]:
    """Random choices [B, L, 3] that the mask [B, L, 1 + K] allows, seldom to hold."""
    drawn = rng.random(mask.shape) * mask
    drawn[..., 0] /= eager
    shape = mask.shape[:-1]
    return np.stack(
        [drawn.argmax(-1), rng.integers(0, SIZES, shape), rng.integers(0, MODES, shape)], axis=-1
    )


def play(env: FleetEnv, seed: int, unmasked: bool = False) -> tuple[NDArray[np.float64], int]:
    """What one episode of every plant cost [B], step by step, and how many decisions were made."""
    rng = np.random.default_rng(seed)
    seen, info = env.reset(seed=seed)
    total, decisions = info["cost"], 0
    while not env.is_over:
        mask = np.ones_like(seen["mask"]) if unmasked else seen["mask"]
        decisions += int((seen["mask"][..., 1:].any(-1)).sum())
        env.advance(chosen(mask, rng))  # plants that are over stay as they are
        seen, info = env.observed()
        total = total + info["cost"]
    return total, decisions
