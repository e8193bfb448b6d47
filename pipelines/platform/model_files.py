"""The files of a model: their digest, and which of them would run code when they are opened."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

# MLflow adds this file to a folder when it is downloaded from the registry.
WRITTEN_ON_DOWNLOAD = "registered_model_meta"
# Protocol 2 and later begin so; older ones are text, and told by their file names alone.
PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in (2, 3, 4, 5))
PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".cloudpickle", ".dill")


def artefact_digest(folder: Path) -> str:
    """Return the SHA-256 of a folder: names and contents of its files, in name order."""
    digest = hashlib.sha256()
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and path.name != WRITTEN_ON_DOWNLOAD
    )
    for name, path in files:
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def pickled_files(folder: Path) -> tuple[str, ...]:
    """Return the names of the files that are pickles, or archives with a pickle in them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(path.relative_to(folder).as_posix() for path in files if _is_pickled(path))


def _is_pickled(path: Path) -> bool:
    if path.suffix in PICKLE_NAMES:
        return True
    with path.open("rb") as stream:
        start = stream.read(2)
    if start in PICKLE_STARTS:
        return True
    if start != b"PK" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:  # as torch.save writes: archive/data.pkl
        return any(name.endswith(PICKLE_NAMES) for name in archive.namelist())
