"""The checkpoint goes back to what the database holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.streaming.checkpoint import rewind


def checkpoint(folder: Path, planned: range, done: range) -> Path:
    """A checkpoint as Spark leaves it: a file and its checksum for each micro-batch."""
    for log, numbers in (("offsets", planned), ("commits", done)):
        (folder / log).mkdir()
        for number in numbers:
            (folder / log / str(number)).write_text("v1\n")
            (folder / log / f".{number}.crc").write_bytes(b"crc")
    return folder


def logs(folder: Path) -> tuple[list[str], list[str]]:
    return (
        sorted(file.name for file in (folder / "offsets").iterdir()),
        sorted(file.name for file in (folder / "commits").iterdir()),
    )


def test_what_the_database_has_not_is_taken_anew(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, range(3, 8), range(3, 7))
    assert rewind(folder, 5) == 2
    assert logs(folder) == ([".3.crc", ".4.crc", ".5.crc", "3", "4", "5"],) * 2
    assert rewind(folder, 5) == 0


def test_a_batch_that_spark_has_not_done_with_stays_to_be_done_again(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, range(3), range(2))
    assert rewind(folder, 2) == 0
    assert logs(folder)[1] == [".0.crc", ".1.crc", "0", "1"]


def test_where_the_database_has_none_the_source_is_read_from_its_beginning(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, range(4), range(4))
    assert rewind(folder, None) == 4
    assert logs(folder) == ([], [])


@pytest.mark.parametrize("last", [1, 99])
def test_a_checkpoint_that_does_not_know_the_last_batch_is_left_alone(
    tmp_path: Path, last: int
) -> None:
    folder = checkpoint(tmp_path, range(4, 8), range(4, 8))
    assert rewind(folder, last) is None
    assert "7" in logs(folder)[0]


def test_a_checkpoint_without_logs_has_nothing_to_go_back_from(tmp_path: Path) -> None:
    assert rewind(tmp_path, None) == 0
