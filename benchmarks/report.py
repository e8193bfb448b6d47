"""How a benchmark speaks: a progress line on standard error, a table, figures as the last line."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser with the flags that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="under a minute, coarser figures")
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    return parser


def progress(text: str) -> None:
    """One line of what is being measured, overwritten by the next on a terminal."""
    end = "\r" if sys.stderr.isatty() else "\n"
    sys.stderr.write(f"{text:<90}{end}")
    sys.stderr.flush()


def milliseconds(work: Callable[[], object], times: int) -> dict[str, float]:
    """Median, best and worst wall time of a call in ms, after one call that is not counted."""
    work()
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - begun))
    return {"median": float(np.median(spent)), "min": min(spent), "max": max(spent)}


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table alone; floats with three figures."""
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(f"{cell:,.3g}" if isinstance(cell, float) else str(cell) for cell in row))
    Console().print(table)


def show(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    figures: dict[str, Any],
    json_only: bool,
) -> None:
    """The table, then the figures with the machine they were measured on as one line of JSON."""
    if not json_only:
        show_table(title, columns, rows)
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    print(json.dumps(figures | {"on": machine}))
