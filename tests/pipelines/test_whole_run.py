"""`takt run`, whole: what it leaves, what a second one changes, and how it goes on after a failure."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from pipelines.progress import Follower, progress_file
from pipelines.settings import REPOSITORY, Settings
from pipelines.steps import STEPS

pytestmark = [pytest.mark.integration, pytest.mark.slow]

# Little of everything: what is tested is what is stored, not how good it is.
SMALL: dict[str, dict[str, Any]] = {
    "forecast": {"backtest_windows": 2, "seconds": 10.0},
    "train": {"iterations": 1, "seconds": 5.0, "batch_steps": 256},
    "plan": {"seconds": 5.0},
}
OF_A_VERSION = {
    "notices",
    "order_risks",
    "stock_risks",
    "version_kpis",
    "version_pegging",
    "version_runs",
    "versions",
}
# What tells of the run itself, not of the plan.
OWN = ("airflow", "logs", "run.lock", "published.json", "schedule.html", "takt.db", "mlflow.db",
       "mlartifacts")  # fmt: skip
LIMIT_SECONDS = 600


@dataclass(frozen=True)
class Shop:
    """A data folder of its own, and `takt` working on it."""

    data: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "TAKT_DATA": str(self.data),
            "TAKT_PARAMS_FILE": str(self.data.parent / "params.yaml"),
            "TAKT_DATASETS": str(self.data.parent / "none"),
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def takt(self, *words: str) -> tuple[int, str, str]:
        started = self.start(*words)
        out, said = started.communicate(timeout=LIMIT_SECONDS)
        return started.returncode, out, said

    def run(self) -> Any:
        code, out, said = self.takt("run", "--json")
        assert code == 0, said
        return json.loads(out)

    def left_running(self) -> list[str]:
        """The processes that this shop's environment was handed to."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("TAKT_DATA") == str(self.data):
                    found.append(" ".join(process.cmdline()))
            except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        return found

    def rows(self) -> dict[str, int]:
        """How many rows each table of the database has."""
        return _counts(self.data / "takt.db")

    def tracked(self) -> dict[str, int]:
        """How many runs MLflow knows (deleted ones apart), and how many model versions."""
        with sqlite3.connect(self.data / "mlflow.db") as database:
            runs = "SELECT count(*) FROM runs WHERE lifecycle_stage = 'active' AND name = ?"
            return {
                **{name: database.execute(runs, (name,)).fetchone()[0] for name in STEPS},
                "models": database.execute("SELECT count(*) FROM model_versions").fetchone()[0],
            }

    def files(self) -> dict[str, str]:
        """The digest of every file of the plan."""
        return {
            str(path.relative_to(self.data)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and not path.relative_to(self.data).parts[0].startswith(OWN)
        }


def _counts(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in names
        }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for branch, values in SMALL.items():
        params[branch].update(values)
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    yield Shop(folder / "data")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def first(shop: Shop) -> Any:
    return shop.run()


def test_a_run_publishes_a_feasible_plan_no_worse_than_the_rule_and_leaves_nothing_running(
    shop: Shop, first: Any
) -> None:
    assert first["version"] == 1
    assert first["planned"]["feasible"]
    assert first["planned"]["total"] <= first["rule"]["total"]
    assert [step["step"] for step in first["steps"]] == list(STEPS)
    assert Path(first["places"]["Gantt"]).is_file()
    assert Path(first["places"]["drift report"]).is_file()
    assert shop.left_running() == []


def test_the_published_schedule_evaluates_to_the_cent(shop: Shop, first: Any) -> None:
    settings = Settings(data=shop.data)
    code, out, said = shop.takt(
        "evaluate", str(settings.plant_file), str(settings.schedule_file), "--json"
    )
    assert code == 0, said
    found = json.loads(out)["cost"]["total"]
    with sqlite3.connect(shop.data / "takt.db") as database:
        (stored,) = database.execute("SELECT total_cost FROM versions").fetchone()
    assert round(found, 2) == round(stored, 2) == round(first["planned"]["total"], 2)


def test_a_second_run_changes_nothing_but_the_version(shop: Shop, first: Any) -> None:
    rows, tracked, files = shop.rows(), shop.tracked(), shop.files()
    second = shop.run()
    assert second["version"] == first["version"] + 1
    assert {name: second[name] for name in ("planned", "rule", "bound", "gap", "drift")} == {
        name: first[name] for name in ("planned", "rule", "bound", "gap", "drift")
    }
    now = shop.rows()
    assert {name for name in now if now[name] != rows[name]} == OF_A_VERSION
    assert now["versions"] == rows["versions"] + 1
    assert all(now[name] == 2 * rows[name] for name in OF_A_VERSION)
    assert shop.tracked() == {**tracked, "publish": tracked["publish"] + 1}
    assert shop.files() == files
    assert shop.left_running() == []


def test_a_run_that_is_stopped_leaves_nothing_running_and_nothing_half_published(
    shop: Shop, first: Any
) -> None:
    settings = Settings(data=shop.data)
    settings.schedule_file.unlink()
    rows = shop.rows()
    started = shop.start("run", "--json")
    _wait_for(settings, "plan", started)
    started.send_signal(signal.SIGTERM)
    _out, said = started.communicate(timeout=60)
    assert started.returncode == 130, said
    assert shop.left_running() == []
    assert shop.rows() == rows


def test_a_killed_airflow_is_told_as_the_steps_failure_and_the_next_run_recovers(
    shop: Shop, first: Any
) -> None:
    settings = Settings(data=shop.data)
    settings.schedule_file.unlink(missing_ok=True)
    before = shop.rows()["versions"]
    started = shop.start("run")
    _wait_for(settings, "plan", started)
    (airflow,) = psutil.Process(started.pid).children()
    airflow.kill()
    _out, said = started.communicate(timeout=60)
    assert started.returncode == 3
    assert "step plan: Airflow was stopped by signal SIGKILL" in said
    assert shop.left_running() == []
    recovered = shop.run()
    assert recovered["version"] == before + 1
    assert recovered["planned"]["feasible"]


def test_a_step_that_fails_is_named_with_its_message_and_the_log(shop: Shop, first: Any) -> None:
    broken = shop.data.parent / "broken"
    broken.mkdir()
    source = shop.data / "datasets" / "simulated"
    shutil.copytree(source, broken / "fmcg_production")
    for path in (broken / "fmcg_production").glob("*.csv"):
        path.write_text("nonsense\n")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "run"],
        env={**shop.environment, "TAKT_DATASETS": str(broken)},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 3
    assert "step ingest: " in done.stderr
    assert ".csv" in done.stderr
    assert "log: " in done.stderr
    assert shop.left_running() == []


def _wait_for(settings: Settings, step: str, started: subprocess.Popen[str]) -> None:
    """Until the step is a second old."""
    follower = Follower(progress_file(settings))
    end = time.monotonic() + LIMIT_SECONDS
    began = time.time()
    while time.monotonic() < end and started.poll() is None:
        for event in follower.new_events():
            if event.step == step and event.at.timestamp() > began:
                time.sleep(1)
                return
        time.sleep(0.1)
    raise AssertionError(f"the run ended before {step}: {started.communicate()}")
