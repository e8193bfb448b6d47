"""What was compiled is thrown away when anything changes that it may have been compiled from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CALLEE = "from plant.compiled import outer\n\n@outer\ndef two():\n    return {}\n"
CALLER = """
from plant.compiled import outer
from plant.callee import two

@outer
def twice():
    return 2 * two()
"""
ASK = "from plant.caller import twice; print(twice())"


def answer(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK],
        cwd=folder, env={"PYTHONPATH": str(folder), "PATH": ""}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_caller_is_compiled_again_when_its_callee_in_another_file_changed(tmp_path: Path) -> None:
    package = tmp_path / "plant"
    package.mkdir()
    (package / "__init__.py").touch()
    source = Path(__file__).parents[2] / "plant" / "compiled.py"
    (package / "compiled.py").write_text(source.read_text())
    (package / "caller.py").write_text(CALLER)
    (package / "callee.py").write_text(CALLEE.format(2))
    assert answer(tmp_path) == "4"
    assert list(package.rglob("caller.twice*.nbc"))
    (package / "callee.py").write_text(CALLEE.format(21))
    assert answer(tmp_path) == "42"
