"""Records that compiled functions are handed as one address."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from plant import borrowed
from plant.borrowed import Held, borrow
from plant.compiled import outer


class Shelf(NamedTuple):
    width: int
    units: NDArray[np.float64]


class Shop(NamedTuple):
    shelf: Shelf
    sold: NDArray[np.int64]


@pytest.fixture(autouse=True)
def _no_types_of_tests_in_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of compiled code that names these records stops every process that knows no tests."""
    for name in ("_size", "_write"):
        monkeypatch.setattr(borrowed, name, njit(getattr(borrowed, name).py_func))


@outer
def sell(shop: Any, row: int) -> float:
    """Move a shelf's units out; what is left on it."""
    s = borrow(shop)
    s.sold[row] += 1
    s.shelf.units[row] -= s.shelf.width
    return float(s.shelf.units[row])


def shop() -> Shop:
    return Shop(Shelf(3, np.array([5.0, 8.0])), np.zeros(2, np.int64))


def test_a_held_record_is_the_record() -> None:
    record = shop()
    held = Held(record)
    assert sell(held, 1) == 5.0
    assert record.sold.tolist() == [0, 1]
    assert record.shelf.units.tolist() == [5.0, 5.0]
    assert sell(record, 1) == 2.0


def test_a_held_record_keeps_its_arrays() -> None:
    held = Held(shop())
    pieces = [np.full(2, 7.0) for _ in range(1000)]  # would be put where freed arrays were
    assert sell(held, 0) == 2.0
    assert all((piece == 7.0).all() for piece in pieces)


@pytest.mark.parametrize("copied", [deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_holds_arrays_of_its_own(copied: Any) -> None:
    held = Held(shop())
    other = copied(held)
    sell(other, 0)
    assert held.record.sold.tolist() == [0, 0]
    assert other.record.sold.tolist() == [1, 0]
