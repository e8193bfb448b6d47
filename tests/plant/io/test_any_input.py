"""Whatever a document holds, it is read or refused by name: nothing else is raised."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plant import DocumentError, Plant
from plant.examples import three_lines
from plant.io import plant_from_document, plant_from_json, plant_to_document, plant_to_json
from plant.io.csv_files import csv_of_rows, sheet_of_csv
from plant.io.sheets import Sheets
from plant.io.table_reading import plant_from_sheets
from plant.io.tables import plant_tables

FEW = settings(max_examples=40, deadline=None)
DOCUMENT = plant_to_document(three_lines.plant())
TABLES = {
    name: csv_of_rows(rows).decode("utf-8-sig")
    for name, rows in plant_tables(three_lines.plant(), three_lines.schedule()).items()
}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.sampled_from(["JAM", "PACK-1", "2026-01-05", "firm", -1, 10**30, [{}], [None], {"id": []}]),
)  # fmt: skip


@st.composite
def spoilt_documents(draw: st.DrawFn) -> Any:
    """The three-line plant with some values replaced, removed or added anywhere."""
    document: Any = copy.deepcopy(DOCUMENT)
    for _ in range(draw(st.integers(1, 3))):
        owner, key = document, draw(st.sampled_from(sorted(document)))
        while isinstance(owner[key], list | dict) and owner[key] and draw(st.integers(0, 3)):
            owner = owner[key]
            keys = range(len(owner)) if isinstance(owner, list) else sorted(owner)
            key = draw(st.sampled_from(keys))
        how = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if how == "remove" and (isinstance(owner, list) or len(document) > 1):
            del owner[key]
            break
        if how == "add" and isinstance(owner, list):
            owner.append(copy.deepcopy(owner[key]))
        else:
            owner[key] = draw(VALUES)
    return document


@FEW
@given(spoilt_documents())
def test_any_document_is_a_plant_or_refused_with_reasons(document: Any) -> None:
    try:
        assert isinstance(plant_from_document(document), Plant)
    except DocumentError as error:
        assert error.problems
        assert all("expected" in str(problem) for problem in error.problems)


@FEW
@given(st.data())
def test_any_cell_is_read_or_refused_by_its_row(data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(sorted(TABLES)))
    rows = [line.split(",") for line in TABLES[table].splitlines()]
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[row]) - 1))
    cell = st.one_of(
        st.text("0123456789.,-+:T eE_%\"'", max_size=8), st.text(max_size=4), st.just("1e99")
    )
    rows[row][column] = data.draw(cell)
    text = dict(TABLES)
    text[table] = "\n".join(",".join(cells) for cells in rows)
    try:
        sheets = {name: sheet_of_csv(t.encode(), f"{name}.csv", name) for name, t in text.items()}
        plant_from_sheets(Sheets(sheets))
    except UnicodeEncodeError:
        pass  # lone surrogates are no text that a file can hold
    except DocumentError as error:
        assert error.problems
        assert all("expected" in str(problem) for problem in error.problems)


@FEW
@given(st.binary(max_size=40))
def test_any_bytes_are_refused_with_a_place(content: bytes) -> None:
    with pytest.raises(DocumentError):
        plant_from_json(content, "plant.json")


@FEW
@given(st.integers(0, 400), st.binary(min_size=1, max_size=2))
def test_a_file_with_bytes_overwritten_is_read_or_refused(position: int, spoilt: bytes) -> None:
    content = io.BytesIO(plant_to_json(three_lines.plant()).encode())
    content.seek(position)
    content.write(spoilt)
    try:
        plant_from_json(content.getvalue())
    except DocumentError as error:
        assert error.problems


def test_what_is_beyond_all_use_is_refused() -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["horizon"], document["items"][0]["stock"] = 10**12, 1e300
    document["orders"][0]["due"] = -(10**12)
    with pytest.raises(DocumentError) as caught:
        plant_from_document(document)
    assert [str(problem) for problem in caught.value.problems] == [
        "plant: horizon: expected at least 1 whole minute and at most 52,704,000, found 1000000000000",
        (
            "plant: items[0].stock: expected a number of at least 0 and at most 1,000,000,000,000,000, "
            "found 1e+300"
        ),
        "plant: orders[0].due: expected a whole minute from -52,704,000 on, found -1000000000000",
    ]
