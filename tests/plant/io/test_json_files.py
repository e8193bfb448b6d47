"""Plants and schedules as JSON: what is read is what was written, and all that is wrong is named."""

from __future__ import annotations

import copy
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import plant
from plant import DocumentError, Run, Schedule
from plant.io import (
    evaluation_to_document,
    load_plant,
    load_schedule,
    plant_from_document,
    plant_from_json,
    plant_to_document,
    plant_to_json,
    save_plant,
    save_schedule,
    schedule_from_document,
    schedule_from_json,
)

PLANT: dict[str, Any] = {
    "currency": "KRW",
    "starts_at": "2026-01-05T00:00:00+09:00",
    "horizon": 2880,
    "lines": [
        {
            "id": "L1",
            "run_cost": 30.5,
            "overtime_cost": 10,
            "idle_cost": 4,
            "shifts": [{"start": 0, "end": 480, "overtime": False}],
            "initial_family": "A",
            "available_from": 0,
        }
    ],
    "items": [
        {
            "id": name,
            "family": family,
            "stock": 100,
            "safety_stock": 0,
            "holding_cost": 0.1,
            "shortage_cost": 0,
        }
        for name, family in (("P", "A"), ("R", "raw"))
    ],
    "capabilities": [
        {"line": "L1", "item": "P", "rate": 60, "yield": 0.9, "min_lot": 0, "lot_multiple": 0}
    ],
    "changeovers": [{"from_family": "B", "to_family": "A", "minutes": 5, "cost": 1, "line": None}],
    "bom": [{"item": "P", "component": "R", "per_unit": 0.5}],
    "arrivals": [{"item": "R", "at": 60, "quantity": 10}],
    "orders": [
        {"id": f"O{n}", "item": "P", "quantity": 5, "due": due, "weight": 1, "source": "firm"}
        for n, due in enumerate((-30, 400))
    ],
}
RUN = {"id": "R1", "line": "L1", "item": "P", "start": 0, "end": 60, "quantity": 30, "lock": "none"}


def problems(document: object) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        plant_from_document(document, "plant.json")
    return [str(problem) for problem in caught.value.problems]


def changed(**changes: object) -> dict[str, Any]:
    """PLANT with the value at each path (`orders__0__due`) replaced; ... removes it."""
    document = copy.deepcopy(PLANT)
    for path, value in changes.items():
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        owner: Any = document
        for step in steps:
            owner = owner[step]
        if value is ...:
            del owner[last]
        else:
            owner[last] = value
    return document


def test_a_document_survives_the_way_to_records_and_back() -> None:
    assert plant_to_document(plant_from_document(PLANT)) == PLANT


def test_records_survive_the_way_to_text_and_back() -> None:
    first = plant_from_document(changed(items__0__stock=0.1 + 0.2, lines__0__run_cost=1e15))
    assert plant_from_json(plant_to_json(first)) == first


def test_files_hold_what_was_saved(tmp_path: Path) -> None:
    first, schedule = plant_from_document(PLANT), Schedule((Run("R1", "L1", "P", 0, 60, 29.5),))
    save_plant(first, tmp_path / "new" / "plant.json")
    save_schedule(schedule, tmp_path / "schedule.json")
    assert load_plant(tmp_path / "new" / "plant.json") == first
    assert load_schedule(tmp_path / "schedule.json") == schedule


