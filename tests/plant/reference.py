"""A second, slow and obvious `evaluate`: minute by minute, in plain Python, on the golden documents.

It shares no code with the package: it reads the JSON form of a plant and a schedule and walks through
every minute of the horizon. The tests hold the fast one against it on thousands of random plants.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

Document = dict[str, Any]
TOLERANCE = 1e-6


def reference_evaluate(
    plant: Document,
    schedule: Document,
    weights: dict[str, float] | None = None,
    base: Document | None = None,
    frozen: int = 0,
    slush: int = 0,
) -> Document:
    """Violations as sorted [kind, id] pairs, weighted cost by component, and the main KPIs."""
    weight = {
        "tardiness": 1.0, "production": 1.0, "changeover": 1.0, "holding": 1.0, "idle": 1.0,
        "instability": 1.0, "makespan": 0.0,
    } | (weights or {})  # fmt: skip
    lines = _walk_lines(plant, schedule)
    stocks = _walk_stocks(plant, schedule)
    moved = _compare(schedule, base, frozen, slush)
    money = {
        "tardiness": stocks["tardiness"],
        "production": lines["production"],
        "changeover": lines["changeover"],
        "holding": stocks["holding"],
        "idle": lines["idle"],
        "instability": float(moved["moves"]),
        "makespan": max((r["end"] for r in schedule["runs"]), default=0) / 60,
    }
    cost = {name: weight[name] * value for name, value in money.items()}
    cost["total"] = sum(cost.values())
    violations = sorted(lines["violations"] + stocks["violations"] + moved["violations"])
    return {
        "violations": [list(v) for v in violations],
        "cost": cost,
        "kpis": {
            "on_time_in_full": stocks["on_time_in_full"],
            "units_late": stocks["units_late"],
            "changeover_hours": lines["changeover_minutes"] / 60,
        },
    }


def _shift_minutes_of(line: Document) -> dict[int, bool]:
    """Each manned minute of a line and whether it is overtime."""
    return {m: s["overtime"] for s in line["shifts"] for m in range(s["start"], s["end"])}


def _changeover(plant: Document, line: str, old: str | None, new: str) -> tuple[int, float]:
    for wanted in (line, None):
        for c in plant["changeovers"]:
            if (c["from_family"], c["to_family"], c["line"]) == (old, new, wanted):
                return c["minutes"], c["cost"]
    return 0, 0.0


def _walk_lines(plant: Document, schedule: Document) -> Document:
    family = {i["id"]: i["family"] for i in plant["items"]}
    capability = {(c["line"], c["item"]): c for c in plant["capabilities"]}
    violations: set[tuple[str, str]] = set()
    production = changeover_cost = idle = 0.0
    changeover_minutes = 0
    for line in plant["lines"]:
        manned = _shift_minutes_of(line)
        minutes = sorted(manned)
        busy: set[int] = set()
        last_end = 0
        previous = line["initial_family"]
        runs = [r for r in schedule["runs"] if r["line"] == line["id"]]
        for r in sorted(runs, key=lambda r: (r["start"], r["end"], r["id"])):
            inside = [m for m in range(r["start"], r["end"]) if m in manned]
            busy.update(inside)
            overtime = sum(manned[m] for m in inside)
            production += (len(inside) * line["run_cost"] + overtime * line["overtime_cost"]) / 60
            if r["start"] not in manned or r["end"] - 1 not in manned:
                violations.add(("shift", r["id"]))
            if r["start"] < line["available_from"]:
                violations.add(("available", r["id"]))
            if r["start"] < last_end:
                violations.add(("overlap", r["id"]))
            c = capability.get((r["line"], r["item"]))
            if c is None:
                violations.add(("capability", r["id"]))
            else:
                if len(inside) < r["quantity"] / c["rate"] * 60 - TOLERANCE:
                    violations.add(("duration", r["id"]))
                multiple = c["lot_multiple"]
                lots = r["quantity"] / multiple if multiple else 0
                if r["quantity"] < c["min_lot"] - TOLERANCE or abs(lots - round(lots)) > TOLERANCE:
                    violations.add(("lot", r["id"]))
            need, cost = (0, 0.0)
            if previous is not None:
                need, cost = _changeover(plant, line["id"], previous, family[r["item"]])
            before = [m for m in minutes if m < r["start"]]
            window = before[max(len(before) - need, 0) :] if need else []
            free_from = max(last_end, line["available_from"])
            if len(window) < need or any(m < free_from for m in window):
                violations.add(("changeover", r["id"]))
            busy.update(m for m in window if m >= free_from)
            changeover_cost += cost
            changeover_minutes += need
            last_end = max(last_end, r["end"])
            previous = family[r["item"]]
        regular = {m for m in minutes if not manned[m] and m >= line["available_from"]}
        idle += len(regular - busy) / 60 * line["idle_cost"]
    return {
        "violations": list(violations), "production": production, "idle": idle,
        "changeover": changeover_cost, "changeover_minutes": changeover_minutes,
    }  # fmt: skip


def _walk_stocks(plant: Document, schedule: Document) -> Document:
    horizon = plant["horizon"]
    stock = {i["id"]: float(i["stock"]) for i in plant["items"]}
    yields = {(c["line"], c["item"]): c["yield"] for c in plant["capabilities"]}
    gains: dict[int, list[tuple[str, float]]] = defaultdict(list)
    takes: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for a in plant["arrivals"]:
        gains[a["at"]].append((a["item"], a["quantity"]))
    for r in schedule["runs"]:
        gains[r["end"]].append((r["item"], r["quantity"]))
        for b in plant["bom"]:
            if b["item"] == r["item"]:
                need = r["quantity"] * b["per_unit"] / yields.get((r["line"], r["item"]), 1.0)
                takes[r["start"]].append((b["component"], need))
    queue = sorted(plant["orders"], key=lambda o: (o["due"], -o["weight"], o["id"]))
    open_units = {o["id"]: float(o["quantity"]) for o in queue}
    late_units = dict.fromkeys(open_units, 0.0)
    below: set[str] = set()
    tardiness = holding = 0.0
    for now in range(horizon + 1):
        for item, quantity in gains[now]:
            stock[item] += quantity
        for item, quantity in takes[now]:
            stock[item] -= quantity
        for item, left in stock.items():
            if left < -TOLERANCE:
                below.add(item)
        for o in queue:
            if o["due"] <= now and open_units[o["id"]] > 0 and stock[o["item"]] > 0:
                served = min(stock[o["item"]], open_units[o["id"]])
                stock[o["item"]] -= served
                open_units[o["id"]] -= served
                if now > o["due"]:
                    late_units[o["id"]] += served
                    tardiness += o["weight"] * served * (now - o["due"]) / 1440
        if now < horizon:
            for i in plant["items"]:
                left = stock[i["id"]]
                holding += max(left, 0.0) * i["holding_cost"] / 1440
                holding += max(i["safety_stock"] - max(left, 0.0), 0.0) * i["shortage_cost"] / 1440
    for o in queue:
        days = max(horizon + 1440 - o["due"], 0) / 1440
        tardiness += o["weight"] * open_units[o["id"]] * days
        if days > 0:
            late_units[o["id"]] += open_units[o["id"]]
    on_time = [o for o in queue if late_units[o["id"]] <= TOLERANCE]
    return {
        "violations": [("stock", item) for item in below], "tardiness": tardiness,
        "holding": holding, "units_late": sum(late_units.values()),
        "on_time_in_full": len(on_time) / len(queue) if queue else 1.0,
    }  # fmt: skip


def _compare(schedule: Document, base: Document | None, frozen: int, slush: int) -> Document:
    """Locks of the base that were broken, and moves of its runs in the slush zone."""
    after = {r["id"]: r for r in schedule["runs"]}
    violations: list[tuple[str, str]] = []
    moves = 0
    for old in base["runs"] if base else ():
        new = after.get(old["id"])
        held = {
            "none": (), "line": ("line",), "start": ("start",),
            "all": ("line", "item", "start", "end", "quantity"),
        }[old["lock"]]  # fmt: skip
        if old["start"] < frozen:
            held = ("line", "item", "start", "end", "quantity")
        broken = new is None if held else False
        if new is not None:
            broken = any(new[field] != old[field] for field in held)
        if broken:
            violations.append(("lock", old["id"]))
        changed = new is None or new["line"] != old["line"] or new["start"] != old["start"]
        if frozen <= old["start"] < frozen + slush and changed:
            moves += 1
    return {"violations": violations, "moves": moves}
