"""Lines that make jobs one after the other: timed and priced where their sequence changes.

Only what follows a change is timed again, and only until times are as before. The makespan is no sum
over lines: instead a line pays for every minute beyond a target, one minute short of the best makespan met,
which is then lowered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.optimize.jobs.view import Jobs
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner, outer

NEVER_MORE = np.inf
SMALLEST_GAIN = 1e-9


class Board(NamedTuple):
    """The sequences as they are, and what is needed to price a change of them.

    job [L, J], length [L]. mates [J]: all jobs by family, then due; rank [J]: where each stands there.
    able [J, L], able_count [J]: the lines that can make each, the quickest first. line_of, place [J]: where
    each stands. end [L, J]: when the job at a position ends; spent [L, J]: money
    of the line up to and with it; money [L]: all of a line's. target [1]: minute up to which lines are
    free. peak [2]: money per minute beyond target, and per minute of any line's end. scratch [2, J+1]: the
    two sequences that a move proposes from its first change on, edit [2, 3]: their line (or -1), first
    change and length, price [2]; new_end, new_spent [2, J+1] alike.
    best, best_length: the best sequences met; level [2]: true cost now and of the best.
    """

    job: Ints
    length: Ints
    mates: Ints
    rank: Ints
    able: Ints
    able_count: Ints
    line_of: Ints
    place: Ints
    end: Ints
    spent: Floats
    money: Floats
    target: Ints
    peak: Floats
    edit: Ints
    price: Floats
    scratch: Ints
    new_end: Ints
    new_spent: Floats
    best: Ints
    best_length: Ints
    level: Floats


@inner
def setup_of(jobs: Jobs, line: int, old: int, new: int) -> tuple[int, float]:
    """Minutes and money of a changeover between families on a line; none from -1."""
    if old < 0:
        return 0, 0.0
    table = jobs.table[line]
    return int(jobs.setup[table, old, new]), float(jobs.setup_money[table, old, new])


@inner
def beyond(board: Board, end: int) -> float:
    """What a line pays for ending at a minute."""
    over = end - board.target[0]
    return float(board.peak[1] * end + (board.peak[0] * over if over > 0 else 0.0))


@inner
def time_line(
    jobs: Jobs, board: Board, line: int, slot: int, first: int, same: int, shift: int, length: int,
    most: float,
) -> float:  # fmt: skip
    """Money of a line whose jobs from position `first` on are those of a scratch row.

    From position `same` on they are the jobs that stand `shift` places later now; as soon as one of them ends
    when it ended, so do all others. Infinite once it is more than `most`.
    """
    new, ends, spends = board.scratch[slot], board.new_end[slot], board.new_spent[slot]
    at, family, money = jobs.available[line], jobs.initial[line], 0.0
    if first > 0:
        at, money = board.end[line, first - 1], board.spent[line, first - 1]
        family = jobs.family[board.job[line, first - 1]]
    old_length = board.length[line]
    position = first
    while position < length:
        job = new[position]
        takes, costs = setup_of(jobs, line, family, jobs.family[job])
        at = max(at + takes, jobs.release[job]) + jobs.minutes[job, line]
        family = jobs.family[job]
        money += costs + jobs.money[job, line]
        if at > jobs.due[job]:
            money += jobs.rate[job] * (at - jobs.due[job])
        if money > most:
            return NEVER_MORE
        ends[position], spends[position] = at, money
        position += 1
        if position > same and at == board.end[line, position - 1 + shift]:
            before = board.spent[line, position - 1 + shift]
            for later in range(position, length):
                ends[later] = board.end[line, later + shift]
                spends[later] = money + board.spent[line, later + shift] - before
            if position < length:
                money += board.spent[line, old_length - 1] - before
                at = board.end[line, old_length - 1]
            break
    if length > 0:
        money += beyond(board, at)
    return NEVER_MORE if at > jobs.closes[line] or money > most else float(money)


@inner
def keep_line(
    jobs: Jobs, board: Board, line: int, slot: int, first: int, length: int, money: float
) -> None:
    """Let a line have the jobs of a scratch row from a position on."""
    for position in range(first, length):
        job = board.scratch[slot, position]
        board.job[line, position] = job
        board.end[line, position] = board.new_end[slot, position]
        board.spent[line, position] = board.new_spent[slot, position]
        board.line_of[job], board.place[job] = line, position
    board.length[line] = length
    board.money[line] = money


@outer
def lay_out(jobs: Jobs, board: Board) -> tuple[float, int]:
    """Time and price all lines as they stand: their true cost, and when the last job ends."""
    jobs, board = borrow(jobs), borrow(board)
    if price_all(jobs, board) >= NEVER_MORE:
        return NEVER_MORE, 0
    return true_cost(jobs, board), last_end(board)


@inner
def price_all(jobs: Jobs, board: Board) -> float:
    """Time and price all lines as they stand; the sum of their money."""
    total = 0.0
    for line in range(len(board.length)):
        length = board.length[line]
        for position in range(length):
            board.scratch[0, position] = board.job[line, position]
        money = time_line(jobs, board, line, 0, 0, length, 0, length, NEVER_MORE)
        keep_line(jobs, board, line, 0, 0, length, money)
        total += money
    return total


@inner
def true_cost(jobs: Jobs, board: Board) -> float:
    """The money of all lines with the makespan at its price."""
    total = jobs.makespan_money * last_end(board)
    for line in range(len(board.length)):
        if board.length[line] > 0:
            total += board.spent[line, board.length[line] - 1]
    return float(total)


@inner
def last_end(board: Board) -> int:
    """When the last job ends."""
    last = 0
    for line in range(len(board.length)):
        if board.length[line] > 0:
            last = max(last, board.end[line, board.length[line] - 1])
    return last


@inner
def save(board: Board) -> None:
    """Note the sequences as the best."""
    for line in range(len(board.length)):
        board.best_length[line] = board.length[line]
        for position in range(board.length[line]):
            board.best[line, position] = board.job[line, position]


@inner
def agree(jobs: Jobs, board: Board) -> None:
    """Keep what was proposed."""
    for slot in range(2):
        line, first, length = board.edit[slot, 0], board.edit[slot, 1], board.edit[slot, 2]
        if line >= 0:
            keep_line(jobs, board, line, slot, first, length, board.price[slot])


@inner
def note_makespan(jobs: Jobs, board: Board) -> None:
    """Save the sequences where they are the best, and aim at a minute less than their makespan."""
    cost = true_cost(jobs, board)
    if cost >= board.level[1] - SMALLEST_GAIN:
        return
    board.level[1] = cost
    save(board)
    last = last_end(board)
    if last <= board.target[0]:
        board.target[0] = last - 1
        price_all(jobs, board)
