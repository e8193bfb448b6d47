"""Writing a file, or a folder of files that belong together, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident


def write_whole(path: Path | str, content: bytes) -> None:
    """Replace the file's content; a reader sees the old content or the new, never half of it."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """A path beside the file to write to; the file takes its place when the block ends well.

    What is not a regular file, such as /dev/stdout, is written to directly.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise IsADirectoryError(f"{path} is a folder, expected a file to write")
        yield target
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}-{get_ident()}{target.suffix}")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def fresh_folder(folder: Path) -> Path:
    """An empty folder beside one, to be filled and then put in its place."""
    recover_folder(folder)
    fresh, _ = _beside(folder)
    fresh.mkdir(parents=True)
    return fresh


def put_in_place(folder: Path) -> None:
    """Put what was filled beside a folder in its place, by renaming."""
    fresh, old = _beside(folder)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def recover_folder(folder: Path) -> None:
    """Put back the old folder where its writer was killed between the two renames; remove what is beside."""
    fresh, old = _beside(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
