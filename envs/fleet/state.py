"""The moving side of a fleet: where every plant of it stands."""

from __future__ import annotations

from typing import Any, NamedTuple, get_type_hints

import numpy as np

from envs.fleet.plants import Fleet
from plant.arrays import Floats, Ints


class State(NamedTuple):
    """The plants of a fleet at their epochs; rows as in `Fleet`, FAR where a minute is not set.

    Plants [B]: clock; at (minute up to which money is charged); tardy_rate, hold_rate (money per day
    now); last_end; run_count; over (0 or 1); fresh (1: not yet at its first epoch); wake (1: lines that
    hold are to be asked); seed; money [B, 7] unweighted. Lines [BL]: line_next (next event); ask_at (when
    it can be given work); held (0 or 1); the run decided and not started: start_at, start_slot,
    start_item, start_quantity, start_end (of a kept run, else -1), setup (minutes), setup_money; the run
    on the line: end_at, end_slot, end_item, end_quantity (planned), end_good (to come), target (shift
    minutes of the line before its end), begun (before its start), planned_end, run_row; fail_at,
    fail_left (running minutes to the next failure); failures, runs (counters of luck); down_until,
    failed_at; family (as decided), family_before, idle_from, next_fixed, moved (1: its next kept run is
    pulled forward or pushed back, and what that takes is reserved), deciding (0 or 1), offers_until
    (which minute what is seen of its next starts stands, -1 where it was told or ended something), told
    (units that a plan asks for). Items [BI]: stock; backlog (units), backlog_value (money per day); hold_of
    (share of hold_rate); reserved (units of decided takes), reserved_until; supply (opening stock and all
    known gains less all decided takes); head (first order open), due (first not yet due), known (first
    whose quantity is not yet known), near (first not due within `Rhythm.near`), within (first due after
    the horizon), order_end, ahead [BI, 8] (first not due within each bucket of observations), edges
    [BI, 8] (when that one will be); arrival (next), kept (row), item_next; need_total, need_near (units
    that nothing decided covers), short_at, short_order, worth (money per unit and day). Orders: order_due,
    quantity, believed (as known so far),
    weight, rank, left (open units), sum (believed demand up to it), squares (of it, added up). Arrivals:
    arrival_at, arrival_quantity, expected. option_quantity, option_index [BL, K] of the lines that
    decide; 0 is not possible. same_until [BI]: until which minute the observation of what lies ahead
    stays as it is, -1 where orders or arrivals came; demand_of, arrivals_until, arrivals_of, moment: for
    which orders and arrivals, and which rush orders to be expected, it was written. The runs [B, R]: what
    happened, run_planned and run_good units, run_kept the row of `Fleet.fixed_*` or -1. order, urgency
    [B, L]: room to sort in.
    """

    clock: Ints
    at: Ints
    tardy_rate: Floats
    hold_rate: Floats
    last_end: Ints
    run_count: Ints
    over: Ints
    fresh: Ints
    wake: Ints
    seed: Ints
    money: Floats
    line_next: Ints
    ask_at: Ints
    held: Ints
    start_at: Ints
    start_slot: Ints
    start_item: Ints
    start_quantity: Floats
    start_end: Ints
    setup: Ints
    setup_money: Floats
    end_at: Ints
    end_slot: Ints
    end_item: Ints
    end_quantity: Floats
    end_good: Floats
    target: Ints
    begun: Ints
    planned_end: Ints
    run_row: Ints
    fail_at: Ints
    fail_left: Ints
    failures: Ints
    runs: Ints
    down_until: Ints
    failed_at: Ints
    family: Ints
    family_before: Ints
    idle_from: Ints
    next_fixed: Ints
    moved: Ints
    deciding: Ints
    offers_until: Ints
    told: Floats
    stock: Floats
    backlog: Floats
    backlog_value: Floats
    hold_of: Floats
    reserved: Floats
    reserved_until: Ints
    supply: Floats
    head: Ints
    due: Ints
    known: Ints
    near: Ints
    within: Ints
    order_end: Ints
    ahead: Ints
    edges: Ints
    arrival: Ints
    kept: Ints
    item_next: Ints
    need_total: Floats
    need_near: Floats
    short_at: Ints
    short_order: Ints
    worth: Floats
    same_until: Ints
    demand_of: Ints
    arrivals_until: Ints
    arrivals_of: Ints
    moment: Ints
    order_due: Ints
    quantity: Floats
    believed: Floats
    weight: Floats
    rank: Ints
    left: Floats
    sum: Floats
    squares: Floats
    arrival_at: Ints
    arrival_quantity: Floats
    expected: Floats
    option_quantity: Floats
    option_index: Floats
    run_line: Ints
    run_item: Ints
    run_start: Ints
    run_end: Ints
    run_planned: Floats
    run_good: Floats
    run_kept: Ints
    order: Ints
    urgency: Floats


_FLOATS = frozenset(name for name, kind in get_type_hints(State).items() if kind == Floats)
_PLANTS = (
    "clock",
    "at",
    "tardy_rate",
    "hold_rate",
    "last_end",
    "run_count",
    "over",
    "fresh",
    "wake",
    "seed",
)
_ORDERS = ("order_due", "quantity", "believed", "weight", "rank", "left", "sum", "squares")
_ARRIVALS = ("arrival_at", "arrival_quantity", "expected")
_OPTIONS = ("option_quantity", "option_index")
_RUNS = ("run_line", "run_item", "run_start", "run_end", "run_planned", "run_good", "run_kept")
_SORTING = ("order", "urgency")


def new_state(fleet: Fleet, runs: int) -> State:
    """Room for a fleet's state, with up to so many runs a plant on record; `reset` of the kernel fills it."""
    size, lines, items = fleet.size, fleet.lines, fleet.items
    slots = fleet.slot_item.shape[1]
    shapes: dict[str, tuple[int, ...]] = {"money": (size, 7)}
    shapes |= dict.fromkeys(_PLANTS, (size,))
    shapes |= dict.fromkeys(_ORDERS, (len(fleet.order_due),))
    shapes |= dict.fromkeys(_ARRIVALS, (len(fleet.arrival_at),))
    shapes |= dict.fromkeys(_OPTIONS, (size * lines, slots))
    shapes |= dict.fromkeys(_RUNS, (size, runs))
    shapes |= dict.fromkeys(_SORTING, (size, lines))
    names = list(State._fields)
    of_lines = names[names.index("line_next") : names.index("stock")]
    of_items = names[names.index("stock") : names.index("order_due")]
    shapes |= dict.fromkeys(of_lines, (size * lines,)) | dict.fromkeys(of_items, (size * items,))
    shapes["ahead"] = shapes["edges"] = (size * items, 8)
    rows: dict[str, Any] = {
        name: np.zeros(shapes[name], np.float64 if name in _FLOATS else np.int64) for name in names
    }
    return State(**rows)
