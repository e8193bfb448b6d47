"""The rule's numbers by evolution: played in many styles at once, moved towards those that cost least.

Separable natural evolution strategies (Schaul, Glasmachers and Schmidhuber 2011; Wierstra et al. 2014): a
mean and a deviation for each number. Styles are compared on the same plant under the same luck only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.policy.acting import tensors
from models.policy.choices import most_likely
from models.policy.dispatcher import Dispatcher, faced, possible_options
from models.policy.learning.groups import Group, as_tensor, styles_of
from models.policy.rule import slot_columns

Floats = NDArray[np.float64]
NARROWER = 0.5  # of the deviation that is left when learning on many plants ends
USUALLY_APART = 0.02  # of their mean, what ways of a calm plant cost
COUNTS = (0.5, 4.0)


@dataclass(slots=True)
class Search:
    """Where evolution stands: the mean and the deviation [length] of the rule's numbers.

    leaning [length, figures]: how the mean moves with what a plant is like; 0 where plants are alike.
    """

    mean: Floats
    deviation: Floats
    mean_rate: float = 0.5
    deviation_rate: float = 0.06
    leaning: Floats | None = None
    leaning_rate: float = 0.15


@dataclass(frozen=True, slots=True)
class Told:
    """What evolution learns from plants: draws [plants, ways, length], costs [plants, ways].

    strange [plants, figures]: what each is like, in deviations from the usual.
    """

    drawn: Floats
    costs: Floats
    strange: Floats | None = None


def generation(
    search: Search,
    policy: Dispatcher,
    group: Group,
    rng: np.random.Generator,
    known: Floats | None = None,
) -> Floats:
    """The costs [plants, ways] of one generation, after moving the search by them.

    The first ways of each plant are styles that are `known` [styles, length], where there are any.
    """
    told = tried(search, policy, group, rng, known=known)
    move(search, [told])
    return told.costs


def tried(
    search: Search,
    policy: Dispatcher,
    group: Group,
    rng: np.random.Generator,
    strange: Floats | None = None,
    known: Floats | None = None,
) -> Told:
    """What styles around the search's mean cost on a group's plants, [plants, figures] strange."""
    drawn = np.stack([
        styles_of(rng, group.ways, np.ones(len(search.mean))) for _ in range(group.plants)
    ])  # fmt: skip
    if known is not None:
        first = known[: group.ways]
        drawn[:, : len(first)] = first / np.maximum(search.deviation, 1e-9)
    rules = search.mean + drawn * search.deviation
    if strange is not None and search.leaning is not None:
        rules = rules + (strange @ search.leaning.T)[:, None, :]
    seeds = rng.integers(2**31, size=group.plants).tolist()
    costs = played_by(policy, group, rules.reshape(-1, len(search.mean)), seeds)
    return Told(drawn, costs, strange)


def played_by(policy: Dispatcher, group: Group, rules: Floats, seeds: Sequence[int]) -> Floats:
    """What each plant costs in each way [plants, ways] by a rule for each row, layers added to it."""
    if not policy.has_layers():
        return group.play_rules(rules, seeds)
    styles = as_tensor(rules - policy.rule.detach().numpy().astype(np.float64))
    with torch.inference_mode():
        return group.play(lambda seen: most_likely(policy(tensors(seen), styles)).numpy(), seeds)


def move(search: Search, told: Sequence[Told]) -> None:
    """Move the search towards the draws that cost least, each plant's ways ranked among themselves."""
    drawn = np.concatenate([one.drawn for one in told])
    costs = [one.costs for one in told]
    worth = np.concatenate([utilities(one) for one in costs])[..., None]
    counts = np.concatenate([stakes(one) for one in costs])[:, None]
    counts = counts / counts.sum()
    pulls = counts * (worth * drawn).sum(1)
    spread = (counts * (worth * (drawn**2 - 1.0)).sum(1)).sum(0)
    step = search.mean_rate * search.deviation
    strange = [one.strange for one in told if one.strange is not None]
    if search.leaning is not None and len(strange) == len(told):
        drift = pulls.T @ np.concatenate(strange)
        search.leaning = search.leaning + search.leaning_rate * step[:, None] * drift
    search.mean = search.mean + step * pulls.sum(0)
    search.deviation = search.deviation * np.exp(np.clip(search.deviation_rate * spread, -0.2, 0.2))


def stakes(costs: Floats) -> Floats:
    """How much each plant counts [plants], by how far apart its ways [plants, ways] cost.

    Ranks alone would count a plant where all is well as much as one whose lateness runs away, which is
    where most of the money is lost.
    """
    apart = costs.std(axis=1) / np.maximum(costs.mean(axis=1), 1e-9)
    counts: Floats = np.clip(np.sqrt(apart / USUALLY_APART), *COUNTS)
    return counts


def utilities(costs: Floats) -> Floats:
    """How much each of a plant's ways [plants, ways] counts, by its rank; they add up to 0."""
    ways = costs.shape[1]
    rank = costs.argsort(axis=1).argsort(axis=1)
    raw = np.maximum(np.log(ways / 2 + 1) - np.log(rank + 1.0), 0.0)
    worth: Floats = raw / raw.sum(axis=1, keepdims=True) - 1.0 / ways
    return worth


def first_deviation(policy: Dispatcher, group: Group, moments: int = 150) -> Floats:
    """Where evolution starts: a number's deviation is as large as what it is multiplied by is small."""
    chosen = []
    group.env.reset(seed=0)
    with torch.no_grad():
        for _ in range(moments):
            seen = tensors(group.env.observed()[0])
            options = possible_options(seen)
            probe = slot_columns(faced(seen, options))
            chosen.append(probe.numpy().copy())
            group.env.advance(most_likely(policy.by_rule(seen)).numpy())
    spread = np.concatenate(chosen).std(axis=0)
    deviation = np.full(policy.shape.style, 1.5)
    deviation[: len(spread)] = 0.7 / np.maximum(spread, 0.15)
    return deviation
