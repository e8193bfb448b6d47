"""Several planners on one draft at once, and writers killed in the middle: nothing lost, nothing half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.drafts import (
    Changed,
    Desk,
    StaleRevisionError,
    apply_edit,
    approve,
    history,
    load_draft,
    open_draft,
    publish,
    submit,
    undo,
)
from pipelines.drafts.errors import BaseSupersededError, DraftStatusError
from pipelines.storage import open_database, reading
from pipelines.storage.repositories import list_versions
from plant.edits import Add, SetLock
from plant.examples.three_lines import THURSDAY, at

WRITER = """
import sys
from pipelines.drafts import Desk, StaleRevisionError, apply_edit, load_draft
from pipelines.settings import utc_now
from pipelines.storage import open_database
from plant.edits import SetLock

address, id, name, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
desk = Desk(open_database(address), utc_now)
done = refused = 0
while done < count:
    revision = load_draft(desk, id).meta.revision
    try:
        lock = SetLock("R-1", ("none", "line", "start", "all")[done % 4])
        apply_edit(desk, id, lock, author=name, revision=revision, reason=str(done))
        done += 1
    except StaleRevisionError as error:
        assert error.since, error
        refused += 1
print(refused)
"""
KILLED = """
import os, sys, time
from pipelines.drafts import Desk, editing
from pipelines.settings import utc_now
from pipelines.storage import open_database
from plant.edits import Cancel

def stop(*_args, **_values):
    print("in the middle", flush=True)
    time.sleep(60)

setattr(editing, sys.argv[3], stop)
desk = Desk(open_database(sys.argv[1]), utc_now)
editing.apply_edit(desk, int(sys.argv[2]), Cancel("R-7"), author="kim", revision=1)
"""


def edited(desk: Desk, name: str, id: int) -> Changed | StaleRevisionError:
    try:
        more = Add("PACK-1", "JAM", at(THURSDAY, 8), 100, run=name)
        return apply_edit(desk, id, more, author=name, revision=0)
    except StaleRevisionError as error:
        return error


def test_of_writers_at_the_same_revision_one_wins_and_the_others_are_told(
    desk: Desk, address: str
) -> None:
    id = open_draft(desk, author="kim").meta.id
    desks = [Desk(open_database(address), desk.clock) for _ in range(4)]
    start = threading.Barrier(4)

    def one(number: int) -> Changed | StaleRevisionError:
        load_draft(desks[number], id)
        start.wait()
        return edited(desks[number], f"N-{number}", id)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, range(4)))
    for other in desks:
        other.engine.dispose()
    (won,) = [one for one in found if isinstance(one, Changed)]
    lost = [one for one in found if isinstance(one, StaleRevisionError)]
    assert [[entry.author for entry in error.since] for error in lost] == [[won.entry.author]] * 3
    assert history(desk, id) == [won.entry]
    assert load_draft(desk, id).schedule == won.draft.schedule


def test_threads_that_share_a_desk_lose_no_edit(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id

    def work(name: str) -> None:
        for number in range(6):
            while True:
                revision = load_draft(desk, id).meta.revision
                try:
                    if number == 5:
                        undo(desk, id, author=name, revision=revision)
                    else:
                        lock = SetLock("R-1", ("none", "line")[number % 2])
                        apply_edit(desk, id, lock, author=name, revision=revision)
                    break
                except StaleRevisionError:
                    continue

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, ["kim", "lee", "park"]))
    entries = history(desk, id)
    assert [entry.revision for entry in entries] == list(range(1, 19))
    assert sorted(entry.author for entry in entries) == ["kim"] * 6 + ["lee"] * 6 + ["park"] * 6
    assert load_draft(desk, id) == load_draft(Desk(desk.engine, desk.clock), id)


@pytest.mark.integration
def test_processes_lose_no_edit(desk: Desk, address: str) -> None:
    id = open_draft(desk, author="kim").meta.id
    names = ("kim", "lee", "park")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, address, str(id), name, "8"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert writer.returncode == 0, said
    entries = history(desk, id)
    assert [entry.revision for entry in entries] == list(range(1, 25))
    for name in names:
        own = [entry.reason for entry in entries if entry.author == name]
        assert own == [str(number) for number in range(8)]
    draft = load_draft(desk, id)
    assert draft.schedule.runs[0].lock == entries[-1].patch.put[0].lock
    while draft.undoable:
        draft = undo(desk, id, author="kim", revision=draft.meta.revision).draft
    assert draft.schedule == draft.published


@pytest.mark.integration
@pytest.mark.parametrize("step", ["add_entry", "change_draft", "tell"])
def test_a_writer_killed_in_the_middle_leaves_nothing_half_written(
    desk: Desk, address: str, step: str
) -> None:
    id = open_draft(desk, author="kim").meta.id
    first = edited(desk, "N-1", id)
    assert isinstance(first, Changed)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, address, str(id), step], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "in the middle\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait(timeout=30)
    child.stdout.close()
    there = Desk(desk.engine, desk.clock)
    assert load_draft(there, id).schedule == first.draft.schedule
    assert load_draft(there, id).meta == first.draft.meta
    assert history(there, id) == [first.entry]
    again = undo(there, id, author="kim", revision=1)
    assert again.draft.schedule == again.draft.published


def test_of_two_drafts_of_one_version_only_one_is_published(desk: Desk, address: str) -> None:
    ids = []
    for name in ("N-1", "N-2"):
        id = open_draft(desk, author="kim").meta.id
        edited(desk, name, id)
        submit(desk, id, author="kim", revision=1)
        approve(desk, id, author="lee", revision=1)
        ids.append(id)
    desks = [Desk(open_database(address), desk.clock) for _ in range(4)]
    start = threading.Barrier(4)

    def one(number: int) -> int | Exception:
        start.wait()
        try:
            return publish(desks[number], ids[number % 2], author="lee", revision=1)
        except (BaseSupersededError, DraftStatusError) as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, range(4)))
    for other in desks:
        other.engine.dispose()
    assert [number for number in found if isinstance(number, int)] == [2]
    with reading(desk.engine) as session:
        assert [version.number for version in list_versions(session)] == [2, 1]
