"""The dispatcher's rule: a few numbers by which it plays before it has learnt anything else.

It is linear in what a slot shows and in a few columns made of that. One vector holds all of its numbers: of
slots, of holding, of overtime, of the sizes. Another vector added to it is another style of playing.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from envs.fleet.kernel.choices import MODES, SIZES
from envs.fleet.kernel.observe import BEHIND, DEAR, OVERTIME_SHARE, SLACK

SETUP_HOURS, COVERS = 1, 5  # columns of slots
LEFT, BACKLOG, LOAD = 0, 4, 5  # columns of the plant; LEFT holds what is gone
OF_SLOTS, OF_HOLD, OF_OVERTIME, OF_SIZE = 6, 4, 4, 4


class Ruled(NamedTuple):
    """Logits of N possible slots, of holding in B plants, and of size and mode given the slot.

    slot [N], hold [B], size [N, 4], mode [N, 2].
    """

    slot: Tensor
    hold: Tensor
    size: Tensor
    mode: Tensor


def rule_length(slots: int) -> int:
    """How many numbers a rule has where slots have so many columns."""
    return slots + OF_SLOTS + OF_HOLD + OF_OVERTIME + OF_SIZE * (SIZES - 1)


def first_rule(slots: int) -> Tensor:
    """ATCS that covers what the near demand misses and holds where nothing else is possible."""
    rule = torch.zeros(rule_length(slots))
    choice, hold, overtime, size = _parts(rule.unsqueeze(0), slots)
    choice[0, BEHIND] = 4.0
    hold[0, 0] = -8.0
    overtime[0, 0] = 3.0
    size[0, ::OF_SIZE] = -4.0
    return rule


def ruled(rule: Tensor, chosen: Tensor, plant: Tensor, where: Tensor, slots: int) -> Ruled:
    """What a rule [1 or B, length] says of the slots [N, columns] of the plants `where` [N].

    A slot has beside its own columns: days of slack above 0 and above 2; dearness by slack, by load, and
    where it is late; overtime where it is not. Holding has 1, load, backlog and the share of the horizon
    that is left; overtime has 1, late or not, dearness, load; a size has 1, the changeover's hours, the near
    demand over the lot, and days of slack.
    """
    choice, hold, overtime, size = _parts(rule, slots)
    slack, dear, load = chosen[:, SLACK], chosen[:, DEAR], plant[:, LOAD]
    early, late = slack.clamp(min=0.0), (slack <= 0).to(chosen.dtype)
    one, busy = torch.ones_like(dear), load[where]
    columns = slot_columns(chosen, plant, where)
    rests = torch.stack([torch.ones_like(load), load, plant[:, BACKLOG], 1.0 - plant[:, LEFT]], 1)
    over = torch.stack([one, late, dear, busy], 1)
    lots = torch.stack([one, chosen[:, SETUP_HOURS], chosen[:, COVERS], early], 1)
    by_mode = (over * _of(overtime, where)).sum(1)
    by_size = (lots.unsqueeze(1) * _of(size, where).view(-1, SIZES - 1, OF_SIZE)).sum(2)
    zero = torch.zeros_like(dear)
    return Ruled(
        (columns * _of(choice, where)).sum(1),
        (rests * hold).sum(1),
        torch.cat([zero.unsqueeze(1), by_size], 1),
        torch.stack([zero] * (MODES - 1) + [by_mode], 1),
    )


def slot_columns(chosen: Tensor, plant: Tensor, where: Tensor) -> Tensor:
    """A slot's columns and those made of them [N, columns + OF_SLOTS]."""
    slack, dear, busy = chosen[:, SLACK], chosen[:, DEAR], plant[where, LOAD]
    early, late = slack.clamp(min=0.0), (slack <= 0).to(chosen.dtype)
    more = [early, (slack - 2.0).clamp(min=0.0), dear * early, dear * busy, dear * late,
            chosen[:, OVERTIME_SHARE] * (1.0 - late)]  # fmt: skip
    return torch.cat([chosen, torch.stack(more, 1)], 1)


def _parts(rule: Tensor, slots: int) -> tuple[Tensor, ...]:
    """The rule's numbers of slots, of holding, of overtime and of sizes."""
    lengths = [slots + OF_SLOTS, OF_HOLD, OF_OVERTIME, OF_SIZE * (SIZES - 1)]
    return torch.split(rule, lengths, dim=1)


def _of(part: Tensor, where: Tensor) -> Tensor:
    """Each slot's numbers: its plant's, or the same for all."""
    return part[where] if len(part) > 1 else part
