"""Attention worked out for the pairs that may see each other, and for no others.

Of all pairs of a line and an item that a plant has, a fifth to two fifths count, of pairs of items a
thirtieth. Forward and backward are compiled; both agree with attention that is masked, up to rounding
(`tests/models/policy/test_attention.py`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.policy.lanes import add, product
from plant.compiled import outer

Floats = NDArray[Any]
Places = NDArray[np.int64]
Sizes = tuple[tuple[int, ...], tuple[int, ...]]


class Pairs(NamedTuple):
    """What each of R rows sees: rows seen[start[r] + 1 : start[r + 1]]; the first place is that of nothing.

    start [R + 1], seen [R + P].
    """

    start: Places
    seen: Places


def looked(query: Tensor, shown: Tensor, nothing: Tensor, pairs: Pairs, heads: int) -> Tensor:
    """What R rows find [R, width] in those of M rows that they see, and in nothing, which all of them see.

    query [R, width]; shown [M, 2 × width]: keys, then values; `nothing` [G, 2 × width]: of row r the one of
    r modulo G. A head has width / heads columns, one after the other.
    """
    found: Tensor = _Looked.apply(query, shown, nothing, pairs, heads)
    return found


def makers_of(slot_item: Tensor, items: int) -> Pairs:
    """Which lines [B × L] can make each item [B × I], by the items of their slots [B, L, K] (-1: none)."""
    plants, lines, slots = slot_item.shape
    plant = np.repeat(np.arange(plants), lines)
    line, item = _able(slot_item.reshape(-1, slots).contiguous().numpy(), plant, items)
    return Pairs(*_grouped(item, line, plants * items))


def menus_of(slot_item: Tensor, plant: Tensor, items: int) -> Pairs:
    """Which items [B × I] each of D lines can make, of a `plant` [D] each, with slots [D, K]."""
    line, item = _able(slot_item.contiguous().numpy(), plant.numpy(), items)
    return Pairs(*_grouped(line, item, len(slot_item)))


def ends_of(edges: Tensor, items: int) -> Pairs:
    """What each item sees along edges [B, E, 2], in rows 2i of [B × I × 2], and against them, in 2i + 1.

    Each pair once, -1 where there is none.
    """
    looks, sees = _ends(edges.contiguous().numpy(), items)
    return Pairs(*_grouped(looks, sees, 2 * len(edges) * items))


class _Looked(torch.autograd.Function):
    """Attention over pairs with its gradient, for which the weights (softmax) of the pairs are kept."""

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, shown: Tensor, nothing: Tensor, pairs: Pairs, heads: int
    ) -> Tensor:
        sizes = (0,) * heads, (0,) * (query.shape[1] // heads)
        given = [one.detach().contiguous() for one in (query, shown, nothing)]
        asks, shows, none = (one.numpy() for one in given)
        weight = np.empty((len(pairs.seen), heads), asks.dtype)
        _score(asks, shows, none, *pairs, sizes, weight)
        np.exp(weight, out=weight)
        found = torch.empty_like(given[0])
        _mix(shows, none, *pairs, sizes, weight, found.numpy())
        ctx.save_for_backward(*given, torch.from_numpy(weight), found)
        ctx.pairs, ctx.sizes = pairs, sizes
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, shown, nothing, weight, found = (one.detach() for one in ctx.saved_tensors)
        made = torch.empty_like(query), torch.zeros_like(shown), torch.zeros_like(nothing)
        given = (query, shown, nothing), (weight, found, grad.contiguous()), made
        told: Any = [*ctx.pairs, ctx.sizes, *(one.numpy() for part in given for one in part)]
        _blame(*told)
        return (*made, None, None)


@outer
def _score(
    query: Floats,
    shown: Floats,
    nothing: Floats,
    start: Places,
    seen: Places,
    sizes: Sizes,
    score: Floats,
) -> None:
    """Write scaled products of queries and keys, less the largest of each row [R + P, heads].

    `sizes`: tuples as long as there are heads and columns of a head, lengths that the compiler knows.
    """
    heads, each = len(sizes[0]), len(sizes[1])
    scale = query.dtype.type(1.0 / math.sqrt(each))
    for row in range(len(query)):
        first, last = start[row], start[row + 1]
        for place in range(first + 1, last):
            for head in range(heads):
                found = product(query, row, head * each, shown, seen[place], head * each, sizes[1])
                score[place, head] = found * scale
        for head in range(heads):
            kind = row % len(nothing)
            found = product(query, row, head * each, nothing, kind, head * each, sizes[1])
            score[first, head] = top = found * scale
            for place in range(first + 1, last):
                top = max(top, score[place, head])
            for place in range(first, last):
                score[place, head] -= top


@outer
def _mix(
    shown: Floats,
    nothing: Floats,
    start: Places,
    seen: Places,
    sizes: Sizes,
    weight: Floats,
    found: Floats,
) -> None:
    """Make `weight`, e to the power of scores, sum to 1 by row; write the values' means by it [R, width]."""
    heads, each = len(sizes[0]), len(sizes[1])
    width = heads * each
    total = np.empty(heads, weight.dtype)
    for row in range(len(found)):
        first, last, kind = start[row], start[row + 1], row % len(nothing)
        total[:] = 0.0
        for place in range(first, last):
            for head in range(heads):
                total[head] += weight[place, head]
        found[row] = 0.0
        for head in range(heads):
            total[head] = 1.0 / total[head]
        for place in range(first, last):
            for head in range(heads):
                begin = head * each
                weight[place, head] *= total[head]
                share = weight[place, head]
                if place == first:
                    add(found, row, begin, share, nothing, kind, width + begin, sizes[1])
                else:
                    add(found, row, begin, share, shown, seen[place], width + begin, sizes[1])


