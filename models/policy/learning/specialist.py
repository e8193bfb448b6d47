"""A dispatcher for plants of one size: general weights that evolve on such plants alone.

With many episodes it is what general weights are measured by on plants of that size; with few it is the
general weights fine-tuned.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from envs.fleet.luck import CERTAIN
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of, strangeness
from models.policy.learning.evolution import NARROWER, Search, move, tried
from models.policy.learning.groups import Group, as_tensor, assignments_of, group_of
from models.policy.learning.plants import Plants
from models.policy.learning.recipe import Stage

FIRST = 500_000  # plants of "train" from here on, which the general weights have not met
EARLY = 5  # rounds before which nothing counts in the average


@dataclass(frozen=True, slots=True)
class Special:
    """What came of it: the dispatcher, what it costs over the general one on validation plants, episodes."""

    policy: Dispatcher
    over_general: float
    episodes: int


def specialised(
    general: Dispatcher,
    stage: Stage,
    seed: int = 0,
    examined: int = 8,
    report: Callable[[str], object] = lambda text: None,
) -> Special:
    """General weights evolved by a stage's rounds, on its plants alone.

    What comes back is the average of the later half of the rounds, or the general weights where that is
    dearer on validation plants of the size (in its own style, as planned).
    """
    plants = Plants(stage, FIRST)
    search = _begun(general, stage)
    total, counted = np.zeros((1 + _figures(search).shape[1], len(search.mean))), 0
    for number in range(stage.rounds):
        rng = np.random.default_rng([seed, number])
        search.mean_rate = stage.rate_at(number)
        groups = plants.drawn(rng)
        told = [
            tried(search, general, one, rng, strangeness(general, one.figures)) for one in groups
        ]
        move(search, told)
        if number >= max(min(EARLY, stage.rounds - 1), stage.rounds // 2):
            total, counted = total + np.vstack([search.mean, _figures(search).T]), counted + 1
        costs = np.mean([one.costs.mean() for one in told])
        report(f"round {number + 1} of {stage.rounds}: {costs:.1f} hours of the usual cost")
    found = _written(general, total / max(counted, 1))
    over = _over(found, general, stage, examined)
    episodes = stage.rounds * min(stage.plants, stage.pool) * stage.ways
    return Special(found if over < 0 else general, min(over, 0.0), episodes)


def _begun(general: Dispatcher, stage: Stage) -> Search:
    return Search(
        general.rule.detach().numpy().astype(np.float64),
        general.deviation.numpy().astype(np.float64) * stage.wider * NARROWER,
        leaning=general.leaning.numpy().astype(np.float64),
        leaning_rate=stage.leaning,
    )


def _figures(search: Search) -> NDArray[np.float64]:
    assert search.leaning is not None
    return search.leaning


def _written(general: Dispatcher, numbers: NDArray[np.float64]) -> Dispatcher:
    """A copy of a dispatcher with a rule and its leaning [1 + figures, length]."""
    found = copy.deepcopy(general)
    with torch.no_grad():
        found.rule.copy_(as_tensor(numbers[0]))
        found.leaning.copy_(as_tensor(numbers[1:].T))
    return found


def _over(found: Dispatcher, general: Dispatcher, stage: Stage, examined: int) -> float:
    """What one dispatcher costs over another on validation plants of a stage's size, in the mean."""
    plants = assignments_of("validation", range(examined), stage.spread)
    groups = [group_of([one], 2, CERTAIN) for one in plants]
    pairs = np.array([_pair(group, (found, general)) for group in groups])
    return float((pairs[:, 0] / pairs[:, 1]).mean() - 1.0)


def _pair(group: Group, two: Sequence[Dispatcher]) -> NDArray[np.float64]:
    """What a plant costs by the rule of each of two dispatchers."""
    rules = np.concatenate([rules_of(one, group.figures) for one in two])
    costs: NDArray[np.float64] = group.play_rules(rules, [0])[0]
    return costs
