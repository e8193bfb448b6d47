"""What a dispatcher does with what is seen: scores and choices of a batch of plants, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from envs.fleet_rules import Policy
from envs.vector_env import Actions, FleetEnv
from models.policy.choices import drawn, most_likely
from models.policy.dispatcher import Dispatcher, Scores


def tensors(seen: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """A batch of observations as tensors that share its memory."""
    return {name: torch.from_numpy(values) for name, values in seen.items()}


@torch.inference_mode()
def scores_of(
    policy: Dispatcher, seen: Mapping[str, NDArray[Any]], style: Tensor | None = None
) -> Scores:
    """The scores of a batch of observations, each array with a leading B."""
    scores: Scores = policy(tensors(seen), style)
    return scores


def act(
    policy: Dispatcher,
    seen: Mapping[str, NDArray[Any]],
    generator: torch.Generator | None = None,
    style: Tensor | None = None,
) -> Actions:
    """What every line of a batch does [B, L, 3]: the most likely, or drawn where there is a generator."""
    scores = scores_of(policy, seen, style)
    chosen = most_likely(scores) if generator is None else drawn(scores, generator)
    actions: Actions = chosen.numpy()
    return actions


def policy_of(
    policy: Dispatcher, generator: torch.Generator | None = None, style: Tensor | None = None
) -> Policy:
    """The dispatcher as a policy of fleets, like the rules in `envs.fleet_rules`."""

    def choose(env: FleetEnv) -> Actions:
        return act(policy, env.observed()[0], generator, style)

    return choose


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: a plant's layers are too small to share, and threads would spin."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
