"""The layers learn from demonstrations: by cross entropy, or each moment by how well it went on.

The rule's scores lie far apart, as if it were never wrong: they are tempered before they are compared with
what was shown, which moves no likeliest choice. A line that a plan has no work for holds whenever it is
asked, which is most of what a plan shows. So what is learnt is what lines make that are told something, and
holding counts only as much as a stage says.

Behaviour cloning learns what was shown at every moment. MARWIL (Wang et al. 2018) learns what was done, each
moment with the weight exp(beta × advantage): so of several ways of a plant those count that went well. The
baseline is what the plant's ways cost in the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from envs.closed_loop import Planner
from envs.fleet.luck import Luck
from envs.fleet.plants import Assignment
from models.policy.choices import can_choose, log_probability, possible
from models.policy.dispatcher import IMPOSSIBLE, Dispatcher, Scores
from models.policy.learning.episodes import Episodes, advantages
from models.policy.learning.groups import group_of
from models.policy.learning.imitation.demonstration import demonstrated
from models.policy.learning.imitation.demonstrators import Demonstrators
from models.policy.learning.improvement import Step, follow, minibatches
from models.policy.learning.labels import by_rule_alone
from models.policy.learning.recipe import Stage

TEMPERED = 8.0  # with 1 the rule alone is 9.6 nats from plans, with 8 it is 2.3, with 16 2.2
LOTS = 0.3  # how much size and mode count beside the choice
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
    settings = Cloning(stage.passes, stage.beta, stage.held)
    policy.rule.requires_grad_(False)
    clone(policy, optimizer, episodes, group.ways, rng, settings)
    policy.rule.requires_grad_(True)
    return episodes.costs


@dataclass(frozen=True, slots=True)
class Cloning:
    """So many passes over the moments, weighted by exp(beta × advantage); held: how much holding counts."""

    passes: int = 1
    beta: float = 0.0
    held: float = 0.0
    minibatch: int = 128


def clone(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    episodes: Episodes,
    ways: int,
    rng: np.random.Generator,
    settings: Cloning,
) -> float:
    """Learn what was done at every moment, weighted where beta is above 0; the mean loss in nats."""
    step = Step(settings.minibatch, settings.passes)
    weights = moment_weights(episodes, ways, step, settings.beta)
    losses = []
    for part in minibatches(np.arange(len(episodes.row)), step, rng):
        told = torch.from_numpy(episodes.actions[part])
        scores = episodes.scores(policy, part)
        loss = unlike(scores, told, torch.from_numpy(weights[part]), settings.held)
        follow(policy, optimizer, loss, step)
        losses.append(loss.item())
    return float(np.mean(losses)) if losses else 0.0


def unlike(scores: Scores, told: Tensor, weights: Tensor, held: float) -> Tensor:
    """How unlikely, in nats, tempered scores find what lines were told [N, L, 3], at moments of weights [N].

    held: how much holding counts; where it is 0, lines are asked what they would make if they did.
    """
    deciding = can_choose(scores)
    choice = scores.choice.clone()
    if held <= 0:
        choice[..., 0] = IMPOSSIBLE
    choice = torch.where(possible(choice), choice / TEMPERED, choice)
    tempered = Scores(choice, scores.size / TEMPERED, scores.mode / TEMPERED, scores.value)
    makes = told[..., 0] > 0
    counts = torch.where(makes, 1.0, held) * deciding * weights.unsqueeze(-1)
    whole = log_probability(tempered, told)
    of_choice = torch.log_softmax(choice, -1).gather(-1, told[..., :1]).squeeze(-1)
    likely = of_choice + LOTS * (whole - of_choice)
    return -(likely * counts).sum() / counts.sum().clamp(min=1e-6)


def moment_weights(episodes: Episodes, ways: int, step: Step, beta: float) -> NDArray[np.float32]:
    """How much each moment counts [N]: 1, or more the better its row went on than the plant's ways."""
    if beta <= 0:
        return np.ones(len(episodes.row), np.float32)
    worth = advantages(episodes, ways, step.memory_ticks)
    worth = np.clip(worth / max(float(worth.std()), 1e-9), -FARTHEST, FARTHEST)
    weights: NDArray[np.float32] = np.exp(beta * worth).astype(np.float32)
    return weights
