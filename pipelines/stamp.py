"""Stamps: whether what a step stored still belongs to its inputs and its parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from pipelines.json_file import store_json

CHUNK_BYTES = 1 << 20


def digest_of(paths: Sequence[Path], *values: BaseModel | str | int) -> str:
    """Return one SHA-256 for the contents of files and folders and for values, in hexadecimal.

    A folder counts by the contents of its files, not by their names: Spark names them anew each
    time. Names that start with a dot or an underscore (checksums, `_SUCCESS`) do not count.

    Raises
    ------
    FileNotFoundError
        Where one of the paths is not there.
    """
    digest = hashlib.sha256()
    for path in paths:
        for content in _contents(path):
            digest.update(content.encode())
        digest.update(b"|")
    for value in values:
        digest.update(
            value.model_dump_json().encode()
            if isinstance(value, BaseModel)
            else f"{value}".encode()
        )
        digest.update(b"|")
    return digest.hexdigest()


def is_current(stamp: Path, digest: str, outputs: Sequence[Path]) -> bool:
    """Return whether the outputs are those stored for this digest, all there and untouched."""
    if not stamp.is_file() or not all(path.exists() for path in outputs):
        return False
    return bool(json.loads(stamp.read_text("utf-8")) == _document(digest, outputs))


def store_stamp(stamp: Path, digest: str, outputs: Sequence[Path]) -> None:
    """Write beside the outputs which digest they were made from."""
    store_json(stamp, _document(digest, outputs))


def _document(digest: str, outputs: Sequence[Path]) -> dict[str, str]:
    return {"inputs": digest, "outputs": digest_of(outputs)}


def _contents(path: Path) -> list[str]:
    if path.is_file():
        return [_of_file(path)]
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: not there, run the step that makes it")
    files = (file for file in path.rglob("*") if file.is_file())
    return sorted(_of_file(file) for file in files if not file.name.startswith((".", "_")))


def _of_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
