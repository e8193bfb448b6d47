"""The dispatcher's rule: a few numbers by which it plays before it has learnt anything else.

It is linear in what a slot shows, in a few columns of its item and its line, and in a few made of those. One
vector holds all of its numbers: of slots, of holding, of overtime, of the sizes. Another vector added to it
is another style of playing.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from envs.fleet.kernel.choices import HALF, MODES, SIZES
from envs.fleet.kernel.observe import BEHIND, DEAR, INDEX, OVERTIME_SHARE, SLACK
from envs.fleet.kernel.outlook import COVER as COMPONENTS

SHIFTS, SETUP_HOURS, COVERS, RATE = 0, 1, 5, 7  # columns of slots; SHIFTS of eight hours
LEFT, BACKLOG, LOAD = 0, 4, 5  # columns of the plant; LEFT holds what is gone
NEED, HOLDING, MAKERS, PART = 5, 9, 11, 12  # columns of items
RUN_MONEY, OVERTIME_MONEY, IDLE_MONEY = 15, 16, 17  # columns of lines
OF_SLOTS, OF_HOLD, OF_OVERTIME, OF_SIZE = 18, 6, 4, 5
OF_COMPONENTS = 3  # of those of slots, the last ones
OF_HALVES = OF_SIZE * (SIZES - HALF)  # of those of sizes, the last ones
SELDOM = -10.0  # of half lots at first: from -4, evolution comes to make nothing else
NEVER = -1e4  # for a size that is not chosen
MOST_URGENT, MOST_DAYS = 3.0, 3.0  # that what a lot takes of its components is weighed by


class Ruled(NamedTuple):
    """Logits of N possible slots, and of size and mode given the slot.

    slot [N], size [N, 6], mode [N, 2].
    """

    slot: Tensor
    size: Tensor
    mode: Tensor


class Faced(NamedTuple):
    """What a rule looks at where a line can make something: N slots of B plants.

    slot, item, line [N, columns]; plant [B, columns]; where [N]: which plant each is of.
    """

    slot: Tensor
    item: Tensor
    line: Tensor
    plant: Tensor
    where: Tensor


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
    size[0, -OF_HALVES::OF_SIZE] = SELDOM
    return rule


def ruled(rule: Tensor, faced: Faced) -> Ruled:
    """What a rule [1 or B, length] says of slots.

    Overtime has 1, late or not, dearness, load; a size has 1, the changeover's hours, the near demand over
    the lot, days of slack, and whether the item is a part of others.
    """
    choice, _, overtime, size = _parts(rule, faced.slot.shape[1])
    slack, dear = faced.slot[:, SLACK], faced.slot[:, DEAR]
    early, late = slack.clamp(min=0.0), (slack <= 0).to(dear.dtype)
    one, busy = torch.ones_like(dear), faced.plant[faced.where, LOAD]
    over = torch.stack([one, late, dear, busy], 1)
    setup, covers, part = faced.slot[:, SETUP_HOURS], faced.slot[:, COVERS], faced.item[:, PART]
    lots = torch.stack([one, setup, covers, early, part], 1)
    by_mode = _product(over, overtime, faced.where)
    by_size = torch.stack(
        [_product(lots, part, faced.where) for part in torch.split(size, OF_SIZE, 1)], 1
    )
    zero = torch.zeros_like(dear)
    return Ruled(
        _product(slot_columns(faced), choice, faced.where),
        torch.cat([zero.unsqueeze(1), by_size], 1),
        torch.stack([zero] * (MODES - 1) + [by_mode], 1),
    )


def held(rule: Tensor, slots: int, line: Tensor, plant: Tensor, where: Tensor) -> Tensor:
    """What a rule [1 or B, length] says of holding [D], for lines [D, columns] of the plants `where` [D].

    Holding has 1, load, backlog, the share of the horizon that is left, and the line's money of an hour's run
    and of an idle hour.
    """
    hold = _parts(rule, slots)[1]
    one = torch.ones_like(plant[:, LOAD])
    of_plant = torch.stack([one, plant[:, LOAD], plant[:, BACKLOG], 1.0 - plant[:, LEFT]], 1)
    columns = torch.cat([of_plant[where], line[:, [RUN_MONEY, IDLE_MONEY]]], 1)
    return _product(columns, hold, where)


def slot_columns(faced: Faced) -> Tensor:
    """A slot's columns and those made of them [N, columns + OF_SLOTS].

    Days of slack above 0 and above 2; dearness by slack, by load, and where it is late; overtime where it is
    not; whether the item is a part of others, and that by slack; how many lines make it; its need, and that
    where it is late; what holding it costs by slack; the line's money of an hour's run and of an idle hour;
    its overtime money by the share in overtime. The share of its components that the lot takes, and that by
    urgency and by slack: what one line takes of a common material, others wait for.
    """
    slot, item, line = faced.slot, faced.item, faced.line
    slack, dear, busy = slot[:, SLACK], slot[:, DEAR], faced.plant[faced.where, LOAD]
    early, late = slack.clamp(min=0.0), (slack <= 0).to(slot.dtype)
    part, need, over = item[:, PART], item[:, NEED], slot[:, OVERTIME_SHARE]
    more = [early, (slack - 2.0).clamp(min=0.0), dear * early, dear * busy, dear * late,
            over * (1.0 - late), part, part * early, item[:, MAKERS], need, need * late,
            item[:, HOLDING] * early, line[:, RUN_MONEY], line[:, IDLE_MONEY],
            line[:, OVERTIME_MONEY] * over, *_taken(slot, item, early)]  # fmt: skip
    return torch.cat([slot, torch.stack(more, 1)], 1)


def _taken(slot: Tensor, item: Tensor, early: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The share of its components that a lot takes, and that by urgency and by days of slack."""
    days = slot[:, SHIFTS] * slot[:, RATE] / 3.0  # of the best line's work
    cover = item[:, COMPONENTS]
    share = (days * (1.0 - cover) / cover.clamp(min=1e-9)).clamp(max=1.0)
    urgent = slot[:, INDEX].clamp(-MOST_URGENT, MOST_URGENT)
    return share, share * urgent, share * early.clamp(max=MOST_DAYS)


def _parts(rule: Tensor, slots: int) -> tuple[Tensor, ...]:
    """The rule's numbers of slots, of holding, of overtime and of sizes."""
    lengths = [slots + OF_SLOTS, OF_HOLD, OF_OVERTIME, OF_SIZE * (SIZES - 1)]
    return torch.split(rule, lengths, dim=1)


def _product(columns: Tensor, part: Tensor, where: Tensor) -> Tensor:
    """Columns [N, C] times each one's numbers: its plant's, or the same for all."""
    return columns @ part[0] if len(part) == 1 else (columns * part[where]).sum(1)
