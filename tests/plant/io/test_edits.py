"""Edits as JSON: what is written is read again, and what is wrong is named by its place."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from plant import DocumentError, Run
from plant.edits import (
    Add,
    Cancel,
    Edit,
    Group,
    Merge,
    Move,
    Replace,
    Resize,
    SetLock,
    Split,
    apply,
)
from plant.examples import three_lines
from plant.explain import exceptions
from plant.io.edits import EditDocument, edit_from_document, edit_to_document
from plant.io.exceptions import exception_to_document
from plant.io.schema import json_schema
from tests.plant.test_edits import random_case, random_edit

EDITS: list[Edit] = [
    Move("R-1", "L1", 60),
    Split("R-1", 20.5),
    Split("R-1", 20, "R-9"),
    Merge("R-1", "R-2"),
    Resize("R-1", 7.25),
    SetLock("R-1", "all"),
    Add("L1", "A", 0, 10.0),
    Add("L1", "A", 0, 10.0, "N", "line"),
    Cancel("R-1"),
    Replace(("R-1",), (Run("N", "L1", "A", 0, 10, 10.0),), (3,)),
    Group((Move("R-1", "L1", 60), Cancel("R-2"))),
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: type(edit).__name__)
def test_an_edit_comes_back_from_its_document(edit: Edit) -> None:
    document = json.loads(json.dumps(edit_to_document(edit)))
    assert edit_from_document(document) == edit
    assert TypeAdapter[Any](EditDocument).validate_python(document).record == edit
    jsonschema.validate(document, json_schema("edit"))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_inverses_come_back_from_their_documents(seed: int) -> None:
    rng, plant, schedule = random_case(seed)
    edit = random_edit(rng, plant, schedule.runs)
    if edit is None:
        return
    inverse = apply(plant, schedule, edit).inverse
    assert edit_from_document(json.loads(json.dumps(edit_to_document(inverse)))) == inverse


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (7, "edit: expected a JSON object, found 7"),
        ({"kind": "swap"}, 'edit: kind: expected one of move, split, merge, resize, lock'),
        ({}, "edit: kind: expected one of move"),
        ({"kind": "move", "run": "R", "line": "L"}, "start: expected a whole minute of at least 0"),
        ({"kind": "move", "run": "R", "line": "L", "start": -1}, "edit: start: expected a whole"),
        ({"kind": "move", "run": "R", "line": "L", "start": 1.5}, "edit: start: expected a whole"),
        ({"kind": "resize", "run": "R", "quantity": 0}, "quantity: expected a number above 0"),
        ({"kind": "cancel", "run": "R", "why": 1}, "why: expected one of the keys kind, run"),
        ({"kind": "lock", "run": "R", "lock": "most"}, "lock: expected none, line, start or all"),
        ({"kind": "group", "edits": []}, "edits: expected a list of edits"),
        (
            {"kind": "group", "edits": [{"kind": "cancel", "run": "R"}, {"kind": "resize"}]},
            "edits[1].quantity: expected a number above 0, found nothing",
        ),
        (
            {"kind": "group", "edits": [{"kind": "group", "edits": []}]},
            "edits[0].kind: expected one of move",
        ),
        (
            {"kind": "replace", "put": [{"id": "N", "line": "L", "item": "A", "start": 9,
                                         "end": 9, "quantity": 1}]},
            "put[0].end: expected a minute after start 9, found 9",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_place(document: object, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        edit_from_document(document)
    assert said in str(caught.value)
    with pytest.raises(ValidationError):
        TypeAdapter[Any](EditDocument).validate_python(document)


def test_an_exception_as_a_document_holds_both_languages_and_its_fixes() -> None:
    plant, schedule = three_lines.plant(), three_lines.schedule()
    documents = {one.id: exception_to_document(one) for one in exceptions(plant, schedule)}
    late = json.loads(json.dumps(documents["late:O-5"], ensure_ascii=False))
    assert late["said"]["ko"].startswith("주문 O-5")
    assert late["why"]["said"]["code"] == "unplanned"
    assert late["fixes"][0]["edit"]["kind"] == "add"
    assert documents["stock:JAM"]["fixes"] is None