@outer
def _blame(
    start: Places,
    seen: Places,
    sizes: Sizes,
    query: Floats,
    shown: Floats,
    nothing: Floats,
    weight: Floats,
    found: Floats,
    grad: Floats,
    of_query: Floats,
    of_shown: Floats,
    of_nothing: Floats,
) -> None:
    """Write the gradients of queries, add those of keys and values, from `grad` of what was found.

    A score's is weight × (grad · value − grad · found) × scale (Dao et al. 2022).
    """
    heads, each = len(sizes[0]), len(sizes[1])
    width, scale = heads * each, query.dtype.type(1.0 / math.sqrt(each))
    usual = np.empty(heads, query.dtype)
    for row in range(len(query)):
        first, last, kind = start[row], start[row + 1], row % len(nothing)
        of_query[row] = 0.0
        for head in range(heads):
            begin, share = head * each, weight[first, head]
            usual[head] = product(grad, row, begin, found, row, begin, sizes[1])
            rise = product(grad, row, begin, nothing, kind, width + begin, sizes[1])
            blame = share * (rise - usual[head]) * scale
            add(of_nothing, kind, width + begin, share, grad, row, begin, sizes[1])
            add(of_nothing, kind, begin, blame, query, row, begin, sizes[1])
            add(of_query, row, begin, blame, nothing, kind, begin, sizes[1])
        for place in range(first + 1, last):
            other = seen[place]
            for head in range(heads):
                begin, share = head * each, weight[place, head]
                rise = product(grad, row, begin, shown, other, width + begin, sizes[1])
                blame = share * (rise - usual[head]) * scale
                add(of_shown, other, width + begin, share, grad, row, begin, sizes[1])
                add(of_shown, other, begin, blame, query, row, begin, sizes[1])
                add(of_query, row, begin, blame, shown, other, begin, sizes[1])


@outer
def _able(slots: Places, plant: Places, items: int) -> tuple[Places, Places]:
    """Lines and items [P] that can do with each other, each pair once; slots [D, K], plant [D]."""
    line, item = np.empty(slots.size, np.int64), np.empty(slots.size, np.int64)
    count, last = 0, np.full(items, -1)
    for row in range(len(slots)):
        for one in slots[row]:
            if one >= 0 and last[one] != row:
                last[one] = row
                line[count], item[count] = row, plant[row] * items + one
                count += 1
    return line[:count], item[:count]


@outer
def _ends(edges: Places, items: int) -> tuple[Places, Places]:
    """Rows that look and rows that they see [P], each edge [B, E, 2] both ways."""
    looks, sees = np.empty(edges.size, np.int64), np.empty(edges.size, np.int64)
    count = 0
    for plant in range(len(edges)):
        for user, part in edges[plant]:
            if user >= 0:
                one, other = 2 * (plant * items + user), 2 * (plant * items + part)
                looks[count], sees[count] = one, other
                looks[count + 1], sees[count + 1] = other + 1, one + 1
                count += 2
    return looks[:count], sees[:count]


@outer
def _grouped(looks: Places, sees: Places, rows: int) -> tuple[Places, Places]:
    """Pairs put together by the row that looks, in their order, a place for nothing before each row's."""
    start = np.zeros(rows + 1, np.int64)
    for row in looks:
        start[row + 1] += 1
    start = start.cumsum() + np.arange(rows + 1)
    seen, filled = np.full(start[-1], -1), start + 1
    for pair in range(len(looks)):
        seen[filled[looks[pair]]] = sees[pair]
        filled[looks[pair]] += 1
    return start, seen
