"""The rule's numbers by evolution: played in many styles at once, moved towards those that cost least.

Separable natural evolution strategies (Schaul, Glasmachers and Schmidhuber 2011; Wierstra et al. 2014): a
mean and a deviation for each number. Styles are compared on the same plant under the same luck only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.policy.acting import tensors
from models.policy.choices import most_likely
from models.policy.dispatcher import Dispatcher, possible_options
from models.policy.learning.groups import Group, as_tensor, styles_of
from models.policy.rule import slot_columns

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Search:
    """Where evolution stands: the mean and the deviation [length] of the rule's numbers."""

    mean: Floats
    deviation: Floats
    mean_rate: float = 0.5
    deviation_rate: float = 0.06


def generation(
    search: Search, policy: Dispatcher, group: Group, rng: np.random.Generator, own: bool = False
) -> Floats:
    """The costs [plants, ways] of one generation, after moving the search by them.

    With `own`, the first way of each plant is the search's mean itself.
    """
    drawn = np.concatenate([
        styles_of(rng, group.ways, np.ones(len(search.mean))) for _ in range(group.plants)
    ])  # fmt: skip
    if own:
        drawn[:: group.ways] = 0.0
    rule = policy.rule.detach().numpy().astype(np.float64)
    styles = as_tensor(search.mean - rule + drawn * search.deviation)
    seeds = rng.integers(2**31, size=group.plants).tolist()
    scored = policy if policy.has_layers() else policy.by_rule
    with torch.inference_mode():
        costs = group.play(lambda seen: most_likely(scored(tensors(seen), styles)).numpy(), seeds)
    move(search, drawn.reshape(group.plants, group.ways, -1), costs)
    return costs


def move(search: Search, drawn: Floats, costs: Floats) -> None:
    """Move the search towards the draws [plants, ways, length] that cost [plants, ways] least."""
    worth = utilities(costs)[..., None]
    pull = (worth * drawn).sum(1).mean(0)
    spread = (worth * (drawn**2 - 1.0)).sum(1).mean(0)
    search.mean = search.mean + search.mean_rate * search.deviation * pull
    step = np.clip(search.deviation_rate * spread, -0.2, 0.2)
    search.deviation = search.deviation * np.exp(step)


def utilities(costs: Floats) -> Floats:
    """How much each of a plant's ways [plants, ways] counts, by its rank; they add up to 0."""
    ways = costs.shape[1]
    rank = costs.argsort(axis=1).argsort(axis=1)
    raw = np.maximum(np.log(ways / 2 + 1) - np.log(rank + 1.0), 0.0)
    worth: Floats = raw / raw.sum(axis=1, keepdims=True) - 1.0 / ways
    return worth


def first_deviation(policy: Dispatcher, group: Group, moments: int = 150) -> Floats:
    """Where evolution starts: a number's deviation is as large as what it is multiplied by is small."""
    length = policy.shape.style
    chosen = []
    group.env.reset(seed=0)
    with torch.no_grad():
        for _ in range(moments):
            seen = tensors(group.env.observed()[0])
            options = possible_options(seen)
            probe = slot_columns(options.chosen, seen["plant"], options.plant)
            chosen.append(probe.numpy().copy())
            group.env.advance(most_likely(policy.by_rule(seen)).numpy())
    spread = np.concatenate(chosen).std(axis=0)
    deviation = np.full(length, 1.5)
    deviation[: len(spread)] = 0.7 / np.maximum(spread, 0.15)
    return deviation
