"""How likely what was done is and how open the choice was, of lines with offers; with gradients, compiled.

The same numbers as `choices.log_probability` and `choices.entropy`, of the offers that there are instead of
all slots of a line, with size and mode for each: a tenth of the time, forward and backward.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from envs.fleet.kernel.choices import MODES, SIZES
from models.policy.dispatcher import Options
from models.policy.rule import Ruled
from plant.compiled import inner, outer

Floats = NDArray[Any]
Places = NDArray[np.int64]
MANNERS = SIZES + MODES


class Offered(NamedTuple):
    """Scores of N options, of holding [D], and the options of the D lines that decide, line after line."""

    told: Ruled
    hold: Tensor
    options: Options

    @property
    def plant(self) -> Tensor:
        """The plant of each line that decides [D]."""
        return self.options.asking

    @property
    def line(self) -> Tensor:
        """Each line that decides [D]."""
        return self.options.asking_line

    def done(self, actions: Tensor) -> tuple[Tensor, Tensor]:
        """The log probability of what each deciding line does [D], and the entropy of its choice [D].

        actions [B, L, 3]: choice, size, mode.
        """
        made = actions[self.plant, self.line].long().contiguous().numpy()
        given = self.options.asker.numpy(), self.options.slot.numpy(), made
        size, mode = self.told.size, self.told.mode
        found: tuple[Tensor, Tensor] = _Done.apply(self.told.slot, size, mode, self.hold, given)
        return found


class _Done(torch.autograd.Function):
    """Both figures, of which each offer's derivatives are worked out at once."""

    @staticmethod
    def forward(
        ctx: Any, slot: Tensor, size: Tensor, mode: Tensor, hold: Tensor, given: tuple[Places, ...]
    ) -> tuple[Tensor, Tensor]:
        asker, place, made = given
        kind = slot.detach().numpy().dtype
        scores = np.concatenate([one.detach().numpy() for one in (size, mode)], 1)
        rise = np.zeros((2, len(slot), 1 + MANNERS), kind)  # of both figures by each score
        of_hold, figures = np.zeros((2, len(hold)), kind), np.zeros((2, len(hold)), kind)
        _weigh(
            slot.detach().numpy(), scores, hold.detach().numpy(),
            np.searchsorted(asker, np.arange(len(hold) + 1)), place, made, figures, rise, of_hold,
        )  # fmt: skip
        ctx.kept = asker, rise, of_hold
        return torch.from_numpy(figures[0]), torch.from_numpy(figures[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_logp: Tensor, of_entropy: Tensor) -> tuple[Tensor | None, ...]:
        asker, rise, of_hold = ctx.kept
        one, two = of_logp.numpy(), of_entropy.numpy()
        every = torch.from_numpy(rise[0] * one[asker, None] + rise[1] * two[asker, None])
        held = torch.from_numpy(of_hold[0] * one + of_hold[1] * two)
        return every[:, 0], every[:, 1 : 1 + SIZES], every[:, 1 + SIZES :], held, None


@outer
def _weigh(
    slot: Floats,
    manner: Floats,
    hold: Floats,
    first: Places,
    place: Places,
    made: Places,
    figures: Floats,
    rise: Floats,
    of_hold: Floats,
) -> None:
    """Write log probabilities and entropies [2, D], and their derivatives by scores and by holding.

    manner [N, 6 + 2]: sizes and modes; the options of line d are first[d] : first[d + 1]; made [D, 3].
    """
    share, open_ = np.empty(MANNERS), np.empty(len(slot))
    for line in range(len(hold)):
        begin, end = first[line], first[line + 1]
        whole = _total(hold[line], slot, begin, end)
        chosen = -1
        stay = hold[line] - whole
        inside, spread = 0.0, -math.exp(stay) * stay
        for row in range(begin, end):
            if place[row] == made[line, 0] - 1:
                chosen = row
            log = slot[row] - whole
            open_[row] = _parts(manner, row, made[line], row == chosen, share, rise)
            inside += math.exp(log) * open_[row]
            spread -= math.exp(log) * log
        logp = stay if chosen < 0 else slot[chosen] - whole
        if chosen >= 0:
            logp += rise[1, chosen, 0]  # where `_parts` leaves it
        figures[0, line], figures[1, line] = logp, spread + inside
        for row in range(begin, end):
            log = slot[row] - whole
            likely = math.exp(log)
            rise[0, row, 0] = (1.0 if row == chosen else 0.0) - likely
            rise[1, row, 0] = likely * (open_[row] - inside - log - spread)
            for one in range(MANNERS):
                rise[1, row, 1 + one] *= likely
        of_hold[0, line] = (1.0 if chosen < 0 else 0.0) - math.exp(stay)
        of_hold[1, line] = math.exp(stay) * (-inside - stay - spread)


@inner
def _total(hold: float, slot: Floats, begin: int, end: int) -> float:
    """The logarithm of the sum of e to the power of holding's score and of the options'."""
    top = float(hold)
    for row in range(begin, end):
        top = max(top, slot[row])
    total = math.exp(hold - top)
    for row in range(begin, end):
        total += math.exp(slot[row] - top)
    return top + math.log(total)


@inner
def _parts(
    manner: Floats, row: int, made: Places, is_chosen: bool, share: Floats, rise: Floats
) -> float:
    """The entropy of an option's size and mode; writes what it rises with, by their scores.

    Where the option was chosen, also what its log probability rises with; the part of size and mode in that
    is left in rise[1, row, 0].
    """
    entropy, logp = 0.0, 0.0
    for begin, end, did in ((0, SIZES, made[1]), (SIZES, MANNERS, made[2])):
        whole = _total(manner[row, begin], manner[row], begin + 1, end)
        part = 0.0
        for one in range(begin, end):
            share[one] = math.exp(manner[row, one] - whole)
            part -= share[one] * (manner[row, one] - whole)
        for one in range(begin, end):
            log = manner[row, one] - whole
            rise[1, row, 1 + one] = -share[one] * (log + part)
            if is_chosen:
                rise[0, row, 1 + one] = (1.0 if one - begin == did else 0.0) - share[one]
        entropy += part
        logp += manner[row, begin + did] - whole
    rise[1, row, 0] = logp
    return entropy
