"""The moves between lines that make jobs: jobs in and out, two in each other's place, blocks of a family."""

from __future__ import annotations

import numpy as np

from models.optimize.jobs.chance import whole
from models.optimize.jobs.machine_board import NEVER_MORE, Board, time_line
from models.optimize.jobs.view import Jobs
from plant.compiled import inner

INSERTS, BLOCKS = 0.65, 0.2
LONGEST_BLOCK = 5
BESIDE_MATE = 0.5
FAR_MATE = 12


@inner
def propose(rng: np.random.Generator, jobs: Jobs, board: Board, focus: float, most: float) -> float:
    """By how much a random move changes the money; infinite where it cannot be, or more than `most`."""
    job = some_job(rng, jobs, board, focus)
    one, place = board.line_of[job], board.place[job]
    near = board.end[one, place] - jobs.minutes[job, one]
    if jobs.release[job] < jobs.due[job] < board.end[one, place]:
        near = jobs.release[job] + whole(rng, jobs.due[job] - jobs.release[job])
    mate = some_mate(rng, jobs, board, job) if rng.random() < BESIDE_MATE else -1
    if rng.random() < INSERTS:
        block = some_block(rng, jobs, board, one, place)
        if mate >= 0:
            other, target = board.line_of[mate], board.place[mate] + whole(rng, 2)
        else:
            other = one if rng.random() < 0.25 else some_line(rng, board, job)
            target = some_position(rng, jobs, board, other, job, near)
        if one == other:
            return within(jobs, board, one, place, block, target, most)
        return across(jobs, board, one, place, block, other, target, most)
    if mate >= 0 and board.line_of[mate] != one and jobs.minutes[job, board.line_of[mate]] > 0:
        return swapped(jobs, board, one, place, board.line_of[mate], board.place[mate], most)
    other = one if rng.random() < 0.2 else some_line(rng, board, job)
    if board.length[other] == 0:
        return NEVER_MORE
    if one == other:
        return turned(jobs, board, one, place, whole(rng, board.length[one]), most)
    target = some_position(rng, jobs, board, other, job, near)
    return swapped(jobs, board, one, place, other, min(target, board.length[other] - 1), most)


@inner
def some_line(rng: np.random.Generator, board: Board, job: int) -> int:
    """A line that can make a job, more often one that is quick at it."""
    count = board.able_count[job]
    return int(board.able[job, min(whole(rng, count), whole(rng, count))])


@inner
def some_job(rng: np.random.Generator, jobs: Jobs, board: Board, focus: float) -> int:
    """A job; with the chance `focus` one that is late, or on a line that ends beyond the target."""
    job = whole(rng, len(board.line_of))
    if rng.random() >= focus:
        return job
    if board.peak[0] > 0:
        line = whole(rng, len(board.length))
        for _ in range(len(board.length)):
            length = board.length[line]
            if length > 0 and board.end[line, length - 1] > board.target[0]:
                return int(board.job[line, whole(rng, length)])
            line = line + 1 if line + 1 < len(board.length) else 0
        return job
    line = whole(rng, len(board.length))
    for _ in range(len(board.length)):
        place = late_place(rng, jobs, board, line) if board.money[line] > 0 else -1
        if place >= 0:
            # what stands before a late job is as much the cause as the job itself
            return int(board.job[line, place if rng.random() < 0.5 else whole(rng, place + 1)])
        line = line + 1 if line + 1 < len(board.length) else 0
    return job


@inner
def late_place(rng: np.random.Generator, jobs: Jobs, board: Board, line: int) -> int:
    """Where on a line a job stands that ends after it is due, or -1."""
    length = board.length[line]
    if length == 0:
        return -1
    at = whole(rng, length)
    for _ in range(length):
        job = board.job[line, at]
        if jobs.rate[job] > 0 and board.end[line, at] > jobs.due[job]:
            return at
        at = at + 1 if at + 1 < length else 0
    return -1


@inner
def some_mate(rng: np.random.Generator, jobs: Jobs, board: Board, job: int) -> int:
    """A job of the same family that is due at about the same time, or -1."""
    away = 1 + int(FAR_MATE * rng.random() ** 2)
    rank = board.rank[job] + (away if rng.random() < 0.5 else -away)
    if rank < 0 or rank >= len(board.mates):
        return -1
    mate = board.mates[rank]
    return int(mate) if jobs.family[mate] == jobs.family[job] else -1


@inner
def some_block(rng: np.random.Generator, jobs: Jobs, board: Board, line: int, place: int) -> int:
    """How many jobs of one family, that follow each other, move together."""
    if rng.random() > BLOCKS:
        return 1
    block, limit = 1, 2 + whole(rng, LONGEST_BLOCK)
    family = jobs.family[board.job[line, place]]
    while (
        block < limit
        and place + block < board.length[line]
        and jobs.family[board.job[line, place + block]] == family
    ):
        block += 1
    return block


