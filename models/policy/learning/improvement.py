"""Two ways to learn from a group of episodes: by advantage over the group, and by imitating its best way.

The first is PPO's clipped objective (Schulman et al. 2017) with the group's mean for a baseline; the ratio is
clipped line by line, or for all lines as one. The second is self-labelling (Corsini et al. 2024): the best of
several drawn solutions is learnt by cross entropy, where it beats the most likely one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.policy.choices import can_choose, entropy, log_probability
from models.policy.dispatcher import Dispatcher
from models.policy.learning.episodes import Drawn, Episodes, Moments, advantages

Clip = Literal["line", "joint"]


@dataclass(frozen=True, slots=True)
class Step:
    """How an update is done: moments a minibatch, passes over them, how far a ratio may go, and the rest.

    memory_ticks: how long a decision is held responsible. clip: by "line" or as one "joint" ratio.
    """

    minibatch: int = 256
    passes: int = 1
    reach: float = 0.2
    entropy: float = 0.001
    memory_ticks: float = 192.0
    clip: Clip = "line"
    largest_gradient: float = 0.5


def improve(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    episodes: Drawn,
    ways: int,
    rng: np.random.Generator,
    step: Step = Step(),
) -> dict[str, float]:
    """Follow the advantages of the drawn ways; figures of the update: clipped share, entropy, divergence."""
    worth = advantages(episodes, ways, step.memory_ticks)
    drawn = np.flatnonzero(episodes.row % ways != 0)
    worth = np.clip(worth / max(float(worth[drawn].std()), 1e-9), -4.0, 4.0)
    told: list[tuple[float, float, float]] = []
    for chosen in minibatches(drawn, step, rng):
        advantage = torch.from_numpy(worth[chosen].astype(np.float32))
        scores = episodes.scores(policy, chosen)
        logp = log_probability(scores, torch.from_numpy(episodes.actions[chosen]))
        change = logp - torch.from_numpy(episodes.logp[chosen])
        deciding = can_choose(scores)
        gain, clipped = clipped_gain(change, advantage, deciding, step)
        chaos = (entropy(scores) * deciding).sum() / deciding.sum().clamp(min=1)
        follow(policy, optimizer, -gain - step.entropy * chaos, step)
        with torch.no_grad():
            apart = ((change.exp() - 1.0 - change) * deciding).sum() / deciding.sum().clamp(min=1)
        told.append((clipped.item(), chaos.item(), apart.item()))
    clip, chaos_, divergence = np.mean(told, axis=0).tolist() if told else (0.0, 0.0, 0.0)
    return {"clipped": clip, "entropy": chaos_, "divergence": divergence}


def clipped_gain(
    change: Tensor, advantage: Tensor, deciding: Tensor, step: Step
) -> tuple[Tensor, Tensor]:
    """The clipped objective, and the share of ratios that lie beyond the clip.

    change [N, L]: of each line's log probability; advantage [N] of the moment; deciding [N, L]. As one
    joint ratio, the lines' changes are added up first: with many lines that leaves the clip at once.
    """
    if step.clip == "joint":
        change = (change * deciding).sum(-1, keepdim=True)
        deciding = deciding.any(-1, keepdim=True)
    ratio = change.exp()
    worth = advantage.unsqueeze(-1)
    near = ratio.clamp(1.0 - step.reach, 1.0 + step.reach)
    gain = torch.minimum(ratio * worth, near * worth) * deciding
    count = deciding.sum().clamp(min=1)
    beyond = (((ratio - 1.0).abs() > step.reach) & deciding).sum() / count
    return gain.sum() / count, beyond.detach()


def imitate_best(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    episodes: Episodes,
    ways: int,
    rng: np.random.Generator,
    step: Step = Step(),
) -> dict[str, float]:
    """Learn by cross entropy what the best way of each plant did, where it beat the most likely choices."""
    best = episodes.costs.argmin(axis=1)
    worthy = episodes.costs.min(axis=1) < episodes.costs[:, 0]
    rows = (np.arange(len(best)) * ways + best)[worthy]
    chosen = np.flatnonzero(np.isin(episodes.row, rows))
    losses = [
        imitate(policy, optimizer, episodes, part, step) for part in minibatches(chosen, step, rng)
    ]
    return {"loss": float(np.mean(losses)) if losses else 0.0, "beaten": float(worthy.mean())}


def imitate(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    moments: Moments,
    chosen: NDArray[np.int64],
    step: Step = Step(),
    weights: NDArray[np.float32] | None = None,
) -> float:
    """One step towards what was done at some moments, weighted where there are weights; the loss in nats."""
    scores = moments.scores(policy, chosen)
    logp = log_probability(scores, torch.from_numpy(moments.actions[chosen]))
    deciding = can_choose(scores).float()
    if weights is not None:
        deciding = deciding * torch.from_numpy(weights).unsqueeze(-1)
    loss = -(logp * deciding).sum() / deciding.sum().clamp(min=1e-6)
    follow(policy, optimizer, loss, step)
    return float(loss.item())


def minibatches(
    chosen: NDArray[np.int64], step: Step, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """The chosen moments in a step's passes, mixed anew in each, so many at a time."""
    for _ in range(step.passes):
        mixed = rng.permutation(chosen)
        for start in range(0, len(mixed), step.minibatch):
            yield mixed[start : start + step.minibatch]


def follow(policy: Dispatcher, optimizer: torch.optim.Optimizer, loss: Tensor, step: Step) -> None:
    """Take a step down a loss, no longer than a step's largest gradient."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(policy.parameters(), step.largest_gradient)
    optimizer.step()
