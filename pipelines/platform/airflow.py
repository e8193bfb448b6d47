"""Airflow: where its files lie, how its database is made ready, and the command that runs a DAG."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from pipelines.settings import REPOSITORY, Settings

DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
MIGRATION_SECONDS = 300


class AirflowError(RuntimeError):
    """Airflow cannot be made ready; the message says what it said."""


def folder(settings: Settings) -> Path:
    """Return where Airflow keeps what it makes: its database and its logs."""
    return settings.data / "airflow"


def environment(settings: Settings) -> dict[str, str]:
    """Return this process's environment with what Airflow needs to run our DAGs.

    A database that the environment names is left as it is; everything else is ours, whatever
    another project's Airflow may have left in the environment.
    """
    home = REPOSITORY / "airflow"
    logs = folder(settings) / "logs"
    return {
        DATABASE: _embedded(settings),
        **os.environ,  # handed on to a child process, not read
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONFIG": str(home / "airflow.cfg"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(logs),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(logs / "dag_processor"),
        "TAKT_DATA": str(settings.data),
        "TAKT_PARAMS_FILE": str(settings.params_file),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }


def command(*words: str) -> list[str]:
    """Return the command line of an Airflow command."""
    # -P: a folder of the working directory must not stand in for one of our packages.
    return [sys.executable, "-P", "-m", "airflow", *words]


def make_ready(settings: Settings, log: Path) -> bool:
    """Return whether Airflow's database had to be made or brought up to date.

    The embedded one is made beside its place and then moved there, so that a migration that was
    cut short is begun anew.

    Raises
    ------
    AirflowError
        Where the migration fails; the message has its last line, the rest is in the log.
    """
    known = environment(settings)
    stamp = folder(settings) / "airflow.version"
    wanted = f"{version('apache-airflow')} {_digest(known[DATABASE])}"
    place = _file(settings)
    embedded = known[DATABASE] == _embedded(settings)
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and (place.exists() or not embedded):
        return False
    folder(settings).mkdir(parents=True, exist_ok=True)
    if embedded and not place.exists():
        fresh = place.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        _migrate({**known, DATABASE: f"sqlite:///{fresh}"}, log)
        fresh.rename(place)
    else:
        _migrate(known, log)
    stamp.write_text(wanted, "utf-8")
    return True


def _migrate(known: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as output:
        done = subprocess.run(
            command("db", "migrate"),
            env=dict(known),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=MIGRATION_SECONDS,
            check=False,
        )
    if done.returncode:
        lines = log.read_text("utf-8", errors="replace").split("\n")
        said = next((line for line in reversed(lines) if line.strip()), "nothing")
        raise AirflowError(
            f"Airflow's database could not be migrated: {said.strip()}; see {log}. Where the file "
            f"named by {DATABASE} is damaged, remove it: it holds no plans"
        )


def _file(settings: Settings) -> Path:
    return folder(settings) / "airflow.db"


def _embedded(settings: Settings) -> str:
    return f"sqlite:///{_file(settings)}"


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:16]  # the address may hold a password
