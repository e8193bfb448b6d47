"""Nothing that a tree started outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pipelines.platform.processes import running_tree

# A child, a grandchild, and one that left the session and lost its parent, as daemons do.
FAMILY = """
import os, subprocess, sys, time
subprocess.Popen(["sleep", "600.25"])
middle = os.fork()
if middle == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "601.25"])
    os._exit(0)
os.waitpid(middle, 0)
print("ready", flush=True)
time.sleep(float(sys.argv[1]))
"""
# Whoever starts the tests in the background has them, and so this, ignore Ctrl-C.
OWNER = """
import os, signal, sys, time
from pathlib import Path
from pipelines.platform.processes import running_tree
signal.signal(signal.SIGINT, signal.default_int_handler)
log = Path(sys.argv[1])
with running_tree([sys.executable, "-c", sys.argv[2], "600"], os.environ, log) as tree:
    while "ready" not in log.read_text():
        time.sleep(0.01)
    print(tree.process.pid, *(member.pid for member in tree.members()), flush=True)
    time.sleep(600)
"""


def _wait(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _alive(pids: list[int]) -> list[int]:
    return [
        pid
        for pid in pids
        if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ]


def test_a_command_that_will_not_listen_dies_with_its_killed_owner(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); "
    deaf += "time.sleep(600)"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(log), deaf], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    (command, *_members) = (int(pid) for pid in owner.stdout.readline().split())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    _wait(lambda: not _alive([command]))


def _command(seconds: str) -> list[str]:
    return [sys.executable, "-c", FAMILY, seconds]


def test_orphans_of_a_command_that_ended_are_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running_tree(_command("0"), os.environ, log) as tree:
        _wait(lambda: tree.poll() is not None)
        left = [member.pid for member in tree.members()]
        assert len(left) == 2
    assert tree.poll() == 0
    assert _alive(left) == []
    assert log.read_text() == "ready\n"


def test_an_error_inside_stops_the_whole_tree(tmp_path: Path) -> None:
    log = tmp_path / "log"
    members: list[int] = []
    with pytest.raises(KeyError), running_tree(_command("600"), os.environ, log) as tree:
        _wait(lambda: "ready" in log.read_text() and len(tree.members()) == 3)
        members = [member.pid for member in tree.members()]
        raise KeyError
    assert _alive(members) == []


def test_a_tree_that_will_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.platform.processes.PATIENCE_SECONDS", 0.3)
    log = tmp_path / "log"
    deaf = "trap '' TERM; echo ready; while true; do sleep 0.05; done"
    with running_tree(["bash", "-c", deaf], os.environ, log) as tree:
        _wait(lambda: "ready" in log.read_text())
    assert tree.poll() == -signal.SIGKILL


def test_processes_of_others_are_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "600.5"])
    try:
        with running_tree(_command("0"), os.environ, tmp_path / "log") as tree:
            assert other.pid not in [member.pid for member in tree.members()]
        assert _alive([other.pid]) == [other.pid]
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_to_the_owner_stops_the_tree(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "log"
    log.touch()
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(log), FAMILY],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout is not None
    command, *members = (int(pid) for pid in owner.stdout.readline().split())
    assert len(members) == 3
    try:
        owner.send_signal(number)
        owner.wait(timeout=20)
        # Killed outright, the owner can stop nothing: the command dies with it, its orphans do not.
        expected = [command] if number == signal.SIGKILL else members
        _wait(lambda: not _alive(expected))
    finally:
        owner.stdout.close()
        for pid in _alive(members):
            os.kill(pid, signal.SIGKILL)