@inner
def some_position(
    rng: np.random.Generator, jobs: Jobs, board: Board, line: int, job: int, near: int
) -> int:
    """Where to put a job in a line: beside its family, around a minute, or anywhere."""
    length = board.length[line]
    if length == 0:
        return 0
    draw = rng.random()
    if draw < 0.4:
        at = whole(rng, length)
        for _ in range(length):
            if jobs.family[board.job[line, at]] == jobs.family[job]:
                return at + whole(rng, 2)
            at = at + 1 if at + 1 < length else 0
    if draw < 0.7:
        low, high = 0, length
        while low < high:
            middle = (low + high) // 2
            if board.end[line, middle] < near:
                low = middle + 1
            else:
                high = middle
        return int(min(max(low + whole(rng, 3) - 1, 0), length))
    return whole(rng, length + 1)


@inner
def within(
    jobs: Jobs, board: Board, line: int, place: int, block: int, target: int, most: float
) -> float:
    """By how much the money changes where a block of a line's jobs stands before position `target`."""
    if place <= target <= place + block:
        return NEVER_MORE
    row, new = board.job[line], board.scratch[0]
    if target < place:
        for at in range(block):
            new[target + at] = row[place + at]
        for at in range(target, place):
            new[at + block] = row[at]
        return edit_one(jobs, board, line, target, place + block, most)
    for at in range(place + block, target):
        new[at - block] = row[at]
    for at in range(block):
        new[target - block + at] = row[place + at]
    return edit_one(jobs, board, line, place, target, most)


@inner
def turned(jobs: Jobs, board: Board, line: int, place: int, target: int, most: float) -> float:
    """By how much the money changes where two jobs of a line change places."""
    if place == target:
        return NEVER_MORE
    row, new = board.job[line], board.scratch[0]
    first, last = min(place, target), max(place, target)
    for at in range(first, last):
        new[at] = row[at]
    new[first], new[last] = row[last], row[first]
    return edit_one(jobs, board, line, first, last + 1, most)


@inner
def across(
    jobs: Jobs, board: Board, one: int, place: int, block: int, other: int, target: int, most: float
) -> float:
    """By how much the money changes where a block of one line stands before a position of another."""
    for at in range(place, place + block):
        if jobs.minutes[board.job[one, at], other] <= 0:
            return NEVER_MORE
    row, new = board.job[other], board.scratch[1]
    for at in range(block):
        new[target + at] = board.job[one, place + at]
    longer, shorter = board.length[other] + block, board.length[one] - block
    for at in range(target, board.length[other]):
        new[at + block] = row[at]
    before = board.money[one] + board.money[other]
    limit = board.money[other] + most_gain(board, one, place) + most
    gets = time_line(jobs, board, other, 1, target, target + block, -block, longer, limit)
    if gets >= NEVER_MORE:
        return NEVER_MORE
    row, new = board.job[one], board.scratch[0]
    for at in range(place, shorter):
        new[at] = row[at + block]
    gives = time_line(jobs, board, one, 0, place, place, block, shorter, before + most - gets)
    return two_edits(board, one, place, shorter, gives, other, target, longer, gets)


@inner
def swapped(
    jobs: Jobs, board: Board, one: int, place: int, other: int, target: int, most: float
) -> float:
    """By how much the money changes where a job of one line changes places with one of another."""
    if jobs.minutes[board.job[other, target], one] <= 0:
        return NEVER_MORE
    before = board.money[one] + board.money[other]
    limit = board.money[one] + most_gain(board, other, target) + most
    new, row, length = board.scratch[0], board.job[one], board.length[one]
    new[place] = board.job[other, target]
    for at in range(place + 1, length):
        new[at] = row[at]
    first = time_line(jobs, board, one, 0, place, place + 1, 0, length, limit)
    if first >= NEVER_MORE:
        return NEVER_MORE
    new, row, size = board.scratch[1], board.job[other], board.length[other]
    new[target] = board.job[one, place]
    for at in range(target + 1, size):
        new[at] = row[at]
    second = time_line(jobs, board, other, 1, target, target + 1, 0, size, before + most - first)
    return two_edits(board, one, place, length, first, other, target, size, second)


@inner
def edit_one(jobs: Jobs, board: Board, line: int, first: int, same: int, most: float) -> float:
    """Price a change within one line, as the scratch row says from `first` to `same`."""
    length = board.length[line]
    new, row = board.scratch[0], board.job[line]
    for at in range(same, length):
        new[at] = row[at]
    before = board.money[line]
    board.edit[0, 0], board.edit[0, 1], board.edit[0, 2] = line, first, length
    board.edit[1, 0] = -1
    board.price[0] = time_line(jobs, board, line, 0, first, same, 0, length, before + most)
    return float(board.price[0] - before)


@inner
def most_gain(board: Board, line: int, place: int) -> float:
    """No change of a line from a position on saves more than this."""
    return float(board.money[line] - (board.spent[line, place - 1] if place > 0 else 0.0))


@inner
def two_edits(
    board: Board, one: int, place: int, length: int, price: float,
    other: int, target: int, size: int, cost: float,
) -> float:  # fmt: skip
    """Note what is proposed for two lines; by how much their money changes."""
    board.edit[0, 0], board.edit[0, 1], board.edit[0, 2] = one, place, length
    board.edit[1, 0], board.edit[1, 1], board.edit[1, 2] = other, target, size
    board.price[0], board.price[1] = price, cost
    return float(price + cost - board.money[one] - board.money[other])
