"""The dashboard's own checks: nothing is stale, types hold, unit tests pass, the build is committed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.settings import REPOSITORY
from service.dashboard import STATIC

pytestmark = pytest.mark.integration
FOLDER = REPOSITORY / "dashboard"
OLDEST_NODE = 20


def npm(*arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.fixture(scope="module")
def installed() -> None:
    """The dashboard's packages, installed from its lock where they are not there."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("no Node here: install Node 20 to have the dashboard's own checks run")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node {version.stdout.strip()} is too old for the dashboard's tools")
    if (FOLDER / "node_modules").is_dir():
        return
    try:
        made = npm("ci", "--no-progress", seconds=150)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install the dashboard's packages in 150 s")
    if made.returncode:
        pytest.skip(f"npm cannot install the dashboard's packages: {made.stderr[-300:]}")


@pytest.mark.parametrize("check", ["stale", "types", "test"])
def test_a_check_of_the_dashboard_passes(installed: None, check: str) -> None:
    done = npm("run", "-s", check)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_what_is_committed_is_what_the_sources_build(installed: None, tmp_path: Path) -> None:
    done = npm("run", "-s", "build", "--", "--outDir", str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    built = {file.relative_to(tmp_path): file.read_bytes() for file in files(tmp_path)}
    committed = {file.relative_to(STATIC): file.read_bytes() for file in files(STATIC)}
    assert built.keys() == committed.keys(), "`make dashboard` builds it anew"
    assert built == committed


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (FOLDER / "package-lock.json").read_text("utf-8")


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]
