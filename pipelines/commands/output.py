"""How commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


NUMBER = re.compile(r"[+-]?[\d,.]+(e[+-]?\d+)?%?|")


def print_json(document: Any) -> None:
    """Write one JSON document to standard output, and nothing else there."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain, allow_nan=False)
    sys.stdout.write(f"{text}\n")


def say(text: str) -> None:
    """Write a line for the user to standard error, so that pipes carry results alone."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def console() -> Console:
    """Where tables and charts are printed."""
    from rich.console import Console

    return Console(highlight=False)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a title and, where there are rows, a table; numbers stand on the right."""
    from rich.markup import escape
    from rich.table import Table

    kept = [list(row) for row in rows]
    console().print(f"[bold]{escape(title)}[/bold]")
    if not kept:
        return
    table = Table(show_header=any(columns))
    for index, name in enumerate(columns):
        numeric = bool(kept) and all(NUMBER.fullmatch(told(row[index])) for row in kept)
        table.add_column(escape(name), justify="right" if numeric else "left")
    for row in kept:
        table.add_row(*(escape(told(cell)) for cell in row))
    console().print(table)


def told(cell: object) -> str:
    """A cell as text: numbers with thousands apart, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return str(cell)
    return f"{cell:,.0f}" if abs(cell) >= 100 or float(cell).is_integer() else f"{cell:,.3g}"


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if hasattr(value, "item"):
        return value.item()
    return str(value) if isinstance(value, Path) else repr(value)
