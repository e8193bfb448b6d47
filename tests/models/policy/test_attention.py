"""Attention worked out for what counts of it: the same numbers as for all pairs."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402

from models.policy.acting import tensors  # noqa: E402
from models.policy.attention import HEADS, Attention, eligible, neighbours  # noqa: E402
from models.policy.dispatcher import Dispatcher, possible_options  # noqa: E402
from models.policy.pairs import Pairs, _grouped, looked, makers_of, menus_of  # noqa: E402
from tests.models.policy.test_dispatcher import fleet, fresh, later  # noqa: E402

EDGES = [[[0, 1], [0, 2], [3, 1], [4, 3]], [[2, 0], [-1, -1], [-1, -1], [-1, -1]]]


def attention(width: int = 16) -> Attention:
    torch.manual_seed(1)
    layer = Attention(width)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return layer


def test_looking_along_edges_is_attention_that_is_masked_by_them() -> None:
    layer, things, edges = attention(), torch.randn(2, 5, 16), torch.tensor(EDGES)
    grads = []
    for found in (layer.along(things, edges), layer(things, things, neighbours(edges, 5))):
        layer.zero_grad()
        found.square().sum().backward()
        grads.append(torch.cat([one.grad.flatten() for one in layer.parameters()]))  # type: ignore[union-attr]
        grads.append(found.detach())
    torch.testing.assert_close(grads[0], grads[2], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(grads[1], grads[3], rtol=1e-5, atol=1e-5)


def test_without_edges_nothing_is_looked_at() -> None:
    layer, things = attention(), torch.randn(2, 5, 16)
    none = torch.full((2, 3, 2), -1)
    seen = layer(things, things, torch.zeros(2, HEADS, 5, 5, dtype=torch.bool))
    torch.testing.assert_close(layer.along(things, none), seen, rtol=1e-5, atol=1e-5)


SLOTS = [[[2, 0, -1], [1, -1, -1], [4, 4, 2]], [[3, 1, 0], [-1, -1, -1], [0, -1, 2]]]


def test_lines_that_look_at_their_items_see_what_they_see_among_all() -> None:
    layer, lines, items = attention(), torch.randn(2, 3, 16), torch.randn(2, 5, 16)
    slots = torch.tensor(SLOTS)
    whole = layer(lines, items, eligible(slots, 5).unsqueeze(1))
    b, row = torch.tensor([0, 1, 1]), torch.tensor([2, 0, 1])
    menus = menus_of(slots[b, row], b, 5)
    found = layer.among(lines[b, row], items.flatten(0, 1), menus)
    torch.testing.assert_close(found, whole[b, row], rtol=1e-5, atol=1e-5)


def test_items_that_look_at_their_makers_learn_what_masked_ones_would() -> None:
    layer, lines, items = attention(), torch.randn(2, 3, 16), torch.randn(2, 5, 16)
    slots = torch.tensor(SLOTS)
    told: list[list[Any]] = []
    found: Any
    for pairwise in (True, False):
        layer.zero_grad()
        given = lines.clone().requires_grad_(), items.clone().requires_grad_()
        if pairwise:
            flat = given[1].flatten(0, 1), given[0].flatten(0, 1)
            found = layer.among(*flat, makers_of(slots, 5)).view(2, 5, 16)
        else:
            found = layer(given[1], given[0], eligible(slots, 5).transpose(1, 2).unsqueeze(1))
        found.square().sum().backward()
        grads = [*(one.grad for one in given), *(one.grad for one in layer.parameters())]
        told.append([found.detach(), *grads])
    for mine, expected in zip(*told, strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("heads", "width", "kinds"), [(2, 6, 1), (4, 32, 1), (2, 16, 2)])
def test_what_pairs_find_has_the_gradient_of_its_differences(
    heads: int, width: int, kinds: int
) -> None:
    torch.manual_seed(2)
    looks, sees = np.array([0, 0, 2, 3, 3, 3]), np.array([1, 4, 4, 0, 1, 2])
    pairs = Pairs(*_grouped(looks, sees, 4))
    given = [
        torch.randn(rows, columns, dtype=torch.float64, requires_grad=True)
        for rows, columns in ((4, width), (5, 2 * width), (kinds, 2 * width))
    ]
    assert torch.autograd.gradcheck(lambda q, s, n: looked(q, s, n, pairs, heads), given)


def test_scores_of_any_size_make_weights_that_are_numbers() -> None:
    query, shown, nothing = torch.full((1, 8), 200.0), torch.ones(2, 16), torch.zeros(1, 16)
    shown[1] = -1.0
    pairs = Pairs(np.array([0, 3]), np.array([-1, 0, 1]))
    found = looked(query, shown, nothing, pairs, 2)
    torch.testing.assert_close(found, torch.ones(1, 8))


def test_lines_that_decide_are_scored_as_among_all_lines() -> None:
    env = fleet()
    policy: Dispatcher = fresh(env, 0.1)
    seen = tensors(later(env))
    options = possible_options(seen)
    few = {name: one for name, one in seen.items() if name not in ("slots", "mask")}
    with torch.no_grad():
        told, whole = policy.of_deciding(few, options), policy(seen)
    assert len(told.choice) > 1
    place = options.asking, options.asking_line
    for name in ("choice", "size", "mode"):
        torch.testing.assert_close(getattr(told, name), getattr(whole, name)[place])
    torch.testing.assert_close(told.value, whole.value)


def test_where_nobody_decides_plants_have_a_value_all_the_same() -> None:
    env = fleet()
    policy: Dispatcher = fresh(env, 0.1)
    seen = tensors(later(env))
    seen["mask"][..., 1:] = 0
    with torch.no_grad():
        told = policy.of_deciding(seen, possible_options(seen))
        whole = policy(seen)
    assert told.choice.shape[0] == 0
    assert told.value.isfinite().all()
    torch.testing.assert_close(told.value, whole.value)
