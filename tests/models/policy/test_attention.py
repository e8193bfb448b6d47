"""Attention worked out for what counts of it: the same numbers as for all pairs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from models.policy.acting import tensors  # noqa: E402
from models.policy.attention import HEADS, Attention, neighbours  # noqa: E402
from models.policy.dispatcher import Dispatcher, possible_options  # noqa: E402
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


def test_single_things_that_look_see_what_they_see_among_others() -> None:
    layer, looking, seen = attention(), torch.randn(4, 16), torch.randn(2, 5, 16)
    which, allowed = torch.tensor([0, 0, 1, 1]), torch.rand(4, 5) < 0.5
    whole = layer(looking.view(2, 2, 16), seen, allowed.view(2, 1, 2, 5)).view(4, 16)
    found = layer.of_rows(looking, seen, which, allowed)
    torch.testing.assert_close(found, whole, rtol=1e-5, atol=1e-5)


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
