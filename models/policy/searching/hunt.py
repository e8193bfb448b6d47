"""A rule fitted to one plant again and again, each time from what was good before.

A search is evolution around where the last one ended. A generation meets draws of luck of its own, so that no
rule is chosen for having been lucky; those that did best of their generation meet, under more draws, what
was good before, and the policy's own rule. The first begins with the cheapest of the styles that a policy
keeps: where its own goes wrong, one of them mostly does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.policy.learning.evolution import Search, Told, move
from models.policy.learning.groups import styles_of
from models.policy.learning.styles import DEVIATION_RATE, MEAN_RATE
from models.policy.searching.ahead import Ahead

Floats = NDArray[np.float64]
LONGER = 1.5  # an episode takes 0.4 ms with 8 lines and 1.6 ms with 20
FROM_EACH = 2  # rules of a generation that are candidates for the end


@dataclass(frozen=True, slots=True)
class Pains:
    """How much is searched: every so many minutes, in so many generations of so many ways.

    Each way is played under so many draws of luck; at the start there are `first` generations. judged:
    draws under which the rule is chosen in the end, among what was good before and the `kept` best of the
    generations. wide, again: deviations of the first search and of the others, over the policy's. lines: with
    more than so many there are fewer generations, as each takes longer.
    """

    every: int = 240
    rounds: int = 4
    first: int = 20
    ways: int = 16
    draws: int = 2
    judged: int = 16
    kept: int = 4
    wide: float = 1.0
    again: float = 0.5
    lines: int = 10

    def on(self, lines: int) -> Pains:
        """The pains taken on a plant of so many lines, at about the same processor time for all."""
        share = min((self.lines / lines) ** LONGER, 1.0)
        first, rounds = (max(round(share * one), 2) for one in (self.first, self.rounds))
        return replace(self, first=min(first, self.first), rounds=min(rounds, self.rounds))


class Hunt:
    """What is known of one plant's rules: the one that it plays by, and those that were good too.

    Parameters
    ----------
    own : array, shape (length,)
        The policy's rule for the plant.
    opening : array, shape (styles, length)
        What is added to it in the styles that are tried first.
    deviation : array, shape (length,)
        How far styles lie apart.
    pains
        How much is searched.
    """

    def __init__(self, own: Floats, opening: Floats, deviation: Floats, pains: Pains) -> None:
        self.own, self.opening, self.deviation, self.pains = own, opening, deviation, pains
        self.rule, self.mean, self.good = own, own, [own]
        self.is_fresh = True

    def search(self, ahead: Ahead, rng: np.random.Generator) -> None:
        """Fit the rule to what lies ahead."""
        pains = self.pains
        if self.is_fresh and len(self.opening) > 1:
            self._open(ahead, rng)
        wide, rounds = (pains.wide, pains.first) if self.is_fresh else (pains.again, pains.rounds)
        search = Search(self.mean, self.deviation * wide, MEAN_RATE, DEVIATION_RATE)
        met = [self._generation(search, ahead, rng) for _ in range(rounds)]
        shares, ways = (np.concatenate(one) for one in zip(*met, strict=True))
        best = ways[shares.argsort(kind="stable")[: pains.kept]]
        rules = np.stack([self.rule, search.mean, self.own, *self.good, *best])
        ranked = ahead.ranked(rules, pains.judged, rng)
        self.rule = rules[ranked[0]]
        self.good = [*rules[ranked], *self.good][: pains.kept]
        self.mean = search.mean if self.is_fresh else (self.mean + self.rule) / 2.0
        self.is_fresh = False

    def _open(self, ahead: Ahead, rng: np.random.Generator) -> None:
        """Begin with what does best of the styles that are known before a search."""
        rules = self.own + self.opening
        self.good = [*rules[ahead.ranked(rules, self.pains.judged, rng)]]
        self.rule = self.mean = self.good[0]

    def _generation(
        self, search: Search, ahead: Ahead, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """The cheapest ways of a generation with what they cost over its mean, which is moved by them all."""
        drawn = styles_of(rng, self.pains.ways, np.ones(len(self.own)))
        ways = np.concatenate([search.mean + drawn * search.deviation, search.mean[None]])
        luck = rng.integers(2**31, size=self.pains.draws)
        costs = ahead.costs(ways, luck).mean(axis=1)
        move(search, [Told(drawn[None], costs[None, :-1])])
        best = costs[:-1].argsort(kind="stable")[:FROM_EACH]
        return costs[best] / max(costs[-1], 1e-9), ways[best]
