"""A PostgreSQL cluster of our own on a loopback port, for as long as the tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

SERVER_USERS = ("postgres", "nobody")  # the server refuses to run as root
# No jobs: each database would need a process of its own for them; tests call them.
TIMESCALEDB = (
    "-c shared_preload_libraries=timescaledb -c timescaledb.telemetry_level=off "
    "-c timescaledb.max_background_workers=0"
)


def find_server() -> Path | None:
    """The folder of initdb and pg_ctl, or None where PostgreSQL is not installed."""
    folders = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    whole = (folder for folder in folders if (folder / "initdb").exists())
    return next(whole, None)


@cache
def has_timescaledb() -> bool:
    """Whether the server could load TimescaleDB."""
    server = find_server()
    if server is None or not (server / "pg_config").exists():
        return False
    told = subprocess.run(
        [server / "pg_config", "--sharedir"], capture_output=True, text=True, check=True
    )
    return (Path(told.stdout.strip()) / "extension" / "timescaledb.control").exists()


@contextmanager
def running_cluster(server: Path, *, with_timescaledb: bool = False) -> Iterator[str]:
    """The address (to put a database's name behind) of a fresh cluster, stopped at the end."""
    home = Path(tempfile.mkdtemp(prefix="takt-pg-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        user = next(name for name in SERVER_USERS if _exists(name))
        shutil.chown(home, user)
        prefix = ["runuser", "-u", user, "--"]
    port = _free_port()
    data = str(home / "data")
    options = (
        f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=20 "
        + TIMESCALEDB * with_timescaledb
    )

    def call(*command: str) -> None:
        done = subprocess.run(
            [*prefix, *command], cwd=home, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            log = home / "log"
            said = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}{said}")

    call(str(server / "initdb"), "-D", data, "-U", "takt", "-A", "trust", "-E", "UTF8", "--no-sync")
    try:
        control = str(server / "pg_ctl")
        log = str(home / "log")
        call(control, "-D", data, "-w", "-t", "30", "-l", log, "-o", options, "start")
        try:
            yield f"postgresql://takt@127.0.0.1:{port}"
        finally:
            call(control, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
