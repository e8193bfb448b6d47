"""Ctrl-C ends a search, and what it has found by then is kept."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plant import evaluate
from plant.io import load_plant, load_schedule

ROOT = Path(__file__).parents[2]
PLANT = ROOT / "plant/examples/three_lines.json"


@pytest.mark.integration
def test_ctrl_c_keeps_the_best_schedule_so_far(tmp_path: Path) -> None:
    target = tmp_path / "schedule.json"
    asked = ["solve", str(PLANT), "--seconds", "300", "-o", str(target)]
    begin = "from pipelines.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", begin, *asked],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = process.stderr.readline()
    while said and " s: " not in said:
        said = process.stderr.readline()
    assert " s: " in said
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    with process.stderr as stderr:
        rest = stderr.read()
    assert process.wait(60) == 0
    assert time.monotonic() - pressed < 60
    assert "stopped; this is the best so far" in rest
    assert evaluate(load_plant(PLANT), load_schedule(target)).feasible
