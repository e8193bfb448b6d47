"""What was compiled is kept, each on its own, as long as nothing changes that it was compiled from."""

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


KINDS = ("int64", "float64", "complex128")
RACE = """
import sys, time
from numba import types
from numba.core import caching
index = caching.IndexDataCacheFile._load_index
def slowly(self):
    found = index(self)
    time.sleep(0.3)
    return found
caching.IndexDataCacheFile._load_index = slowly
from plant.callee import two
two.compile((getattr(types, sys.argv[1]),))
"""
LOOK = """
from numba import types
from plant.callee import two
for name in {kinds}:
    two.compile((getattr(types, name),))
print(*[one[0] for one in two.signatures], sum(two.stats.cache_hits.values()))
"""


@pytest.mark.slow
def test_processes_that_compile_beside_each_other_keep_each_code_under_its_own_name(
    tmp_path: Path,
) -> None:
    package = tmp_path / "plant"
    package.mkdir()
    (package / "__init__.py").touch()
    source = Path(__file__).parents[2] / "plant" / "compiled.py"
    (package / "compiled.py").write_text(source.read_text())
    (package / "callee.py").write_text(CALLEE.format("number").replace("two()", "two(number)"))
    environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
    compilers = [
        subprocess.Popen([sys.executable, "-P", "-c", RACE, kind], cwd=tmp_path, env=environment)
        for kind in KINDS
    ]
    assert [one.wait(timeout=120) for one in compilers] == [0, 0, 0]
    look = [sys.executable, "-P", "-c", LOOK.format(kinds=KINDS)]
    told = subprocess.run(look, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert told.stdout.split() == [*KINDS, "3"], told.stderr
