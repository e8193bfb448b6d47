"""Progress of a forecast on the terminal: what is under way, a bar, and how long it has taken."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PART = re.compile(r"\b(\d+) of (\d+)\b")
Report = Callable[[str], None]


@contextmanager
def shown_progress() -> Iterator[Report]:
    """Yield what takes each line of progress.

    On a terminal they move a bar on standard error ("origin 2 of 6"); elsewhere they are lines there.
    """
    if not sys.stderr.isatty():
        yield lambda line: print(line, file=sys.stderr, flush=True)  # noqa: T201
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def report(line: str) -> None:
            done, total = part_of(line)
            bar.update(task, description=line[:70], completed=done, total=total)

        yield report


def part_of(line: str) -> tuple[int | None, int | None]:
    """Return how many of how many a line says are done; nothing where it does not say."""
    found = PART.search(line)
    return (int(found[1]), int(found[2])) if found else (None, None)
