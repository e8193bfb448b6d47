"""Data sets by name: found in the folder of data sets, else downloaded once, checked and kept."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pandas as pd

from pipelines.json_file import store_json
from pipelines.platform.catalogue import CATALOGUE, DataSet, Original
from pipelines.settings import Settings

CONNECT_SECONDS = 10
Report = Callable[[str], None]


class DatasetUnavailableError(RuntimeError):
    """There is neither a folder with the data set nor a way to download it; the message says why."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a data set's files are, and whether they were found there or downloaded."""

    dataset: DataSet
    folder: Path
    origin: Literal["folder", "downloaded"]


def find_dataset(name: str) -> DataSet:
    """Return the data set of that name.

    Raises
    ------
    DatasetUnavailableError
        Where no data set has that name; the message lists those there are.
    """
    if name not in CATALOGUE:
        raise DatasetUnavailableError(
            f"data set {name!r} is not known; known are: {', '.join(sorted(CATALOGUE))}"
        )
    return CATALOGUE[name]


def locate_dataset(name: str, settings: Settings, report: Report) -> Located:
    """Return where the data set's files are, after downloading them where that is needed.

    A file of the folder that differs from the registered one is taken as the user's own, and said.

    Raises
    ------
    DatasetUnavailableError
        Where the folder has it not and it cannot be downloaded either.
    """
    dataset = find_dataset(name)
    if settings.datasets is not None and (settings.datasets / name).is_dir():
        folder = settings.datasets / name
        for file in differing_files(dataset, folder):
            report(f"{name}: {file} differs from the registered one and is read as your own")
        return Located(dataset, folder, "folder")
    looked = (
        f"no folder {settings.datasets / name}" if settings.datasets else "TAKT_DATASETS not set"
    )
    if dataset.original is None:
        raise DatasetUnavailableError(
            f"{name}: {looked}; it is at {dataset.address}, in another form: no download of it is "
            "registered"
        )
    folder = settings.data / "datasets" / name
    try:
        _download(dataset.original, folder, report, name)
    except (OSError, ValueError) as error:  # no network; a file that is not the registered one
        raise DatasetUnavailableError(
            f"{name}: {looked}, and not downloaded from {dataset.address}: {_first_line(error)}"
        ) from error
    return Located(dataset, folder, "downloaded")


def differing_files(dataset: DataSet, folder: Path) -> list[str]:
    """Return the names of the registered files that are in the folder with other contents."""
    return [
        name
        for name, sha256 in dataset.files.items()
        if (folder / name).is_file() and _sha256(folder / name) != sha256
    ]


def read_file(path: Path) -> Any:
    """Return a file's contents: Parquet and CSV as a DataFrame, JSON lines as a list of documents.

    Raises
    ------
    ValueError
        Where the name's ending says none of these.
    """
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".csv":
        return pd.read_csv(path)
    if path.name.endswith(".jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    raise ValueError(f"{path}: expected .parquet, .csv or .jsonl.gz")


def _download(original: Original, folder: Path, report: Report, name: str) -> None:
    """Fills the folder from the public address, unless it is there already and untouched."""
    stamp = folder / "assembled.json"
    if stamp.is_file():
        made: dict[str, str] = json.loads(stamp.read_text("utf-8"))
        if all(
            (folder / f).is_file() and _sha256(folder / f) == digest for f, digest in made.items()
        ):
            return
    report(f"{name}: downloading {len(original.files)} files from {original.base}")
    kept = {file: _fetch(original, file, folder / "original") for file in original.files}
    fresh = folder / "assembling"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    original.assemble(kept, fresh)
    digests = {file.name: _sha256(file) for file in sorted(fresh.iterdir())}
    for file in digests:
        (fresh / file).replace(folder / file)
    fresh.rmdir()
    store_json(stamp, digests)


def _fetch(original: Original, file: str, folder: Path) -> Path:
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    address = f"{original.base}/{file}"
    scheme, rest = address.split("://", 1)
    kept = pooch.retrieve(
        url=f"{scheme}://{quote(rest, safe='/:')}",
        known_hash=f"sha256:{original.files[file]}",
        fname=file.replace("/", "__"),
        path=folder,
        downloader=pooch.HTTPDownloader(timeout=CONNECT_SECONDS),
    )
    return Path(kept)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _first_line(error: BaseException) -> str:
    if type(error).__name__ in ("ConnectionError", "ConnectTimeout", "ReadTimeout"):
        return "nothing answers there"  # the library's own words are half a page
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
