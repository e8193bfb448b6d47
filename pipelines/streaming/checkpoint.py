"""The stream's checkpoint: how far the source was read, and whom that belongs to.

What must outlive a restart besides is in the database, so that a checkpoint may be dropped at any
time: the source is read again from its beginning, and what is stored already is known by its ids.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from plant.io.atomic import write_whole

# Of what the stream keeps in a checkpoint; a change that old ones do not fit is a new one.
FORMAT = 1
MARK = "takt.json"


class CheckpointError(ValueError):
    """The checkpoint does not fit the stream that is to go on from it; the message says what to do."""


def open_checkpoint(folder: Path, source: str) -> Path:
    """The checkpoint of this source, a new one where there is none.

    Raises
    ------
    CheckpointError
        Where it belongs to another source, another format, or cannot be read.
    """
    mark = folder / MARK
    if not folder.exists() or not any(folder.iterdir()):
        write_whole(mark, json.dumps({"format": FORMAT, "source": source}).encode())
        return folder
    found = _read(mark)
    wanted = {"format": FORMAT, "source": source}
    for key, value in wanted.items():
        if found.get(key) != value:
            raise CheckpointError(
                f"checkpoint {folder}: {key}: expected {value!r}, found {found.get(key)!r}; set the "
                "stream's source back to that, or begin a new checkpoint by takt stream run --fresh: "
                "the source is then read from its beginning, and what is stored already is not "
                "stored again"
            )
    return folder


def set_aside(folder: Path, now: datetime) -> Path | None:
    """Where the checkpoint lies now, out of the way; None where there was none."""
    if not folder.exists():
        return None
    aside = folder.with_name(f"{folder.name}-until-{now:%Y%m%dT%H%M%S%f}")
    folder.rename(aside)
    return aside


def rewind(folder: Path, last: int | None) -> int | None:
    """How many micro-batches the query takes anew: those after the last that the database holds.

    A micro-batch that Spark has done with may still have been on its way into the database when the stream
    was killed. None, and nothing done, where the checkpoint does not know that last one: its numbers then
    mean other messages than those in the database, so that it cannot be gone on from.
    """
    offsets, commits = folder / "offsets", folder / "commits"
    if last is not None and not (offsets / str(last)).exists():
        return None
    after = -1 if last is None else last
    dropped = [number for number in _numbers(offsets) if number > after]
    for log in (commits, offsets):  # killed in between, the next start does the same again
        for number in sorted(_numbers(log), reverse=True):
            if number > after:
                (log / f".{number}.crc").unlink(missing_ok=True)
                (log / str(number)).unlink()
    return len(dropped)


def _numbers(log: Path) -> list[int]:
    return [int(file.name) for file in log.glob("*") if file.name.isdecimal()]


def query_id(folder: Path) -> str:
    """The id that Spark gave the query of this checkpoint; the same after every restart."""
    return str(_read(folder / "metadata")["id"])


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"checkpoint {file.parent}: {file.name} cannot be read ({error}); begin a new one by "
            "takt stream run --fresh: nothing is stored twice"
        ) from error
    return found if isinstance(found, dict) else {}
