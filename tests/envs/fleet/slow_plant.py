"""The fleet's plant in plain Python, minute by minute: slow and obvious, to compare the kernel with.

Nothing is worked out ahead: each minute a manned line does a minute of changeover, work or repair, and
every stock costs a minute of money. What is drawn by chance comes from the same streams; economic lots and
leads that the kernel takes from `World` are taken from there too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from envs.fleet import luck as chance
from envs.fleet.luck import Luck
from envs.fleet.plants import Assignment, Rhythm
from envs.fleet.world import World, build_world

DAY = 1440
NEVER = 10**9


@dataclass
class Line:
    manned: list[int]
    overtime: set[int]
    family: int
    free_from: int
    run: tuple[int, float, float] | None = None  # slot, planned, good
    working: int = 0  # manned minutes until the run's end, repairs included
    planned: int = 0  # manned minutes of the run from its start, repairs included
    begun: int = -1
    next: tuple[int, float, int] | None = None  # slot, units, start
    until_failure: int = 0
    failing_in: int = NEVER  # running minutes
    failures: int = 0
    runs: int = 0
    ask_at: int = 0
    held: bool = False
    deciding: bool = False
    lots: dict[int, float] = field(default_factory=dict)
    changing: int = 0
    busy: set[int] = field(default_factory=set)  # minutes of work and of changeovers


@dataclass
class Demand:
    due: int
    units: float
    believed: float
    weight: float
    open: float


@dataclass
class Item:
    stock: float
    orders: list[Demand]
    arrivals: list[tuple[int, float, float]]  # minute, units, expected


class SlowPlant:
    def __init__(self, assignment: Assignment, luck: Luck, seed: int, rhythm: Rhythm) -> None:
        self.pace, self.luck, self.seed = rhythm, luck, seed
        self.world: World = build_world(
            assignment.plant, assignment.weights, hold=rhythm.hold, longest=rhythm.longest
        )
        self.horizon = assignment.plant.horizon
        self.records = assignment.plant
        self.spread = [assignment.spread.get(item.id, 1.0) for item in assignment.plant.items]
        self.now = 0
        self.over = False
        self.wake = False
        self.money = dict.fromkeys(
            ("tardiness", "production", "changeover", "holding", "idle"), 0.0
        )
        self.items = [self._item(i) for i in range(len(self.world.items.stock))]
        self.lines = [self._line(row) for row in range(len(assignment.plant.lines))]
        self._learn(0)
        self._gain(0)
        if not self._epoch():
            self.move_on()

    # -- how it begins

    def _line(self, row: int) -> Line:
        record = self.records.lines[row]
        manned = [m for s in record.shifts for m in range(s.start, s.end)]
        extra = {m for s in record.shifts if s.overtime for m in range(s.start, s.end)}
        family = int(self.world.lines.initial_family[row])
        line = Line(manned, extra, family, record.available_from)
        line.until_failure = self._to_failure(row, 0)
        line.ask_at = self._manned_from(line, record.available_from)
        return line

    def _item(self, i: int) -> Item:
        world, luck, seed = self.world, self.luck, self.seed
        orders = []
        for nth, row in enumerate(range(world.orders.pointer[i], world.orders.pointer[i + 1])):
            due, units = int(world.orders.due[row]), float(world.orders.quantity[row])
            true = units
            if luck.demand_spread > 0 and due > luck.notice:
                spread = luck.demand_spread * self.spread[i]
                true *= factor(seed, chance.DEMAND, i, nth, spread)
            orders.append(Demand(due, true, units, float(world.orders.weight[row]), true))
        arrivals = []
        mine = np.flatnonzero(world.arrival_item == i)
        for nth, row in enumerate(sorted(mine, key=lambda r: int(world.arrival_at[r]))):
            at, units = int(world.arrival_at[row]), float(world.arrival_quantity[row])
            coming, expected = units, units if at < self.horizon else 0.0
            if self._chance(chance.SHORT, i, 2 * nth) < luck.short_share:
                coming *= 1 - luck.short_part * self._chance(chance.SHORT, i, 2 * nth + 1)
            if self._chance(chance.LATE, i, 2 * nth) < luck.late_share:
                hours = -luck.late_hours * math.log(self._chance(chance.LATE, i, 2 * nth + 1))
                at += math.ceil(hours * 60)
            arrivals.append((at, coming, expected))
        return Item(float(world.items.stock[i]), orders, arrivals)

    def _chance(self, stream: int, record: int, count: int) -> float:
        return uniform(self.seed, stream, record, count)

    def _to_failure(self, row: int, nth: int) -> int:
        hours = -self.luck.failure_hours * math.log(self._chance(chance.FAILURE, row, nth))
        return math.ceil(hours * 60)

    # -- time

    def _manned_from(self, line: Line, minute: int) -> int:
        return next((m for m in line.manned if m >= minute), NEVER)

    def move_on(self) -> None:
        began = self.now
        while True:
            until = min(self.now + self.pace.tick, self.horizon)
            while self.now < until:
                self._start(self.now)
                self._serve(self.now)
                self._live(self.now)
                self.now += 1
                self._gain(self.now)
            if self.now == self.horizon:
                self._finish()
                return
            if self._epoch() or self.now - began >= self.pace.at_least:
                return

    def _gain(self, now: int) -> None:
        for row, line in enumerate(self.lines):
            if line.run is None:
                continue
            slot, _, good = line.run
            if line.failing_in == 0 and now in self._set(line):
                self._fail(row, line)
                slot, _, good = line.run
            if line.working == 0:
                item = self._item_of(row, slot)
                self.items[item].stock += good
                line.run = None
                self.wake |= bool(self.world.is_component[item])
        for i, item_ in enumerate(self.items):
            if any(at == now for at, _, _ in item_.arrivals):
                item_.stock += sum(units for at, units, _ in item_.arrivals if at == now)
                self.wake |= bool(self.world.is_component[i])

    def _set(self, line: Line) -> set[int]:
        return set(line.manned)

    def _fail(self, row: int, line: Line) -> None:
        assert line.run is not None
        repair = math.ceil(
            -self.luck.repair_minutes * math.log(self._chance(chance.REPAIR, row, line.failures))
        )
        line.failures += 1
        line.until_failure = self._to_failure(row, line.failures)
        left = line.working
        line.working += repair
        line.planned += repair
        self._fit(line)
        self._foresee(line, line.working - repair, repair)
        if line.next is None:
            line.ask_at = self._manned_from(line, self._end_of(line))
        self.wake = True
        assert left > 0

    def _fit(self, line: Line) -> None:
        """Cut a run that the line's shifts cannot hold, with its good units."""
        assert line.run is not None
        room = sum(m >= self.now for m in line.manned)
        if line.working > room:
            done = line.planned - (line.working - room)
            slot, planned, good = line.run
            line.run = slot, planned, good * done / line.planned
            line.planned, line.working = done, room

    def _foresee(self, line: Line, left: int, after: int) -> None:
        line.failing_in = NEVER
        if self.luck.failure_hours > 0:
            if line.until_failure < left - self.pace.tick:
                line.failing_in = line.until_failure + after
            else:
                line.until_failure = max(line.until_failure - left, 0)

    def _end_of(self, line: Line) -> int:
        return [m for m in line.manned if m >= self.now][line.working - 1] + 1

    def _start(self, now: int) -> None:
        for row, line in enumerate(self.lines):
            if line.next is None or line.next[2] != now:
                continue
            slot, units, _ = line.next
            takes = self._takes(row, slot, units)
            if any(self.items[part].stock < taken - 1e-6 for part, taken in takes):
                later = self._manned_from(line, now + self.pace.tick)
                assert later < NEVER  # the tests' plants have shifts enough
                line.next = slot, units, later
                continue
            for part, taken in takes:
                self.items[part].stock -= taken
            before = [m for m in line.manned if m < now]
            changing = before[len(before) - line.changing :]
            line.busy.update(changing)
            line.run, line.next = (slot, units, units), None
            line.begun = now
            rate = float(self.world.capabilities.rate[row, self._item_of(row, slot)])
            minutes = max(math.ceil(units / rate * 60 - 1e-6), 1)
            if self.luck.rate_spread > 0:
                slower = factor(self.seed, chance.RATE, row, line.runs, self.luck.rate_spread)
                minutes = max(math.ceil(minutes * slower), 1)
            if self.luck.yield_loss > 0:
                drawn = self._chance(chance.YIELD, row, line.runs)
                lost = min(-self.luck.yield_loss * math.log(drawn), 0.5)
                line.run = slot, units, units * (1 - lost)
            line.runs += 1
            line.working = line.planned = minutes
            self._fit(line)
            self._foresee(line, line.working, 0)
            line.ask_at = self._manned_from(line, self._end_of(line))
            if line.failing_in == 0:  # put off from the last tick of the run before
                self._fail(row, line)

    def _serve(self, now: int) -> None:
        self._learn(now)
        for item in self.items:
            for order in item.orders:
                if order.due <= now and item.stock > 0:
                    served = min(item.stock, order.open)
                    item.stock -= served
                    order.open -= served
                    if order.due < 0 and now == 0:
                        late = order.weight * served * -order.due / DAY
                        self.money["tardiness"] += late
                if order.due < 0 and now == 0:
                    self.money["tardiness"] += order.weight * order.open * -order.due / DAY

    def _learn(self, now: int) -> None:
        for item in self.items:
            for order in item.orders:
                if order.due - self.luck.notice <= now and order.believed != order.units:
                    order.believed = order.units
                    self.wake = True

    def _live(self, now: int) -> None:
        """One minute of every line and every stock."""
        for row, line in enumerate(self.lines):
            if line.run is not None and now in self._set(line):
                line.working -= 1
                line.failing_in -= line.failing_in < NEVER
                line.busy.add(now)
                self.money["production"] += self._minute_money(row, now)
        world = self.world.items
        for i, item in enumerate(self.items):
            held = max(item.stock, 0.0)
            short = max(float(world.safety_stock[i]) - held, 0.0)
            money = held * world.holding_cost[i] + short * world.shortage_cost[i]
            self.money["holding"] += float(money) / DAY
            open_ = sum(order.weight * order.open for order in item.orders if order.due <= now)
            self.money["tardiness"] += open_ / DAY

    def _minute_money(self, row: int, minute: int) -> float:
        lines = self.world.lines
        extra = minute in self.lines[row].overtime
        return float(lines.run_cost[row] + extra * lines.overtime_cost[row]) / 60

    def _finish(self) -> None:
        self._start(self.horizon)
        self._serve(self.horizon)
        for item in self.items:
            for order in item.orders:
                minutes = (
                    max(self.horizon + DAY - order.due, 0) if order.due > self.horizon else DAY
                )
                self.money["tardiness"] += order.weight * order.open * minutes / DAY
        for row, line in enumerate(self.lines):
            self.money["production"] += self.charged_ahead(row)
            left = [m for m in line.manned if m >= self.now][: line.working if line.run else 0]
            line.busy.update(left)
            idle = set(line.manned) - line.overtime - line.busy
            idle = {m for m in idle if m >= self.records.lines[row].available_from}
            self.money["idle"] += len(idle) / 60 * float(self.world.lines.idle_cost[row])
            line.deciding = False
        self.over = True

    def charged_ahead(self, row: int) -> float:
        """What the run on a line will cost from now on, which the kernel charges at its start."""
        line = self.lines[row]
        if line.run is None:
            return 0.0
        left = [m for m in line.manned if m >= self.now][: line.working]
        return sum(self._minute_money(row, minute) for minute in left)

    # -- decisions

    def _item_of(self, row: int, slot: int) -> int:
        return int(self.world.slot_item[row, slot])

    def _takes(self, row: int, slot: int, units: float) -> list[tuple[int, float]]:
        bom, item = self.world.bom, self._item_of(row, slot)
        share = float(self.world.capabilities.yield_[row, item])
        rows = range(bom.pointer[item], bom.pointer[item + 1])
        return [(int(bom.component[r]), units * float(bom.per_unit[r]) / share) for r in rows]

    def _epoch(self) -> bool:
        if self.wake:
            self.wake = False
            for line in self.lines:
                if line.held:
                    line.held = False
                    busy = self._end_of(line) if line.run is not None else 0
                    line.ask_at = self._manned_from(line, max(self.now, busy))
        for line in self.lines:
            line.deciding = line.ask_at < min(self.now + self.pace.tick, self.horizon)
            line.held &= not line.deciding
        return self._offer()

    def _offer(self) -> bool:
        needs = self.needs()
        found = False
        for row, line in enumerate(self.lines):
            if not line.deciding:
                continue
            slots = range(self.world.slot_item.shape[1])
            lots = {slot: self._lot(row, slot, 0, 1, needs) for slot in slots}
            line.lots = {slot: units for slot, units in lots.items() if units > 0}
            if line.lots:
                found = True
            else:
                self._hold(line)
        self.last_needs = needs
        return found

    def _hold(self, line: Line) -> None:
        line.deciding, line.held = False, True
        line.ask_at = self._manned_from(line, max(self.now, line.ask_at) + self.pace.hold)

    def needs(self) -> dict[int, tuple[float, float, int, float]]:
        """Units missing in all and until near, from when, and how much money per unit and day."""
        world, near = self.world, self.now + self.pace.near
        asked: dict[int, list[tuple[float, float, int, float]]] = {}
        found = {}
        for i in (int(item) for item in world.makers_first):
            item = self.items[i]
            supply = item.stock
            supply += sum(exp for at, _, exp in item.arrivals if at > self.now)
            for row, line in enumerate(self.lines):
                if line.run is not None and self._item_of(row, line.run[0]) == i:
                    supply += line.run[1]
                if line.next is not None:
                    if self._item_of(row, line.next[0]) == i:
                        supply += line.next[1]
                    takes = self._takes(row, line.next[0], line.next[1])
                    supply -= sum(taken for part, taken in takes if part == i)
            orders = [order for order in item.orders if order.due <= self.horizon]
            wanted = [o.open if o.due < self.now else o.believed for o in orders]
            covered, short, worth = supply, NEVER, 0.0
            for order, units in zip(orders, wanted, strict=True):
                covered -= units
                if covered < -1e-9 and units > 0:
                    short, worth = order.due, order.weight
                    break
            days = (self.horizon - self.now) / DAY
            pays = world.items.shortage_cost[i] * days > world.unit_cost[i]
            safety = float(world.items.safety_stock[i]) if pays else 0.0
            parents = asked.get(i, [])
            total = sum(wanted) + safety + sum(p[0] for p in parents) - supply
            soon = sum(u for o, u in zip(orders, wanted, strict=True) if o.due <= near)
            soon = max(soon + safety + sum(p[1] for p in parents) - supply, 0.0)
            if total <= 1e-9:
                found[i] = 0.0, 0.0, NEVER, 0.0
                continue
            if parents:
                called = min(p[2] for p in parents)
                called = called if soon > 1e-9 else max(called, near)
                if called < short:
                    short, worth = called, max(worth, max(p[3] for p in parents))
            if short == NEVER:
                short = self.now if soon > 1e-9 else near
                worth = float(world.items.shortage_cost[i])
            found[i] = total, soon, short, worth
            for r in range(world.bom.pointer[i], world.bom.pointer[i + 1]):
                share = float(world.bom.per_unit[r] / world.yield_mean[i])
                asked.setdefault(int(world.bom.component[r]), []).append(
                    (total * share, soon * share, short - int(world.lead[i]), worth / share)
                )
        return found

    def _setup(self, line: Line, row: int, item: int) -> tuple[int, float]:
        if line.family < 0:
            return 0, 0.0
        at = self.world.lines.table[row], line.family, self.world.items.family[item]
        return int(self.world.changeovers.minutes[at]), float(self.world.changeovers.cost[at])

    def _lot(
        self, row: int, slot: int, size: int, mode: int, needs: dict[int, tuple[float, float, int, float]]
    ) -> float:  # fmt: skip
        line, item = self.lines[row], self._item_of(row, slot)
        if item < 0 or needs[item][0] <= 1e-9:
            return 0.0
        setup, _ = self._setup(line, row, item)
        able = self.world.capabilities
        rate, least = float(able.rate[row, item]), float(able.min_lot[row, item])
        multiple = float(able.lot_multiple[row, item])
        free = max(self.now, line.ask_at)
        ahead = [m for m in line.manned if m >= free][setup:]
        if not ahead:
            return 0.0
        room = sum(m < self.horizon for m in ahead)
        smallest = math.ceil(least / multiple - 1e-9) * multiple if multiple > 0 else least
        longest = self.pace.longest * (1, 1, 2, 2, 1, 2)[size]
        room = min(room, max(longest, math.ceil(smallest / rate * 60 - 1e-9)))
        if mode == 0:
            room = min(room, next((n for n, m in enumerate(ahead) if m in line.overtime), room))
        if room <= 0:
            return 0.0
        smallest = rate * self.pace.shortest / 60
        lot = max(float(self.world.lot[row, slot]), smallest)
        total, near = needs[item][:2]
        sizes = max(lot, near), lot, 2 * lot, total, max(lot / 2, smallest), 1.5 * lot
        wanted = min(sizes[size], total)
        units = _rounded(wanted, rate * room / 60, least, multiple)
        share = float(able.yield_[row, item])
        most = units
        for part, _ in self._takes(row, slot, 1.0):
            bom = self.world.bom
            rows = range(bom.pointer[item], bom.pointer[item + 1])
            each = next(float(bom.per_unit[r]) for r in rows if bom.component[r] == part)
            most = min(most, self._takeable(part, ahead[0]) * share / each)
        if most < units:
            units = _rounded(wanted, most, least, multiple)
        if units <= 1e-9 or units < min(wanted, smallest) * (1 - 1e-9):
            return 0.0
        return units

    def _takeable(self, part: int, start: int) -> float:
        item = self.items[part]
        free = item.stock
        last = 0
        for row, line in enumerate(self.lines):
            if line.next is not None:
                for taken_part, taken in self._takes(row, line.next[0], line.next[1]):
                    if taken_part == part:
                        free -= taken
                        last = max(last, line.next[2])
        self.reserved_until[part] = max(self.reserved_until.get(part, 0), last)
        until = max(start, self.reserved_until[part])
        free -= sum(o.open for o in item.orders if o.due < self.now)
        free -= sum(o.believed for o in item.orders if self.now <= o.due < until)
        return max(free, 0.0)

    # -- what is seen ahead

    def earliest(self, item: int) -> int:
        """The first minute in which a line could begin the item, set up, with its components there."""
        able = self.world.capabilities
        starts, runs = [NEVER], []
        for row, line in enumerate(self.lines):
            if item not in self.world.slot_item[row]:
                continue
            setup, _ = self._setup(line, row, item)
            ahead = [m for m in line.manned if m >= self._done(row, line)]
            if ahead and self._done(row, line) < self.horizon and len(ahead) > setup:
                starts.append(ahead[setup])
            run = float(able.rate[row, item]) * self.pace.shortest / 60
            runs.append(
                max(float(able.min_lot[row, item]), float(able.lot_multiple[row, item]), run)
            )
        start = min(starts)
        for part, each in self._parts(item):
            if self._takeable(part, self.now) / each < min(runs) * (1 - 1e-9):
                start = max(start, self._gained(part))
        return start

    def cover(self, item: int) -> float:
        """The units that components are there for; infinite where the item has none."""
        return min(
            (self._takeable(p, self.now) / each for p, each in self._parts(item)), default=math.inf
        )

    def _parts(self, item: int) -> list[tuple[int, float]]:
        """The item's components, and the units of each that a unit takes at the mean yield."""
        bom = self.world.bom
        rows = range(bom.pointer[item], bom.pointer[item + 1])
        share = float(self.world.yield_mean[item])
        return [(int(bom.component[r]), float(bom.per_unit[r]) / share) for r in rows]

    def _done(self, row: int, line: Line) -> int:
        """When the line has done all that it was told."""
        if line.next is not None:
            slot, units, start = line.next
            rate = float(self.world.capabilities.rate[row, self._item_of(row, slot)])
            minutes = max(math.ceil(units / rate * 60 - 1e-6), 1)
            ahead = [m for m in line.manned if m >= start]
            return ahead[minutes - 1] + 1 if len(ahead) >= minutes else NEVER
        if line.run is not None:
            return self._end_of(line)
        return self.now if line.held else max(line.ask_at, self.now)

    def _gained(self, part: int) -> int:
        """When more of a component is expected."""
        mine = np.flatnonzero(self.world.arrival_item == part)
        planned = sorted(int(self.world.arrival_at[row]) for row in mine)
        there = sum(at <= self.now for at, _, _ in self.items[part].arrivals)
        gains = [max(at, self.now) for at in planned[there : there + 1]]
        for row, line in enumerate(self.lines):
            if line.run is not None and self._item_of(row, line.run[0]) == part:
                gains.append(self._end_of(line))
        return min(gains, default=NEVER)

    @property
    def reserved_until(self) -> dict[int, int]:
        return self.__dict__.setdefault("_reserved_until", {})

    def step(self, action: np.ndarray) -> None:
        """Carry out choices [L, 3]; lines in order of urgency."""
        ranked = []
        for row, line in enumerate(self.lines):
            if line.deciding:
                slot = int(action[row, 0]) - 1
                if slot not in line.lots:
                    self._hold(line)
                else:
                    ranked.append((-self._index(row, slot, line.lots[slot]), row, slot))
        ranked.sort(key=lambda one: one[0])
        needs = dict(self.last_needs)
        done, again = 0, False
        for _, row, slot in ranked:
            line = self.lines[row]
            units = self._lot(row, slot, int(action[row, 1]), int(action[row, 2]), needs)
            if units > 0:
                self._give(row, slot, units)
                item = self._item_of(row, slot)
                total, soon, short, worth = needs[item]
                needs[item] = max(total - units, 0.0), max(soon - units, 0.0), short, worth
                done += 1
            elif self._lot(row, slot, int(action[row, 1]), 1, needs) > 0:
                self._hold(line)  # the mode leaves no room
            else:
                again = True
        if again and not done:
            for line in self.lines:
                if line.deciding:
                    self._hold(line)
        if not (again and done and self._offer()):
            self.move_on()

    def _index(self, row: int, slot: int, units: float) -> float:
        line, item = self.lines[row], self._item_of(row, slot)
        setup, _ = self._setup(line, row, item)
        rate = float(self.world.capabilities.rate[row, item])
        _, _, short, worth = self.last_needs[item]
        slack = (short - max(self.now, line.ask_at) - setup - units / rate * 60) / DAY
        value = math.log(max(worth, 1e-6) * rate / 24) - max(slack, 0.0)
        return value - setup / (0.4 * self.world.mean_setup)

    def _give(self, row: int, slot: int, units: float) -> None:
        line, item = self.lines[row], self._item_of(row, slot)
        line.changing, money = self._setup(line, row, item)
        ahead = [m for m in line.manned if m >= max(self.now, line.ask_at)]
        line.next = slot, units, ahead[line.changing]
        line.family = int(self.world.items.family[item])
        line.deciding, line.held, line.ask_at = False, False, NEVER
        self.money["changeover"] += money


def _rounded(wanted: float, most: float, least: float, multiple: float) -> float:
    units = max(wanted, least)
    if multiple > 0:
        units = math.ceil(units / multiple - 1e-9) * multiple
    if units > most:
        units = math.floor(most / multiple * (1 + 1e-12)) * multiple if multiple > 0 else most
    return units if units >= least else 0.0


WORD = (1 << 64) - 1


def uniform(seed: int, *parts: int) -> float:
    """SplitMix64 in Python's own numbers."""
    word = seed & WORD
    for part in parts:
        word = ((word ^ part) + 0x9E3779B97F4A7C15) & WORD
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & WORD
        word ^= word >> 31
    return ((word >> 11) + 0.5) / 2**53


def factor(seed: int, stream: int, record: int, count: int, spread: float) -> float:
    far = math.sqrt(-2 * math.log(uniform(seed, stream, record, 2 * count)))
    around = math.cos(2 * math.pi * uniform(seed, stream, record, 2 * count + 1))
    return math.exp(spread * far * around - spread * spread / 2)
