"""Records check themselves, the plant checks what they say of each other, errors name all of it."""

from __future__ import annotations

import copy
import gc
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from plant import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    PlantError,
    RecordError,
    ReferencesError,
    Run,
    Schedule,
    Shift,
)
from plant.arrays import _built, plant_arrays


def plant(**changes: Any) -> Plant:
    parts: dict[str, Any] = {
        "currency": "KRW", "starts_at": datetime(2026, 1, 5, tzinfo=UTC), "horizon": 1440,
        "lines": (Line("L", shifts=(Shift(480, 720),)),), "items": (Item("A", "f"), Item("M", "raw")),
        "capabilities": (Capability("L", "A", 60),),
    }  # fmt: skip
    return Plant(**(parts | changes))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Shift(10, 10), "end"),
        (lambda: Shift(-1, 10), "start"),
        (lambda: Line("", run_cost=1), "id"),
        (lambda: Line("L", run_cost=-1), "run_cost"),
        (lambda: Line("L", idle_cost=float("nan")), "idle_cost"),
        (lambda: Line("L", shifts=(Shift(0, 10), Shift(5, 20))), "shifts"),
        (lambda: Item("A", "f", stock=-1), "stock"),
        (lambda: Item("A", "", stock=1), "family"),
        (lambda: Capability("L", "A", 0), "rate"),
        (lambda: Capability("L", "A", 1, yield_=1.1), "yield"),
        (lambda: Capability("L", "A", 1, yield_=0), "yield"),
        (lambda: Changeover("f", "g", -5), "minutes"),
        (lambda: BomLine("A", "A", 1), "component"),
        (lambda: BomLine("A", "M", 0), "per_unit"),
        (lambda: Arrival("A", 5, 0), "quantity"),
        (lambda: Order("O", "A", 0, 5), "quantity"),
        (lambda: Order("O", "A", 1, 5, source="wish"), "source"),  # type: ignore[arg-type]
        (lambda: Run("r", "L", "A", 5, 5, 1), "end"),
        (lambda: Run("r", "L", "A", 5, 9, float("inf")), "quantity"),
        (lambda: Run("r", "L", "A", 5, 9, 1, lock="shut"), "lock"),  # type: ignore[arg-type]
    ],
)
def test_a_record_that_is_wrong_in_itself_names_the_field(make: Any, field: str) -> None:
    with pytest.raises(RecordError) as refused:
        make()
    assert [problem.field for problem in refused.value.problems] == [field]
    assert "expected" in str(refused.value)
    assert "found" in str(refused.value)


def test_all_that_is_wrong_with_a_record_is_named_at_once() -> None:
    with pytest.raises(RecordError) as refused:
        Item("A", "f", stock=-1, safety_stock=-2, holding_cost=-3)
    assert {p.field for p in refused.value.problems} == {"stock", "safety_stock", "holding_cost"}


def test_all_that_is_wrong_between_records_is_named_at_once() -> None:
    with pytest.raises(ReferencesError) as refused:
        plant(
            items=(Item("A", "f"), Item("A", "f"), Item("M", "raw")),
            capabilities=(Capability("L9", "A", 1),),
            orders=(Order("O", "Q", 1, 5),),
            bom=(BomLine("A", "M", 1), BomLine("M", "A", 1)),
            horizon=0,
        )
    text = str(refused.value)
    for told in ("'A 2 times'", "'L9'", "'Q'", "A > M > A", "horizon"):
        assert told in text, told


def test_an_instant_without_time_zone_is_refused() -> None:
    with pytest.raises(PlantError, match="time zone"):
        plant(starts_at=datetime(2026, 1, 5))  # noqa: DTZ001


def test_a_chain_that_meets_itself_without_a_circle_is_fine() -> None:
    items = tuple(Item(name, "f") for name in "ABCD")
    bom = (BomLine("A", "B", 1), BomLine("A", "C", 1), BomLine("B", "D", 1), BomLine("C", "D", 1))
    assert plant(items=items, bom=bom).raw_items == {"B", "C", "D"}


def test_a_run_id_stands_once_in_a_schedule() -> None:
    with pytest.raises(ReferencesError, match="r"):
        Schedule((Run("r", "L", "A", 0, 5, 1), Run("r", "L", "A", 5, 9, 1)))


def test_plants_are_values() -> None:
    assert plant() == plant() == pickle.loads(pickle.dumps(plant())) == copy.deepcopy(plant())
    assert hash(plant()) == hash(plant())


def test_the_dense_view_is_built_once_and_goes_with_its_plant() -> None:
    one = plant()
    assert plant_arrays(one) is plant_arrays(one)
    key = id(one)
    assert key in _built
    del one
    gc.collect()
    assert key not in _built
