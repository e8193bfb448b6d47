"""Attention over the lines and items of many plants, each seeing only what it has to do with.

Nothing has an identity: a layer treats lines alike and items alike, so that any number of them will do. Each
attention has one more key than there are things to look at, which is always seen: what looks at nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

HEADS = 4
FORBIDDEN = 1e9  # what a mask takes from a score; as a number it is cheaper than as a truth value


def layers(inside: int, width: int, outside: int) -> nn.Sequential:
    """Two linear layers with a smooth bend between them."""
    return nn.Sequential(nn.Linear(inside, width), nn.SiLU(), nn.Linear(width, outside))


class Attention(nn.Module):
    """Adds to each of some things what it finds in others, and normalises."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.nothing = nn.Parameter(torch.zeros(1, width))
        self.norm = nn.LayerNorm(width)

    def forward(self, looking: Tensor, seen: Tensor, allowed: Tensor) -> Tensor:
        """What looks [B, N, width] after it has looked at [B, M, width].

        `allowed` [B, 1 or HEADS, N, M] is true where n may see m.
        """
        nothing = self.nothing.expand(len(seen), 1, -1)
        seen = torch.cat([nothing, seen], 1)
        taken = (nn.functional.pad(allowed, (1, 0), value=True).to(seen.dtype) - 1.0) * FORBIDDEN
        query, key, value = (
            _by_head(part) for part in (self.query(looking), self.key(seen), self.value(seen))
        )
        found = scaled_dot_product_attention(query, key, value, taken)
        joined = found.transpose(1, 2).flatten(2)
        result: Tensor = self.norm(looking + self.out(joined))
        return result

    def of_rows(self, looking: Tensor, seen: Tensor, which: Tensor, allowed: Tensor) -> Tensor:
        """The same of D single things [D, width], each looking at one of B groups `which` [D].

        seen [B, M, width], allowed [D, M]. Keys and values are worked out once a group.
        """
        nothing = self.nothing.expand(len(seen), 1, -1)
        seen = torch.cat([nothing, seen], 1)
        taken = (nn.functional.pad(allowed, (1, 0), value=True).to(seen.dtype) - 1.0) * FORBIDDEN
        count, size, width = len(looking), *seen.shape[1:]
        query = _by_head(self.query(looking).unsqueeze(1))
        key, value = (
            _by_head(part(seen).flatten(1).index_select(0, which).view(count, size, width))
            for part in (self.key, self.value)
        )
        found = scaled_dot_product_attention(query, key, value, taken.view(count, 1, 1, size))
        result: Tensor = self.norm(looking + self.out(found.flatten(1)))
        return result

    def along(self, things: Tensor, edges: Tensor) -> Tensor:
        """Each thing [B, N, width] after half the heads looked along edges [B, E, 2], half against them.

        As `forward` with `neighbours`, but of edges alone, not of all pairs: a bill of materials has few. An
        edge is two things of a plant, each pair once; -1 where there is none.
        """
        batch, count, width = things.shape
        half, each = HEADS // 2, width // HEADS
        plant, place = (edges[..., 0] >= 0).nonzero(as_tuple=True)
        ends = edges[plant, place].long() + (plant * count).unsqueeze(1)
        looks = torch.cat([2 * ends[:, 0], 2 * ends[:, 1] + 1])  # of each thing two halves of heads
        sees = torch.cat([2 * ends[:, 1], 2 * ends[:, 0] + 1])
        query, key, value = (
            part(things).view(-1, half, each) for part in (self.query, self.key, self.value)
        )
        key0, value0 = (
            part(self.nothing).view(1, 2, half, each) for part in (self.key, self.value)
        )
        least = (query.view(-1, 2, half, each) * key0).sum(-1).view(-1, half) / math.sqrt(each)
        score = (query[looks] * key[sees]).sum(-1) / math.sqrt(each)
        rows = looks.unsqueeze(1).expand(-1, half)
        top = least.detach().scatter_reduce(0, rows, score.detach(), "amax")
        weight, weight0 = (score - top[looks]).exp(), (least - top).exp()
        total = weight0.scatter_add(0, rows, weight)
        found = (weight0.view(-1, 2, half, 1) * value0).view(-1, half * each)
        seen = (weight.unsqueeze(-1) * value[sees]).flatten(1)
        found = found.scatter_add(0, looks.unsqueeze(1).expand(-1, half * each), seen)
        joined = found.view(-1, half, each) / total.unsqueeze(-1)
        result: Tensor = self.norm(things + self.out(joined.view(batch, count, width)))
        return result


def _by_head(values: Tensor) -> Tensor:
    """[B, N, width] as [B, HEADS, N, width / HEADS]."""
    return values.view(*values.shape[:2], HEADS, values.shape[-1] // HEADS).transpose(1, 2)


def eligible(slot_item: Tensor, items: int) -> Tensor:
    """Whether a line can make an item [B, L, I], from the items of its slots [B, L, K] (-1: none)."""
    slots = torch.where(slot_item < 0, items, slot_item.long())
    shape = (*slot_item.shape[:2], items + 1)
    found = torch.zeros(shape, dtype=torch.bool, device=slots.device)
    return found.scatter(2, slots, torch.ones_like(slots, dtype=torch.bool))[..., :items]


def neighbours(edges: Tensor, items: int) -> Tensor:
    """What each item sees of the others [B, HEADS, I, I]: half the heads its components, half its takers."""
    batch = len(edges)
    there = edges[..., 0] >= 0
    pairs = torch.where(there.unsqueeze(-1), edges, items).long()
    flat = torch.zeros(batch, (items + 1) * (items + 1), dtype=torch.bool, device=edges.device)
    place = pairs[..., 0] * (items + 1) + pairs[..., 1]
    flat = flat.scatter(1, place, torch.ones_like(place, dtype=torch.bool))
    uses = flat.view(batch, items + 1, items + 1)[:, :items, :items]
    each = HEADS // 2
    return torch.stack([uses] * each + [uses.transpose(1, 2)] * each, 1)
