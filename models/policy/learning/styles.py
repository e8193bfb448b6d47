"""Styles that complement one another: each fitted to some plant, kept where it does what the others do not.

What a search finds on one plant serves others, too, though no figure of a plant says which (docs/policy.md).
So some are kept to be tried first: a portfolio (Gomes and Selman 2001), put together greedily, as each next
style is the one that saves most beside those that are in it (Xu, Hoos and Leyton-Brown 2010).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of
from models.policy.learning.evolution import NARROWER, Search, generation, played_by
from models.policy.learning.groups import Group

Floats = NDArray[np.float64]
MEAN_RATE, DEVIATION_RATE = 1.0, 0.1


def opening(policy: Dispatcher) -> Floats:
    """The styles [1 or more, length] that a plant is played in first: the policy's own, then those kept."""
    kept = policy.styles.numpy().astype(np.float64)
    return np.concatenate([np.zeros((1, kept.shape[1])), kept[kept.any(axis=1)]])


def search_on(policy: Dispatcher, group: Group, mean_rate: float = MEAN_RATE) -> Search:
    """Where a search for the style of a group's only plant begins."""
    return Search(
        rules_of(policy, group.figures)[0],
        policy.deviation.numpy().astype(np.float64) * NARROWER,
        mean_rate,
        DEVIATION_RATE,
    )


def fitted_style(
    policy: Dispatcher, group: Group, rng: np.random.Generator, rounds: int
) -> tuple[Floats, Floats]:
    """The style [length] that a group's only plant is best played in, and what was tried cost [rounds, ways].

    It is where the search ends, not the cheapest that was met: that one was lucky, too.
    """
    search = search_on(policy, group)
    own = search.mean.copy()
    costs = [generation(search, policy, group, rng)[0] for _ in range(rounds)]
    return search.mean - own, np.array(costs)


def compared(policy: Dispatcher, styles: Floats, groups: Iterable[Group]) -> Floats:
    """What each style costs on each group's only plant [groups, styles]: logarithms over the own style."""
    found = []
    for group in groups:
        tried = np.concatenate([np.zeros((1, styles.shape[1])), styles])
        spare = -len(tried) % group.ways  # rows that are not needed play the last one again
        rules = rules_of(policy, group.figures) + np.pad(tried, ((0, spare), (0, 0)), mode="edge")
        rounds = [
            played_by(policy, group, part, [0])[0]
            for part in np.split(rules, len(rules) // group.ways)
        ]
        costs = np.log(np.concatenate(rounds)[: len(tried)])
        found.append(costs[1:] - costs[0])
    return np.array(found)


def complementary(costs: Floats, count: int) -> list[int]:
    """So many styles [plants, styles], the most useful first beside the policy's own, whose costs are 0."""
    least, chosen = np.zeros(len(costs)), list[int]()
    for _ in range(min(count, costs.shape[1])):
        worth = np.minimum(least[:, None], costs).mean(axis=0)
        worth[chosen] = np.inf
        chosen.append(int(worth.argmin()))
        least = np.minimum(least, costs[:, chosen[-1]])
    return chosen
