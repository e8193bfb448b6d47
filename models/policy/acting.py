"""What a dispatcher does with what is seen: scores and choices of a batch of plants, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from envs.fleet_rules import Policy
from envs.vector_env import Actions, FleetEnv
from models.policy.choices import drawn, most_likely
from models.policy.context import contexts
from models.policy.dispatcher import Dispatcher, Scores
from models.policy.fitting import Floats, rules_of
from models.policy.playing import Player


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


def policy_of(policy: Dispatcher, generator: torch.Generator | None = None) -> Policy:
    """The dispatcher as a policy of fleets, like the rules in `envs.fleet_rules`.

    Its rule is fitted to each plant by what the plant is like. Where the layers add nothing and nothing is
    drawn, no network is asked.
    """
    known: list[tuple[FleetEnv, Player, Floats]] = []

    def choose(env: FleetEnv) -> Actions:
        if not known or known[0][0] is not env:
            known[:] = [(env, Player(env), rules_of(policy, contexts(env.fleet, env.luck)))]
        _, player, rules = known[0]
        if generator is None and not policy.has_layers():
            return player.act(rules)
        moved = torch.from_numpy((rules - _rule(policy)).astype(np.float32))
        return act(policy, env.observed()[0], generator, moved)

    return choose


def _rule(policy: Dispatcher) -> Floats:
    return policy.rule.detach().numpy().astype(np.float64)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: a plant's layers are too small to share, and threads would spin."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
