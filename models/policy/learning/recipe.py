"""How the dispatcher that ships was made, and how its layers learn: stages on generated plants.

A stage evolves the rule's numbers, improves the layers by advantage, labels itself by its best ways, learns
the answers of rules that drafts found, imitates demonstrators, practises (PPO), or gathers styles that
complement one another.
Each round's draws follow from the seed and the round's number alone, so a run that was interrupted goes on as
it would have, and evolution by the same recipe comes to the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.scenarios.splits import Spread

Kind = Literal["evolve", "improve", "label", "amortise", "imitate", "practise", "gather"]
Shown = Literal["plan", "list", "fitted", "own", "atcs"]
"""Who can be imitated; `imitation.demonstrators` says what each does."""


@dataclass(frozen=True, slots=True)
class Stage:
    """So many rounds of one kind of learning on plants of some size.

    A round plays `plants` plants in `ways` ways each. Evolution draws them from a pool of so many; every
    `lucky`-th of the pool meets rough luck, the others none. The other kinds play each plant in `reuse`
    rounds at most, and it is every `lucky`-th round that meets luck. rate: of learning, which falls to
    `cooled` of it by the stage's end. leaning: the rate at which the rule's numbers follow what a plant is
    like, over `rate`. averaged: rounds over which evolution's numbers are averaged. share: of moments kept,
    learnt from in so many passes. sharpen: what the rule's numbers are multiplied by before the stage, so
    that draws differ as much as is useful; wider: what their deviations are multiplied by. last: the round
    at which the stage ends, where that is before its rates have fallen. load, two_stage: of the plants, as
    in `Spread`: a curriculum begins with small ones that have time to spare.

    Gathering fits a style to one plant a round, in `searched` rounds of its ways, and compares the styles on
    a pool of other plants. Amortising drafts every plant in `searched` rounds of its ways.

    Imitating shares a plant's ways out among the demonstrators `shown`; in all but the first way of each,
    a line does something else than it is shown with the probability `noise`. beta: 0 learns what was shown,
    more learns what was done, weighted by exp(beta × advantage). held: how much holding counts. strength:
    the share of what the layers have learnt that is examined, and kept at the stage's end.

    Practising does `searched` iterations of PPO on a round's plants, which last the same number of days.
    """

    kind: Kind
    rounds: int
    lines: tuple[int, int]
    days: tuple[int, int]
    plants: int
    ways: int
    rate: float = 0.001
    cooled: float = 1.0
    pool: int = 64
    leaning: float = 0.0
    averaged: int = 1
    lucky: int = 3
    reuse: int = 4
    share: float = 0.15
    passes: int = 1
    sharpen: float = 1.0
    wider: float = 1.0
    last: int | None = None
    searched: int = 18
    load: tuple[float, float] = Spread().load
    two_stage: float = Spread().two_stage
    shown: tuple[Shown, ...] = ("plan", "fitted")
    noise: float = 0.3
    beta: float = 0.0
    held: float = 0.0
    strength: float = 0.5

    @property
    def spread(self) -> Spread:
        """From what to what its plants differ."""
        return Spread(lines=self.lines, days=self.days, load=self.load, two_stage=self.two_stage)

    def luck(self, number: int) -> Luck:
        """The luck of a round, or of a plant of the pool."""
        return ROUGH if self.lucky and number % self.lucky == self.lucky - 1 else CERTAIN

    @property
    def end(self) -> int:
        """The round at which the stage ends."""
        return self.rounds if self.last is None else min(self.last, self.rounds)

    def rate_at(self, number: int) -> float:
        """The rate of a round: it falls evenly."""
        return self.rate * (1.0 - (1.0 - self.cooled) * number / max(self.rounds, 1))


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stages one after the other, and the plants of "validation" that the curve is drawn on.

    begins: with ATCS, or with the weights that ship, which then are the first point of the curve.
    """

    stages: Sequence[Stage]
    seed: int = 1
    examined: int = 16
    examine_every: int = 50
    begins: Literal["atcs", "shipped"] = "atcs"


SHIPPED = Recipe(
    (
        Stage("evolve", 300, (6, 32), (7, 14), 12, 16, rate=0.5, cooled=0.4, pool=120, lucky=4,
              averaged=30),
        Stage("evolve", 300, (6, 40), (7, 14), 24, 16, rate=0.4, cooled=0.2, pool=160, lucky=4,
              leaning=0.15, averaged=100, wider=0.7, last=50),
        Stage("gather", 140, (5, 28), (7, 14), 1, 16, pool=100, lucky=0),
    )
)  # fmt: skip
"""What made the weights that ship."""

LAYERS = Recipe(
    (
        Stage("amortise", 60, (4, 10), (4, 7), 8, 16, rate=0.002, share=1.0, searched=8, lucky=0,
              load=(0.6, 0.85), two_stage=0.0),
        Stage("amortise", 60, (6, 20), (7, 10), 8, 16, rate=0.002, share=0.6, searched=8, lucky=0,
              load=(0.7, 0.95), two_stage=0.2),
        Stage("amortise", 60, (8, 32), (7, 14), 8, 16, rate=0.002, share=0.4, searched=8, lucky=0,
              cooled=0.2),
    ),
    examine_every=30,
    begins="shipped",
)  # fmt: skip
"""What the layers were asked to learn: small plants with time to spare first, then large and tight ones."""

IMITATION = Recipe(
    (
        Stage("imitate", 40, (5, 20), (7, 7), 4, 4, rate=0.004, share=1.0, passes=2, lucky=0,
              cooled=0.2, shown=("plan", "own"), beta=1.0, held=0.05, strength=1.0),
    ),
    examine_every=8,
    begins="shipped",
)  # fmt: skip
"""What the layers were shown: the optimiser's plans and the rule, each way by how well it went."""

PRACTICE = Recipe(
    (
        Stage("practise", 16, (4, 10), (4, 4), 24, 1, rate=0.0003, searched=16, lucky=0,
              load=(0.6, 0.85), two_stage=0.0),
        Stage("practise", 12, (6, 20), (7, 7), 24, 1, rate=0.0003, searched=20, lucky=3,
              load=(0.7, 0.95), two_stage=0.2),
        Stage("practise", 12, (8, 32), (7, 7), 24, 1, rate=0.0003, searched=20, lucky=3, cooled=0.2),
    ),
    examine_every=4,
    begins="shipped",
)  # fmt: skip
"""PPO from the weights that ship: small plants with time to spare first, then large and tight ones."""
