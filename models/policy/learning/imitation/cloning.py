"""The layers learn from demonstrations: by cross entropy, or each moment by how well it went on.

Behaviour cloning learns what was shown at every moment. MARWIL (Wang et al. 2018) learns what was done, each
moment with the weight exp(beta × advantage): so of several ways of a plant those count that went well. The
baseline is what the plant's ways cost in the mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from envs.closed_loop import Planner
from envs.fleet.luck import Luck
from envs.fleet.plants import Assignment
from models.policy.dispatcher import Dispatcher
from models.policy.learning.episodes import Episodes, advantages
from models.policy.learning.groups import group_of
from models.policy.learning.imitation.demonstration import demonstrated
from models.policy.learning.imitation.demonstrators import Demonstrators
from models.policy.learning.improvement import Step, imitate, minibatches
from models.policy.learning.labels import by_rule_alone
from models.policy.learning.recipe import Stage

FARTHEST = 2.0  # deviations of the advantage: moments beyond count as if they were so far


def imitated(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    plants: Sequence[Assignment],
    stage: Stage,
    luck: Luck,
    rng: np.random.Generator,
    planner: Planner | None,
) -> NDArray[np.float64]:
    """What the demonstrations of plants cost [plants, ways], after the layers have learnt from them.

    The first way of each demonstrator is its own, in the others it is led astray: by the learner, by
    chance, and so on in turn. The rule stays as it is: the layers learn what demonstrators would change
    of it.
    """
    if stage.ways % len(stage.shown):
        raise ValueError(
            f"ways: expected a multiple of {len(stage.shown)} demonstrators, found {stage.ways}"
        )
    group = group_of(plants, stage.ways, luck)
    each = stage.ways // len(stage.shown)
    shown = [name for name in stage.shown for _ in range(each)]
    demonstrators = Demonstrators(group, by_rule_alone(policy), shown, planner, rng)
    way = np.tile(np.arange(group.ways) % each, group.plants)
    seeds = rng.integers(2**31, size=group.plants).tolist()
    episodes = demonstrated(
        group, policy, demonstrators, rng, seeds, stage.share,
        np.where(way > 0, stage.noise, 0.0), way % 2 == 1, "done" if stage.beta > 0 else "shown",
    )  # fmt: skip
    policy.rule.requires_grad_(False)
    clone(policy, optimizer, episodes, group.ways, rng, Step(passes=stage.passes), stage.beta)
    policy.rule.requires_grad_(True)
    return episodes.costs


def clone(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    episodes: Episodes,
    ways: int,
    rng: np.random.Generator,
    step: Step,
    beta: float = 0.0,
) -> float:
    """Learn what was done at every moment, weighted where beta is above 0; the mean loss in nats."""
    weights = moment_weights(episodes, ways, step, beta)
    losses = [
        imitate(policy, optimizer, episodes, part, step, weights[part])
        for part in minibatches(np.arange(len(episodes.row)), step, rng)
    ]
    return float(np.mean(losses)) if losses else 0.0


def moment_weights(episodes: Episodes, ways: int, step: Step, beta: float) -> NDArray[np.float32]:
    """How much each moment counts [N]: 1, or more the better its row went on than the plant's ways."""
    if beta <= 0:
        return np.ones(len(episodes.row), np.float32)
    worth = advantages(episodes, ways, step.memory_ticks)
    worth = np.clip(worth / max(float(worth.std()), 1e-9), -FARTHEST, FARTHEST)
    weights: NDArray[np.float32] = np.exp(beta * worth).astype(np.float32)
    return weights
