"""`takt`: results on standard output, errors on standard error, exit codes that scripts can trust."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import run
from pipelines.commands.errors import FAILURES, INPUT_ERRORS
from plant.examples.three_lines import PLANT_FILE, SCHEDULE_FILE
from plant.io import load_plant, load_schedule, save_schedule, schedule_from_document

PLANT, SCHEDULE = str(PLANT_FILE), str(SCHEDULE_FILE)
COMMANDS = (
    "run", "ingest", "forecast", "train", "plan", "publish", "drift", "generate", "solve", "evaluate",
    "pareto", "import", "export", "schema", "show", "versions", "diff",
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path / "data"))
    for name in ("TAKT_DATABASE_URL", "MLFLOW_TRACKING_URI", "TAKT_PARAMS_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """A schedule of the three-line plant that breaks one rule."""
    document = {"runs": [{"id": "R", "line": "PACK-2", "item": "JUICE", "start": 600, "end": 610,
                          "quantity": 100}]}  # fmt: skip
    save_schedule(schedule_from_document(document), tmp_path / "broken.json")
    return str(tmp_path / "broken.json")


class Said:
    """What a command ended with and wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def takt(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: object) -> Said:
        code = run([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    return call


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example_and_json(takt: Any, command: str) -> None:
    said = takt(command, "--help")
    assert said.code == 0
    assert f"Example: takt {command}" in said.out
    assert "Exit codes:" in said.out
    assert "--json" in said.out


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from pipelines.cli import run; run(['--help']);"
        "sys.exit(' '.join({'numpy', 'numba', 'pydantic', 'pandas', 'sqlalchemy', 'plant', 'airflow',"
        "'mlflow', 'ray'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_evaluate_gives_the_fixed_document(takt: Any) -> None:
    said = takt("evaluate", PLANT, SCHEDULE, "--json")
    assert said.code == 0
    assert list(said.document) == ["feasible", "violations", "cost", "kpis"]
    assert said.document["feasible"] is True
    assert said.document["cost"]["production"] == pytest.approx(672_000)


def test_evaluate_ends_with_1_where_a_rule_is_broken(takt: Any, broken: str) -> None:
    said = takt("evaluate", PLANT, broken, "--json")
    assert said.code == 1
    assert [one["kind"] for one in said.document["violations"]] == ["duration"]
    plain = takt("evaluate", PLANT, broken)
    assert plain.code == 1
    assert "run R on PACK-2" in plain.out


def test_a_weight_can_be_given(takt: Any) -> None:
    once = takt("evaluate", PLANT, SCHEDULE, "--json").document["cost"]
    twice = takt("evaluate", PLANT, SCHEDULE, "--json", "-w", "tardiness=2").document["cost"]
    assert twice["tardiness"] == pytest.approx(2 * once["tardiness"])
    wrong = takt("evaluate", PLANT, SCHEDULE, "-w", "lateness=2")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--weight lateness=2: expected one of tardiness, production" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "absent.json", SCHEDULE), "absent.json: No such file or directory"),
        (("evaluate", PLANT, PLANT), "three_lines.json: expected the keys runs, found an object"),
        (("evaluate", PLANT), "expected a plant and a schedule, or --version"),
        (("solve",), "Missing argument 'PLANT'"),
        (("frobnicate",), "No such command 'frobnicate'"),
        (("show", PLANT, SCHEDULE, "--line", "X"), "option --line: X: expected the id of a line"),
        (("versions", "7"), "version 7 is not stored"),
        (("versions", "newest"), "--version: expected a number or latest, found 'newest'"),
        (("export", PLANT, "-o", "plan.doc"), "plan.doc: expected a folder, .xlsx, .ics, .json"),
        (("export", PLANT, "-o", "plan.ics"), "iCalendar holds runs: expected a schedule"),
        (("show",), "name a plant and a schedule, or do `takt run`"),
    ],
)
def test_bad_input_ends_with_2_and_one_readable_line(
    takt: Any, arguments: tuple[str, ...], said: str
) -> None:
    found = takt(*arguments)
    assert found.code == 2
    assert found.err.startswith("error: ")
    assert said in found.err
    assert "Traceback" not in found.err
    document = takt(*arguments, "--json").document
    assert document["error"]["code"] == 2
    assert said in document["error"]["message"]


def test_a_step_that_fails_ends_with_3_and_says_which(takt: Any) -> None:
    said = takt("publish", "--json")
    assert said.code == 3
    assert said.document["error"]["message"].startswith("step publish: ")