def test_a_saved_file_replaces_the_old_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "plant.json"
    target.write_text("old")
    save_plant(plant_from_document(PLANT), target)
    assert [path.name for path in tmp_path.iterdir()] == ["plant.json"]
    assert stat.S_IMODE(target.stat().st_mode) & stat.S_IRUSR


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "plant.json"
    target.write_text("old")
    wrong = replace(plant_from_document(PLANT), currency="\ud800")  # no text that UTF-8 can hold
    with pytest.raises(UnicodeEncodeError):
        save_plant(wrong, target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_keys_that_have_a_usual_value_may_be_left_out() -> None:
    document = changed(orders__0__weight=..., lines__0__shifts=..., bom=...)
    found = plant_from_document(document)
    assert found.orders[0].weight == 1.0
    assert found.lines[0].shifts == ()
    assert found.bom == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"orders__1__due": "noon"},
            'plant.json: orders[1].due: expected a whole minute, found "noon"',
        ),
        ({"orders__1__due": 1.5}, "plant.json: orders[1].due: expected a whole minute, found 1.5"),
        (
            {"orders__0__quantity": True},
            "plant.json: orders[0].quantity: expected a number above 0, found true",
        ),
        (
            {"items__0__stock": float("nan")},
            "plant.json: items[0].stock: expected a number of at least 0, found NaN",
        ),
        ({"lines__0__id": ...}, "plant.json: lines[0].id: expected a name, found nothing"),
        (
            {"lines__0__shifts__0__end": 0},
            "plant.json: lines[0].shifts[0].end: expected a minute after start 0, found 0",
        ),
        (
            {"starts_at": "2026-01-05T00:00"},
            (
                "plant.json: starts_at: expected an instant with its time zone, such as "
                '2026-01-05T00:00:00+09:00, found "2026-01-05T00:00"'
            ),
        ),
        (
            {"orders__1__id": "O0"},
            "plant.json: orders[1].id: expected each once, found O0 again, after orders[0]",
        ),
        (
            {"bom__0__component": "r"},
            (
                "plant.json: bom[0].component: expected the id of one of the items (did you mean R?), "
                'found "r"'
            ),
        ),
        (
            {"bom__0__component": "P"},
            'plant.json: bom[0].component: expected another item, found "P"',
        ),
        ({"orders": None}, "plant.json: orders: expected a list of orders, found null"),
        ({"orders__0": 7}, "plant.json: orders[0]: expected a JSON object, found 7"),
        (
            {"orders__0__du": 5},
            (
                "plant.json: orders[0].du: expected one of the keys id, item, quantity, due, weight, "
                "source (did you mean due?), found an unknown key"
            ),
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(changes: dict[str, object], said: str) -> None:
    assert problems(changed(**changes)) == [said]


def test_everything_wrong_is_named_at_once() -> None:
    found = problems(
        changed(
            currency=...,
            horizon=0,
            lines__0__shifts__0__start=480,
            items__1__family="",
            orders__0__item="X",
            arrivals__0__at=-1,
            capabilities__0__yield=2,
        )
    )
    assert [text.split(": ")[1] for text in found] == [
        "currency",
        "horizon",
        "lines[0].shifts[0].end",
        "items[1].family",
        "capabilities[0].yield",
        "arrivals[0].at",
        "orders[0].item",
    ]


def test_an_item_that_contains_itself_over_two_stages_is_named() -> None:
    document = changed()
    document["bom"].append({"item": "R", "component": "P", "per_unit": 1})
    assert "P > R > P" in "\n".join(problems(document))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"runs": [\n  {"id": "R1",}\n]}',
            (
                "s.json: line 2, column 15: expected JSON (Expecting property name enclosed in double "
                'quotes), found "}"'
            ),
        ),
        (
            "",
            "s.json: line 1, column 1: expected JSON (Expecting value), found the end of the text",
        ),
        ("[]", "s.json: expected a JSON object, found []"),
        (
            '{"runs": [{"id": "R1", "id": "R2"}]}',
            "s.json: expected each key of an object once, found id twice in the object of R2",
        ),
        (
            '{"runs": "작업"}'.encode("cp949"),
            (
                "s.json: line 1: expected text in UTF-8, found byte 0xc0; the file is in CP949 "
                "(EUC-KR), as Excel writes 'CSV': save it as 'CSV UTF-8'"
            ),
        ),
    ],
)
def test_text_that_is_no_json_is_named_by_line(text: str | bytes, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        schedule_from_json(text, "s.json")
    assert str(caught.value) == said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_and_unmarked_unicode_is_read(encoding: str) -> None:
    text = json.dumps({"runs": [{**RUN, "id": "작업 1"}]}, ensure_ascii=False)
    assert schedule_from_json(text.encode(encoding)).runs[0].id == "작업 1"


def test_the_verdict_has_its_fixed_keys() -> None:
    schedule = schedule_from_document({"runs": [{**RUN, "end": 20}]})
    found = evaluation_to_document(plant.evaluate(plant_from_document(PLANT), schedule))
    assert list(found) == ["feasible", "violations", "cost", "kpis"]
    assert found["feasible"] is False
    assert [one["kind"] for one in found["violations"]] == ["duration"]
    parts = [value for name, value in found["cost"].items() if name != "total"]
    assert found["cost"]["total"] == pytest.approx(sum(parts))
    json.dumps(found, allow_nan=False)
