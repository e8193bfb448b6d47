"""What lines can choose, cut into rows and joined again."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")
pytest.importorskip("ray")

from models.policy.acting import tensors  # noqa: E402
from models.policy.dispatcher import Options, possible_options  # noqa: E402
from models.policy.rllib.offers import joined, offers_of, options_of  # noqa: E402
from tests.models.policy.test_dispatcher import fleet, later  # noqa: E402


def same(mine: Options, expected: Options) -> bool:
    tensors_alike = all(map(torch.equal, mine[:-1], expected[:-1]))
    return tensors_alike and mine.shape == expected.shape


def test_rows_that_are_joined_have_the_options_of_the_batch_in_their_order() -> None:
    seen = tensors(later(fleet()))
    whole = possible_options(seen)
    offers = offers_of(whole, np.arange(2))
    assert [len(one) for one in offers] == [int((whole.plant == row).sum()) for row in (0, 1)]
    for order in ([0, 1], [1, 0], [0, 0, 1]):
        expected = possible_options({name: one[order] for name, one in seen.items()})
        rows = {"offers": offers[order], "slot_item": seen["slot_item"][order]}
        assert same(options_of(rows), expected)


def test_plants_that_do_not_count_are_left_out() -> None:
    seen = {name: one.flip(0) for name, one in tensors(later(fleet())).items()}
    offers = offers_of(possible_options(seen), np.array([1]))
    expected = possible_options({name: one[1:] for name, one in seen.items()})
    assert len(expected.asking) > 0
    assert same(joined(offers, seen["slot_item"][1:]), expected)