def test_a_wrong_setting_ends_with_2(takt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKT_DATABASE_URL", "oracle://x")
    said = takt("versions")
    assert said.code == 2
    assert "TAKT_DATABASE_URL=oracle://x" in said.err


def test_a_fault_of_our_own_ends_with_4(takt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("plant.evaluate", fails)
    said = takt("evaluate", PLANT, SCHEDULE)
    assert said.code == 4
    assert "ZeroDivisionError: by zero" in said.err
    assert "--debug" in said.err


@pytest.mark.integration
def test_the_errors_that_exit_codes_know_are_there() -> None:
    for name in sorted(INPUT_ERRORS | FAILURES):
        module, _, error = name.rpartition(".")
        assert issubclass(getattr(import_module(module), error), Exception), name


def test_generate_gives_the_same_plant_for_the_same_seed(takt: Any, tmp_path: Path) -> None:
    arguments = (
        "--lines",
        3,
        "--items",
        8,
        "--orders",
        10,
        "--days",
        3,
        "--load",
        0.8,
        "--seed",
        7,
    )
    said = takt("generate", *arguments, "-o", tmp_path / "a.json", "--json")
    assert (said.code, said.document["lines"], said.document["orders"]) == (0, 3, 10)
    assert takt("generate", *arguments, "-o", tmp_path / "b.json").code == 0
    assert load_plant(tmp_path / "a.json") == load_plant(tmp_path / "b.json")


@pytest.mark.integration
def test_solve_writes_a_schedule_that_evaluate_agrees_with(takt: Any, tmp_path: Path) -> None:
    target, timed = tmp_path / "s.json", ("--seconds", 1, "--workers", 1, "--json")
    said = takt("solve", PLANT, "--start", SCHEDULE, "-o", target, *timed)
    assert said.code == 0
    judged = takt("evaluate", PLANT, target, "--json").document
    assert {key: said.document[key] for key in judged} == judged
    by_hand = takt("evaluate", PLANT, SCHEDULE, "--json").document
    assert judged["cost"]["total"] <= by_hand["cost"]["total"]
    unwritten = takt("solve", PLANT, *timed).document
    assert len(unwritten["schedule"]["runs"]) == unwritten["runs"]


@pytest.mark.integration
def test_pareto_writes_schedules_and_tables_that_evaluate_agrees_with(
    takt: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "alternatives"
    folder.mkdir()
    (folder / "plan-99.json").write_text("{}")
    said = takt("pareto", PLANT, "--start", SCHEDULE, "-o", folder, "--seconds", 1, "--json")
    assert said.code == 0
    assert said.document == json.loads((folder / "front.json").read_text("utf-8"))
    assert set(said.document["picks"]) == {"cheapest", "on_time", "leanest", "calmest"}
    plans = said.document["plans"]
    assert {path.name for path in folder.glob("plan-*")} == {plan["file"] for plan in plans}
    for plan in plans:
        judged = takt("evaluate", PLANT, folder / plan["file"], "--json")
        assert judged.code == 0
        assert judged.document["cost"]["total"] == plan["total"]
        assert judged.document["cost"]["tardiness"] == plan["tardiness"]
    table = (folder / "front.csv").read_text("utf-8").splitlines()
    assert len(table) == len(plans) + 1
    assert (folder / "front.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", ["tables", "plan.xlsx"])
def test_what_is_exported_can_be_imported(takt: Any, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    assert takt("export", PLANT, SCHEDULE, "-o", target, "--times", "instants").code == 0
    plant, schedule = tmp_path / "p.json", tmp_path / "s.json"
    said = takt("import", target, "-o", plant, "--schedule", schedule, "--json")
    assert (said.code, said.document["runs"]) == (0, 7)
    assert load_plant(plant) == load_plant(PLANT_FILE)
    assert load_schedule(schedule) == load_schedule(SCHEDULE_FILE)
    assert takt("evaluate", target, target, "--json").document["feasible"] is True


def test_import_names_every_error_at_once(takt: Any, tmp_path: Path) -> None:
    takt("export", PLANT, SCHEDULE, "-o", tmp_path / "tables")
    orders = tmp_path / "tables" / "orders.csv"
    text = (
        orders.read_text(encoding="utf-8-sig").replace("JAM,400,", "JAM,abc,").replace("O-3", "O-2")
    )
    orders.write_text(text, encoding="utf-8")
    said = takt("import", tmp_path / "tables", "-o", tmp_path / "p.json")
    assert said.code == 2
    assert said.err.splitlines() == [
        "error: 2 problems",
        '       orders.csv, row 2, column quantity: expected a number above 0, found "abc"',
        "       orders.csv, row 4, column id: expected each once, found O-2 again, after row 3",
    ]
    assert not (tmp_path / "p.json").exists()


def test_a_calendar_holds_the_runs(takt: Any, tmp_path: Path) -> None:
    assert takt("export", PLANT, SCHEDULE, "-o", tmp_path / "plan.ics").code == 0
    assert (tmp_path / "plan.ics").read_bytes().count(b"BEGIN:VEVENT") == 7


def test_schema_prints_json_schema(takt: Any) -> None:
    assert takt("schema", "schedule").document["title"] == "Takt schedule"


def test_diff_ends_with_1_where_schedules_differ(takt: Any, broken: str) -> None:
    same = takt("diff", PLANT, SCHEDULE, SCHEDULE, "--json")
    assert (same.code, same.document["runs"], same.document["unchanged"]) == (0, [], 7)
    other = takt("diff", PLANT, SCHEDULE, broken, "--json")
    assert other.code == 1
    assert len(other.document["runs"]) == 8
    assert other.document["feasible"] == {"before": True, "after": False}
    assert takt("diff", PLANT, SCHEDULE, broken).code == 1


def test_versions_of_an_empty_database_are_none(takt: Any) -> None:
    said = takt("versions", "--json")
    assert (said.code, said.document) == (0, [])


def test_show_draws_every_line_in_the_terminal(takt: Any) -> None:
    said = takt("show", PLANT, SCHEDULE)
    assert said.code == 0
    assert all(name in said.out for name in ("MIX", "PACK-1", "PACK-2", "all rules kept"))


def test_show_writes_one_html_file(takt: Any, tmp_path: Path) -> None:
    assert takt("show", PLANT, SCHEDULE, "--html", tmp_path / "gantt.html").code == 0
    assert "<svg" in (tmp_path / "gantt.html").read_text(encoding="utf-8")
