from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.platform import datasets, supplygraph
from pipelines.platform.catalogue import CATALOGUE, Original
from pipelines.platform.datasets import (
    DatasetUnavailableError,
    differing_files,
    locate_dataset,
    read_file,
)
from pipelines.settings import Settings, load_settings

NAME = "fmcg_production"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A public address of our own: a folder with one file that `assemble` copies."""
    folder = tmp_path / "public" / "a folder"
    folder.mkdir(parents=True)
    (folder / "raw.csv").write_text("a,b\n1,2\n")
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(QuietHandler, directory=str(folder.parent))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def assemble(originals: Mapping[str, Path], target: Path) -> None:
        (target / "daily.csv").write_bytes(originals["a folder/raw.csv"].read_bytes())

    original = Original(
        f"http://127.0.0.1:{server.server_port}",
        {"a folder/raw.csv": hashlib.sha256(b"a,b\n1,2\n").hexdigest()},
        assemble,
    )
    known = {NAME: replace(CATALOGUE[NAME], original=original)}
    monkeypatch.setattr(datasets, "CATALOGUE", known)
    yield folder / "raw.csv"
    server.shutdown()
    server.server_close()


def settings(tmp_path: Path, folder: Path | None = None) -> Settings:
    return Settings(data=tmp_path / "data", datasets=folder)


def test_the_folder_of_data_sets_is_looked_in_first(tmp_path: Path) -> None:
    (tmp_path / "sets" / NAME).mkdir(parents=True)
    located = locate_dataset(NAME, settings(tmp_path, tmp_path / "sets"), print)
    assert (located.folder, located.origin) == (tmp_path / "sets" / NAME, "folder")


def test_a_file_that_is_not_the_registered_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "sets" / NAME).mkdir(parents=True)
    (tmp_path / "sets" / NAME / "daily.parquet").write_text("mine")
    said: list[str] = []
    locate_dataset(NAME, settings(tmp_path, tmp_path / "sets"), said.append)
    assert said == [
        f"{NAME}: daily.parquet differs from the registered one and is read as your own"
    ]


@pytest.mark.integration
def test_what_is_not_in_the_folder_is_downloaded_once(tmp_path: Path, origin: Path) -> None:
    said: list[str] = []
    located = locate_dataset(NAME, settings(tmp_path, tmp_path / "elsewhere"), said.append)
    assert (located.folder / "daily.csv").read_text() == "a,b\n1,2\n"
    assert located.origin == "downloaded"
    origin.unlink()
    again = locate_dataset(NAME, settings(tmp_path), said.append)
    assert again.folder == located.folder
    assert len(said) == 1


@pytest.mark.integration
def test_a_kept_file_that_was_changed_is_made_again(tmp_path: Path, origin: Path) -> None:
    located = locate_dataset(NAME, settings(tmp_path), print)
    (located.folder / "daily.csv").write_text("changed")
    assert locate_dataset(NAME, settings(tmp_path), print).folder == located.folder
    assert (located.folder / "daily.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.integration
def test_a_download_that_is_not_the_registered_file_is_refused(
    tmp_path: Path, origin: Path
) -> None:
    origin.write_text("a,b\n1,3\n")
    with pytest.raises(DatasetUnavailableError, match="hash"):
        locate_dataset(NAME, settings(tmp_path), print)
    assert not (tmp_path / "data" / "datasets" / NAME / "daily.csv").exists()


@pytest.mark.integration
def test_without_folder_and_network_the_data_set_is_unavailable(
    tmp_path: Path, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = replace(CATALOGUE[NAME].original, base="http://127.0.0.1:9")  # type: ignore[type-var]
    monkeypatch.setitem(datasets.CATALOGUE, NAME, replace(CATALOGUE[NAME], original=nobody))  # type: ignore[arg-type]
    with pytest.raises(DatasetUnavailableError, match="TAKT_DATASETS not set, and not downloaded"):
        locate_dataset(NAME, settings(tmp_path), print)


def test_an_unknown_name_is_named_beside_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetUnavailableError, match=r"'fmcg' is not known; known are: .*carparts"
    ):
        locate_dataset("fmcg", settings(tmp_path), print)


def test_a_data_set_without_download_says_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnavailableError, match=r"no folder .*orders; it is at https://"):
        locate_dataset("orders", settings(tmp_path, tmp_path / "none"), print)


def test_the_originals_are_made_into_a_row_a_day_and_product_before_the_cut(tmp_path: Path) -> None:
    originals = {}
    for number, (measure, name) in enumerate(supplygraph.MEASURES.items()):
        originals[name] = tmp_path / f"{measure}.csv"
        originals[name].write_text(
            f"Date,B,A\n2023-06-30 00:00:00,{number}.5,0\n2023-07-01 00:00:00,7,7\n"
        )
    originals[supplygraph.GROUPS] = tmp_path / "groups.csv"
    originals[supplygraph.GROUPS].write_text("Node,Group,Sub-Group\nA,S,SO\nB,S,SO\n")
    originals[supplygraph.PLANTS] = tmp_path / "plants.csv"
    originals[supplygraph.PLANTS].write_text(
        "Node,Plant,Storage Location\nA,1,9.0\nB,1,\nA,1,9.0\n"
    )
    made = tmp_path / "made"
    made.mkdir()
    supplygraph.assemble(originals, made)
    daily = pd.read_parquet(made / "daily.parquet")
    assert daily["unique_id"].tolist() == ["A", "B"]
    assert daily["produced_units"].tolist() == [0.0, 7.5]
    assert daily["ds"].unique().tolist() == [pd.Timestamp(2023, 6, 30)]
    text = (made / "product_plant_storage.csv").read_text()
    assert text == "unique_id,plant,storage\nA,1,9.0\nB,1,\n"


@pytest.mark.realdata
@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_the_folder_holds_the_registered_files(name: str) -> None:
    located = locate_dataset(name, load_settings(), print)
    missing = [file for file in located.dataset.files if not (located.folder / file).is_file()]
    assert (missing, differing_files(located.dataset, located.folder)) == ([], [])
    assert all(len(read_file(located.folder / file)) > 0 for file in located.dataset.files)
