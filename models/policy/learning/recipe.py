"""How the dispatcher that ships was made: stages of learning on generated plants, small ones first.

A stage evolves the rule's numbers, improves the layers by advantage, or labels itself by its best ways. Each
round's draws follow from the seed and the round's number alone, so a run that was interrupted goes on as it
would have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from envs.fleet.luck import CERTAIN, ROUGH, Luck

Kind = Literal["evolve", "improve", "label"]


@dataclass(frozen=True, slots=True)
class Stage:
    """So many minutes of one kind of learning on plants of some size.

    A round plays `plants` plants in `ways` ways each; a plant is played in `reuse` rounds, at most. Every
    `lucky`-th round meets rough luck, the others none. rate: of learning. share: of moments kept, learnt from
    in so many passes. sharpen: what the rule's numbers are multiplied by before the stage, so that draws
    differ as much as is useful.
    """

    kind: Kind
    minutes: float
    lines: tuple[int, int]
    days: tuple[int, int]
    plants: int
    ways: int
    rate: float = 0.001
    lucky: int = 3
    reuse: int = 4
    share: float = 0.15
    passes: int = 1
    sharpen: float = 1.0

    def luck(self, number: int) -> Luck:
        """The luck of a round."""
        return ROUGH if self.lucky and number % self.lucky == self.lucky - 1 else CERTAIN


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stages one after the other, and the plants of "validation" that the curve is drawn on."""

    stages: Sequence[Stage]
    seed: int = 1
    examined: int = 12
    examine_minutes: float = 4.0


SHIPPED = Recipe(
    (
        Stage("evolve", 5.3, (10, 20), (7, 10), 4, 16, rate=0.5, lucky=0),
        Stage("evolve", 2.1, (8, 32), (7, 14), 4, 16, rate=0.5, lucky=0),
    )
)
"""What made the weights that ship; minutes of processor time, on a core that others used, too."""
