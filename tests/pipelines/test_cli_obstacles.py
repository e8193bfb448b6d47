"""`takt solve` says what cannot be planned before it solves, and plans the rest."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.cli import run
from plant import Item, Order
from plant.examples.three_lines import PLANT_FILE
from plant.io import load_plant, save_plant


def test_solve_names_what_cannot_be_planned_and_plans_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path / "data"))
    plant = load_plant(PLANT_FILE)
    odd = replace(
        plant,
        items=(*plant.items, Item("GADGET", plant.items[0].family)),
        orders=(*plant.orders, Order("O-X", "GADGET", 12.0, 900)),
    )
    save_plant(odd, tmp_path / "odd.json")
    asked = ["solve", str(tmp_path / "odd.json"), "--seconds", "0.5", "--workers", "1", "--json"]
    assert run(asked) == 0
    out, err = capsys.readouterr()
    assert "cannot be planned: order O-X (12 of GADGET" in err
    (told,) = json.loads(out)["obstacles"]
    assert (told["kind"], told["orders"], told["never"]) == ("no line", ["O-X"], True)
    assert json.loads(out)["runs"] > 0
