"""Attention over the lines and items of many plants, each seeing only what it has to do with.

Nothing has an identity: a layer treats lines alike and items alike, so that any number of them will do. Each
attention has one more key than there are things to look at, which is always seen: what looks at nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from models.policy.pairs import Pairs, ends_of, looked

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

    def among(self, looking: Tensor, seen: Tensor, pairs: Pairs) -> Tensor:
        """The same of rows [R, width] that look at rows [M, width], by the pairs that may."""
        shown, nothing = self._shown(seen, len(self.query.weight))
        found = looked(self.query(looking), shown, nothing, pairs, HEADS)
        result: Tensor = self.norm(looking + self.out(found))
        return result

    def along(self, things: Tensor, edges: Tensor) -> Tensor:
        """Each thing [B, N, width] after half the heads looked along edges [B, E, 2], half against them.

        As `forward` with `neighbours`. An edge is two things of a plant, each pair once; -1 where there is
        none.
        """
        half = things.shape[2] // 2  # columns of the heads that look one way: a row for each half
        pairs = ends_of(edges, things.shape[1])
        query = self.query(things).view(-1, half)
        shown, nothing = self._shown(things, half)
        found = looked(query, shown, nothing, pairs, HEADS // 2)
        result: Tensor = self.norm(things + self.out(found.view(things.shape)))
        return result

    def _shown(self, seen: Tensor, columns: int) -> tuple[Tensor, Tensor]:
        """Keys and values of things, and of nothing, as rows [..., 2 × columns]: by one product each."""
        both = self.key, self.value
        weight, bias = (
            torch.stack([part.view(-1, columns, *part.shape[1:]) for part in parts], 1)
            for parts in ([one.weight for one in both], [one.bias for one in both])
        )
        flat = weight.flatten(0, 2), bias.flatten()
        shown, nothing = (nn.functional.linear(one, *flat) for one in (seen, self.nothing))
        return shown.view(-1, 2 * columns), nothing.view(-1, 2 * columns)


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
