"""Whether stored outputs are known to belong to their inputs and parameters."""

from pathlib import Path

import pytest

from pipelines.params import ZonesParams
from pipelines.stamp import digest_of, is_current, store_stamp

ZONES = ZonesParams(frozen_minutes=10, slush_minutes=20)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, str, list[Path]]:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "part-0").write_text("a")
    output = tmp_path / "out.json"
    output.write_text("{}")
    digest = digest_of([tmp_path / "in"], ZONES, 7)
    store_stamp(tmp_path / "stamp.json", digest, [output])
    return tmp_path / "stamp.json", digest, [output]


def test_what_was_just_stored_is_current(stored: tuple[Path, str, list[Path]]) -> None:
    assert is_current(*stored)


def test_a_changed_output_is_not_current(stored: tuple[Path, str, list[Path]]) -> None:
    stored[2][0].write_text("{ }")
    assert not is_current(*stored)


def test_a_removed_output_is_not_current(stored: tuple[Path, str, list[Path]]) -> None:
    stored[2][0].unlink()
    assert not is_current(*stored)


def test_another_digest_is_not_current(stored: tuple[Path, str, list[Path]]) -> None:
    stamp, digest, outputs = stored
    assert not is_current(stamp, digest[::-1], outputs)


def test_a_digest_follows_contents_and_values_but_not_the_names_spark_gives(tmp_path: Path) -> None:
    first = digest_of([tmp_path], ZONES, 7)
    (tmp_path / "part-a").write_text("rows")
    second = digest_of([tmp_path], ZONES, 7)
    (tmp_path / "part-a").rename(tmp_path / "part-b")
    (tmp_path / "_SUCCESS").touch()
    assert first != second
    assert second == digest_of([tmp_path], ZONES, 7)
    assert second != digest_of([tmp_path], ZONES, 8)
    assert second != digest_of([tmp_path], ZonesParams(frozen_minutes=11, slush_minutes=20), 7)


def test_an_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.json: not there"):
        digest_of([tmp_path / "absent.json"])
