"""The search over jobs that wait for no other job: a start by rules, then annealing, anytime."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from models.optimize.jobs.machine_board import (
    NEVER_MORE,
    SMALLEST_GAIN,
    Board,
    agree,
    lay_out,
    note_makespan,
    save,
)
from models.optimize.jobs.machine_moves import propose
from models.optimize.jobs.machine_start import first_sequences
from models.optimize.jobs.view import Jobs, Sequences, least_minutes, only_makespan
from plant.arrays import Floats
from plant.borrowed import borrow
from plant.compiled import inner, outer

PROBE = 3000
SLICE = 10_000  # moves: some milliseconds
HOT, COLD = 0.12, 0.003  # quantiles of what worsening moves cost: the temperatures at both ends
COLD_OF_MAKESPAN = 0.002
ROUNDS = (0.1, 0.9)  # shares of the time: a quick annealing first, then a slow one from its best
FOCUS = 0.3
# Of the makespan's price, for each minute of a line up to the target: by turns, so that threads differ.
SLOPES, SLOPES_WITH_SETUPS = (0.1, 0.05), (0.1, 0.3)
# Of the mean price of a job's minute, for each minute of a line, less and less as the search cools: where
# most jobs are on time most changes cost the same, and room on a line helps those late elsewhere.
ROOM = 0.2
NOTHING = np.zeros(0)
LONGEST = np.iinfo(np.int64).max


def anneal_jobs(
    jobs: Jobs,
    start: Sequences | None,
    seconds: float,
    seed: int = 0,
    improved: Callable[[Sequences, float], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    slices: int | None = None,
) -> tuple[Sequences, float] | None:
    """The best sequences found within the time, and their cost; None where no start fits the horizon.

    `jobs` has none that wait for others. `improved` is told of better ones about twice a second. With
    `slices` the time is not looked at, and the same seed gives the same sequences.
    """
    began = clock()
    starts = [start] if start is not None else first_sequences(jobs)
    costs = [lay_out(jobs, board_of(jobs, one))[0] for one in starts]
    if not np.isfinite(min(costs)):
        return None
    best, cost = starts[int(np.argmin(costs))], float(min(costs))
    if improved:
        improved(best, cost)
    rng, told_at = np.random.default_rng(seed), clock()
    slopes = SLOPES_WITH_SETUPS if jobs.setup.any() else SLOPES
    slope = slopes[seed % len(slopes)]
    board = board_of(jobs, best)
    aim(jobs, board, slope)
    hot, cold = temperatures(rng, jobs, board)
    room = board.peak[1] if jobs.makespan_money == 0 else 0.0
    alone, done = only_makespan(jobs), 0.0
    for share in ROUNDS:
        sliced = 0
        while not stop():
            passed = (clock() - began) / max(seconds, 1e-9)
            if slices is not None:
                passed = done + sliced / slices
            progress = (passed - done) / share
            if progress >= 1.0:
                break
            temperature = hot * (cold / hot) ** max(progress, 0.0)
            if room > 0:
                board.peak[1] = room * (1.0 - max(progress, 0.0))
                lay_out(jobs, board)
            anneal(rng, jobs, board, temperature, SLICE, FOCUS, alone, NOTHING)
            sliced += 1
            if improved and board.level[1] < cost and clock() - told_at > 0.5:
                cost, told_at = float(board.level[1]), clock()
                improved(best_of(board), cost)
        done += share
        board = board_of(jobs, best_of(board))
        aim(jobs, board, slope)
    return best_of(board), float(board.level[1])


def board_of(jobs: Jobs, sequences: Sequences) -> Board:
    """A board with these sequences, not yet priced."""
    lines, count = sequences.job.shape
    least = least_minutes(jobs.minutes)
    mates = np.lexsort((least / np.maximum(jobs.rate, 1e-9), jobs.due, jobs.family))
    rank = np.empty(count, np.int64)
    rank[mates] = np.arange(count)
    return Board(
        job=sequences.job.copy(),
        length=sequences.length.copy(),
        mates=mates.astype(np.int64),
        rank=rank,
        able=np.argsort(np.where(jobs.minutes > 0, jobs.minutes, LONGEST), axis=1, kind="stable"),
        able_count=(jobs.minutes > 0).sum(axis=1),
        line_of=np.zeros(count, np.int64),
        place=np.zeros(count, np.int64),
        end=np.zeros((lines, count), np.int64),
        spent=np.zeros((lines, count)),
        money=np.zeros(lines),
        target=np.zeros(1, np.int64),
        peak=np.zeros(2),
        edit=np.zeros((2, 3), np.int64),
        price=np.zeros(2),
        scratch=np.zeros((2, count + 1), np.int64),
        new_end=np.zeros((2, count + 1), np.int64),
        new_spent=np.zeros((2, count + 1)),
        best=sequences.job.copy(),
        best_length=sequences.length.copy(),
        level=np.zeros(2),
    )


def aim(jobs: Jobs, board: Board, slope: float) -> None:
    """Price the board as it stands, with a target where the makespan costs, and with a price of room."""
    cost, last = lay_out(jobs, board)
    if jobs.makespan_money > 0:
        board.target[0] = last - 1
        board.peak[:] = jobs.makespan_money, slope * jobs.makespan_money
        lay_out(jobs, board)
    else:
        can_be_on_time = jobs.release + least_minutes(jobs.minutes) <= jobs.due
        board.peak[1] = ROOM * float((jobs.rate * can_be_on_time).mean())
        lay_out(jobs, board)
    board.level[:] = cost


def temperatures(rng: np.random.Generator, jobs: Jobs, board: Board) -> tuple[float, float]:
    """The first and last temperature, by what worsening moves cost."""
    worse: Floats = np.zeros(PROBE)
    met = anneal(rng, jobs, board, 1.0, PROBE, FOCUS, only_makespan(jobs), worse)
    if not met:
        return 1.0, 1.0
    coldest = COLD_OF_MAKESPAN if jobs.makespan_money > 0 else COLD
    hot, cold = (float(np.quantile(worse[:met], share)) for share in (HOT, coldest))
    return max(hot, 1e-9), min(max(cold, 1e-4 * hot), hot)


def best_of(board: Board) -> Sequences:
    """A copy of the best sequences met."""
    return Sequences(board.best.copy(), board.best_length.copy())


@outer
def anneal(
    rng: np.random.Generator, jobs: Jobs, board: Board, temperature: float, moves: int,
    focus: float, alone: bool, worse: Floats,
) -> int:  # fmt: skip
    """The moves kept of so many tried at a temperature.

    alone: nothing but the makespan differs. Where `worse` has room nothing is kept: it takes what worsening
    moves cost, and their number is returned.
    """
    jobs, board = borrow(jobs), borrow(board)
    kept = 0
    unsaved = False
    for _ in range(moves):
        most = NEVER_MORE if len(worse) > 0 else -temperature * np.log(1.0 - rng.random())
        change = propose(rng, jobs, board, focus, most)
        if not change <= most or change >= NEVER_MORE:
            continue
        if len(worse) > 0:
            if change > SMALLEST_GAIN:
                worse[kept] = change
                kept += 1
            continue
        if unsaved and (change > 0 or board.peak[1] > 0):
            save(board)
            unsaved = False
        before = spent_of(board)
        agree(jobs, board)
        kept += 1
        if jobs.makespan_money > 0:
            if change < 0 and not (alone and is_beyond(board)):
                note_makespan(jobs, board)
            continue
        board.level[0] += spent_of(board) - before
        if board.level[0] < board.level[1] - SMALLEST_GAIN:
            board.level[1] = board.level[0]
            unsaved = True
    if unsaved:
        save(board)
    return kept


@inner
def spent_of(board: Board) -> float:
    """What the jobs of the lines that a proposal changes cost now."""
    total = 0.0
    for slot in range(2):
        line = board.edit[slot, 0]
        if line >= 0 and board.length[line] > 0:
            total += board.spent[line, board.length[line] - 1]
    return total


@inner
def is_beyond(board: Board) -> bool:
    """Whether a line that was just changed ends beyond the target: then the makespan is no better."""
    for slot in range(2):
        line = board.edit[slot, 0]
        length = board.length[line] if line >= 0 else 0
        if length > 0 and board.end[line, length - 1] > board.target[0]:
            return True
    return False
