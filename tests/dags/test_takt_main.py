"""The DAG as Airflow sees it, and the folder that Airflow calls its home."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.platform import airflow
from pipelines.settings import REPOSITORY, Settings
from pipelines.steps import STEPS

DAG_FILES = sorted((REPOSITORY / "dags").glob("*.py"))
ALLOWED_TAGS = {"takt", "planning", "learning", "monitoring", "maintenance"}
HEAVY = ("torch", "ray", "pyspark", "mlflow", "numba", "ortools", "pandas", "evidently")
# The library merges a home folder into itself; these would stand in for parts of it.
SHADOWING = {"sdk", "providers", "utils", "api", "ui", "config_templates"}

PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
dags = {
    dag.dag_id: {
        "tags": sorted(dag.tags),
        "tasks": {
            task.task_id: {
                "owner": task.owner,
                "retries": task.retries,
                "after": sorted(task.upstream_task_ids),
                "makes": [asset.uri for asset in task.outlets],
            }
            for task in dag.topological_sort()
        },
        "doc": dag.doc_md,
        "after": [
            asset.uri
            for asset in getattr(getattr(dag.timetable, "asset_condition", None), "objects", ())
        ],
    }
    for dag in bag.dags.values()
}
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print("FOUND" + json.dumps({"errors": bag.import_errors, "dags": dags, "loaded": loaded}))
"""


def test_a_dag_file_is_short() -> None:
    for path in DAG_FILES:
        code = [line for line in path.read_text().splitlines() if line.strip()]
        assert len(code) <= 65, f"{path.name} has {len(code)} lines: its logic belongs in pipelines"


def test_a_dag_file_imports_only_airflow_and_the_standard_library_when_parsed() -> None:
    for path in DAG_FILES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                root = name.partition(".")[0]
                assert root == "airflow" or root in sys.stdlib_module_names, f"{path.name}: {name}"


def test_airflows_home_holds_configuration_only() -> None:
    home = REPOSITORY / "airflow"
    assert (home / "airflow.cfg").is_file()
    assert not (home / "__init__.py").exists()
    folders = {path.name for path in home.iterdir() if path.is_dir()}
    assert not folders & SHADOWING
    assert folders <= {"plugins"}


def test_airflows_configuration_holds_no_secret() -> None:
    text = (REPOSITORY / "airflow" / "airflow.cfg").read_text()
    keys = [line.partition("=")[0].strip() for line in text.splitlines() if "=" in line]
    assert not [key for key in keys if key.endswith(("_key", "secret", "password"))]


def test_airflow_is_given_our_home_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    monkeypatch.delenv(airflow.DATABASE, raising=False)
    known = airflow.environment(Settings(data=tmp_path))
    assert known["AIRFLOW_HOME"] == str(REPOSITORY / "airflow")
    assert known["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert known[airflow.DATABASE] == f"sqlite:///{tmp_path}/airflow/airflow.db"
    assert known["AIRFLOW__LOGGING__BASE_LOG_FOLDER"].startswith(str(tmp_path))


def test_a_database_that_the_environment_names_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(airflow.DATABASE, "postgresql+psycopg2://airflow@db/airflow")
    known = airflow.environment(Settings(data=tmp_path))
    assert known[airflow.DATABASE] == "postgresql+psycopg2://airflow@db/airflow"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    known = Settings(data=tmp_path_factory.mktemp("airflow"))
    assert airflow.make_ready(known, known.data / "migrate.log")
    yield known


@pytest.fixture(scope="module")
def parsed(settings: Settings) -> Any:
    done = subprocess.run(
        [sys.executable, "-P", "-c", PARSE, str(REPOSITORY / "dags")],
        env=airflow.environment(settings),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rpartition("FOUND")[2])


@pytest.mark.integration
def test_every_dag_parses(parsed: Any) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == {"takt_main", "takt_retrain"}


@pytest.mark.integration
def test_parsing_loads_nothing_heavy(parsed: Any) -> None:
    assert not set(HEAVY) & set(parsed["loaded"])


@pytest.mark.integration
def test_every_dag_is_tagged_owned_and_documented(parsed: Any) -> None:
    for name, dag in parsed["dags"].items():
        assert dag["tags"], name
        assert set(dag["tags"]) <= ALLOWED_TAGS, name
        assert "Owner:" in dag["doc"], name
        assert {task["owner"] for task in dag["tasks"].values()} == {"planning"}, name


@pytest.mark.integration
def test_the_steps_follow_each_other_and_each_makes_an_asset(parsed: Any) -> None:
    tasks = parsed["dags"]["takt_main"]["tasks"]
    assert tuple(tasks) == STEPS
    assert [task["after"] for task in tasks.values()] == [[], *([step] for step in STEPS[:-1])]
    assert all(task["makes"] for task in tasks.values())


@pytest.mark.integration
def test_what_drift_decided_is_fitted_by_a_dag_of_its_own(parsed: Any) -> None:
    assert list(parsed["dags"]["takt_retrain"]["tasks"]) == ["retrain"]
    verdict = parsed["dags"]["takt_main"]["tasks"]["drift"]["makes"]
    assert parsed["dags"]["takt_retrain"]["after"] == verdict


@pytest.mark.integration
def test_airflow_lists_no_import_errors(settings: Settings) -> None:
    for words in (("reserialize",), ("list-import-errors", "--output", "json")):
        done = subprocess.run(
            airflow.command("dags", *words),
            env=airflow.environment(settings),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


@pytest.mark.integration
def test_a_ready_database_is_left_as_it_is(settings: Settings) -> None:
    assert not airflow.make_ready(settings, settings.data / "migrate.log")


@pytest.mark.integration
def test_airflow_leaves_nothing_in_its_home(settings: Settings, parsed: Any) -> None:
    tracked = subprocess.run(
        ["git", "status", "--porcelain", "--ignored", "airflow"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert tracked.stdout == ""
