"""The set-up script: what it asks of uv, apt and Java, with recording stand-ins for the three."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASICS = (
    "bash",
    "cat",
    "sed",
    "grep",
    "cut",
    "head",
    "rm",
    "mkdir",
    "chmod",
    "dirname",
    "sha256sum",
    "env",
)

UV = """#!/bin/bash
echo "uv $*" >> "$RECORD"
made() { printf '#!/bin/bash\\n' > ".venv/bin/$1"; chmod +x ".venv/bin/$1"; }
case "$1 $2" in
  "venv -q") mkdir -p .venv/bin; made python ;;
  "pip sync") exit "${SYNC_FAILS:-0}" ;;
  "pip install") made takt ;;
esac
"""
JAVA = """#!/bin/bash
echo 'openjdk version "{version}" 2025-01-01' >&2
"""
APT = """#!/bin/bash
echo "apt-get $*" >> "$RECORD"
[ "$1" = install ] || exit 0
printf '#!/bin/bash\\necho "openjdk version \\\\"17.0.9\\\\"" >&2\\n' > "${0%/*}/java"
chmod +x "${0%/*}/java"
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A checkout and a PATH that holds only what a test put there."""

    checkout: Path
    bin: Path
    record: Path

    def has(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def set_up(self, **environment: str) -> subprocess.CompletedProcess[str]:
        known = {"PATH": str(self.bin), "HOME": str(self.bin.parent), "RECORD": str(self.record)}
        return subprocess.run(
            [self.bin / "bash", "deploy/setup.sh"], cwd=self.checkout, env=known | environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def asked(self) -> list[str]:
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        self.record.unlink(missing_ok=True)
        return [line for line in lines if "--version" not in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    checkout, commands = tmp_path / "takt", tmp_path / "bin"
    (checkout / "deploy").mkdir(parents=True)
    commands.mkdir()
    shutil.copy(ROOT / "deploy" / "setup.sh", checkout / "deploy")
    (checkout / "requirements.lock").write_text("numpy==2.0 \\\n")
    (checkout / "pyproject.toml").write_text("[project]\n")
    for name in BASICS:
        (commands / name).symlink_to(str(shutil.which(name)))
    made = Machine(checkout, commands, tmp_path / "record")
    made.has("id", "#!/bin/bash\necho 1000\n")
    made.has("uv", UV)
    made.has("java", JAVA.format(version="17.0.9"))
    return made


def test_a_fresh_machine_gets_locked_hashed_packages_then_our_own(machine: Machine) -> None:
    assert machine.set_up().returncode == 0
    venv, sync, install = machine.asked()
    assert "--python 3.11 .venv" in venv
    assert "--require-hashes requirements.lock" in sync
    assert "--offline --no-deps --no-build-isolation -e ." in install


def test_a_second_time_there_is_nothing_to_do(machine: Machine) -> None:
    machine.set_up()
    machine.asked()
    again = machine.set_up()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert machine.asked() == []


def test_another_lock_is_installed(machine: Machine) -> None:
    machine.set_up()
    (machine.checkout / "requirements.lock").write_text("numpy==2.1 \\\n")
    machine.asked()
    machine.set_up()
    assert any("pip sync" in line for line in machine.asked())


def test_another_pyproject_installs_only_our_own_packages_again(machine: Machine) -> None:
    machine.set_up()
    (machine.checkout / "pyproject.toml").write_text("[project]\nname = 'takt'\n")
    machine.asked()
    machine.set_up()
    assert ["pip install" in line for line in machine.asked()] == [True]


def test_an_installation_that_failed_is_said_and_tried_again(machine: Machine) -> None:
    failed = machine.set_up(SYNC_FAILS="1")
    assert failed.returncode == 1
    assert "UV_DEFAULT_INDEX" in failed.stderr
    machine.asked()
    assert machine.set_up().returncode == 0
    assert any("pip sync" in line for line in machine.asked())


def test_without_uv_and_python_one_line_says_what_to_install(machine: Machine) -> None:
    (machine.bin / "uv").unlink()
    failed = machine.set_up()
    assert failed.returncode == 1
    assert failed.stderr == (
        "setup: no uv and no python3 to install it with: install either, then run this again\n"
    )


@pytest.mark.parametrize("version", ["11.0.2", "1.8.0_402", "25"])
def test_where_java_is_another_and_apt_is_not_allowed_one_line_says_what_to_install(
    machine: Machine, version: str
) -> None:
    machine.has("java", JAVA.format(version=version))
    machine.has("apt-get", APT)
    failed = machine.set_up()
    assert failed.returncode == 1
    assert "install openjdk-17-jre-headless" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert not any("apt-get" in line for line in machine.asked())


def test_where_apt_is_allowed_java_is_installed(machine: Machine) -> None:
    (machine.bin / "java").unlink()
    machine.has("apt-get", APT)
    machine.has("id", "#!/bin/bash\necho 0\n")
    assert machine.set_up().returncode == 0
    assert [line for line in machine.asked() if "apt-get install" in line] == [
        "apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless"
    ]


def test_java_home_comes_before_the_path(machine: Machine, tmp_path: Path) -> None:
    home = tmp_path / "jdk" / "bin"
    home.mkdir(parents=True)
    shutil.move(machine.bin / "java", home / "java")
    assert machine.set_up(JAVA_HOME=str(home.parent)).returncode == 0
