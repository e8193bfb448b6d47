"""Small random plants and schedules as documents: one to three stages, feasible and broken ones.

Everything that the rules speak of appears: breaks, overtime, late availability, changeovers of one line
or of all, of a family to itself, yields, lots, arrivals, safety stocks, due dates before, in and after
the horizon.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Document = dict[str, Any]


def random_plant(rng: np.random.Generator, stages: int | None = None) -> Document:
    """A plant of one to four lines and up to eight items over half a day to three days."""
    horizon = int(rng.choice([720, 1440, 2880, 4320]))
    stages = int(rng.integers(1, 4)) if stages is None else stages
    families = [f"F{n}" for n in range(int(rng.integers(1, 4)))]
    items = [_item(rng, f"R{n}", "raw", 400.0) for n in range(int(rng.integers(1, 3)))]
    bom = []
    below = [item["id"] for item in items]
    for stage in range(stages):
        made = [
            _item(rng, f"S{stage}I{n}", str(rng.choice(families)), 40.0)
            for n in range(int(rng.integers(1, 4)))
        ]
        for item in made:
            parts = rng.choice(
                below, size=int(rng.integers(0, min(3, len(below) + 1))), replace=False
            )
            bom += [
                {
                    "item": item["id"],
                    "component": str(part),
                    "per_unit": float(rng.choice([0.25, 1, 2])),
                }
                for part in parts
            ]
        items += made
        below = [item["id"] for item in made]
    products = [item["id"] for item in items if item["family"] != "raw"]
    lines = [_line(rng, f"L{n}", horizon, families) for n in range(int(rng.integers(1, 5)))]
    return {
        "currency": "KRW",
        "starts_at": "2026-01-05T00:00:00+09:00",
        "horizon": horizon,
        "lines": lines,
        "items": items,
        "capabilities": [
            {
                "line": line["id"], "item": product, "rate": float(rng.choice([12, 20, 37.5, 60])),
                "yield": float(rng.choice([1, 0.95, 0.8])), "min_lot": float(rng.choice([0, 5, 10])),
                "lot_multiple": float(rng.choice([0, 0, 5])),
            }
            for line in lines for product in products if rng.random() < 0.7
        ],
        "changeovers": _changeovers(rng, families, [line["id"] for line in lines]),
        "bom": bom,
        "arrivals": [
            {"item": str(rng.choice([i["id"] for i in items])), "at": int(rng.integers(0, horizon + 200)),
             "quantity": float(rng.integers(1, 200))}
            for _ in range(int(rng.integers(0, 4)))
        ],
        "orders": [
            {"id": f"O{n}", "item": str(rng.choice(products)), "quantity": float(rng.integers(1, 60)),
             "due": int(rng.integers(-600, horizon + 2000)), "weight": float(rng.choice([0, 0.5, 1, 3])),
             "source": str(rng.choice(["firm", "forecast"]))}
            for n in range(int(rng.integers(0, 10)))
        ],
    }  # fmt: skip


def random_schedule(rng: np.random.Generator, plant: Document) -> Document:
    """A schedule that is often feasible, then, in half of the cases, disturbed in one or two places."""
    made: list[Document] = []
    for line in plant["lines"]:
        able = [c for c in plant["capabilities"] if c["line"] == line["id"]]
        manned = [m for s in line["shifts"] for m in range(s["start"], s["end"])]
        manned = [m for m in manned if m >= line["available_from"]]
        at = 0
        for _ in range(int(rng.integers(0, 5))):
            at += int(rng.choice([0, 20, 80, 200]))
            if not able or at >= len(manned):
                break
            c = able[int(rng.integers(len(able)))]
            step = c["lot_multiple"] or 1.0
            lots = max(float(rng.integers(1, 8)) * step, c["min_lot"])
            quantity = float(np.ceil(lots / step) * step)
            minutes = int(np.ceil(quantity / c["rate"] * 60 - 1e-9))
            if at + minutes > len(manned):
                break
            made.append({
                "id": f"X{len(made)}", "line": line["id"], "item": c["item"], "start": manned[at],
                "end": manned[at + minutes - 1] + 1, "quantity": quantity, "lock": "none",
            })  # fmt: skip
            at += minutes
    if made and rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 3))):
            _disturb(rng, plant, made[int(rng.integers(len(made)))])
    return {"runs": [made[n] for n in rng.permutation(len(made))]}


def with_locks(rng: np.random.Generator, schedule: Document) -> Document:
    """The same runs, with random locks, as a base to plan from."""
    locks = ["none", "line", "start", "all"]
    return {"runs": [{**run, "lock": str(rng.choice(locks))} for run in schedule["runs"]]}


def _item(rng: np.random.Generator, name: str, family: str, stock: float) -> Document:
    return {
        "id": name, "family": family, "stock": float(rng.integers(0, int(stock) + 1)),
        "safety_stock": float(rng.choice([0, 0, 20])), "holding_cost": float(rng.choice([0, 0.05, 0.3])),
        "shortage_cost": float(rng.choice([0, 0.5])),
    }  # fmt: skip


def _line(rng: np.random.Generator, name: str, horizon: int, families: list[str]) -> Document:
    shifts = []
    for day in range(0, horizon, 1440):
        for start, end, overtime in ((360, 600, False), (600, 720, False), (760, 900, True)):
            if rng.random() < 0.8 and day + end <= horizon:
                shifts.append({"start": day + start, "end": day + end, "overtime": overtime})
    return {
        "id": name, "run_cost": float(rng.choice([20, 30.5])), "overtime_cost": float(rng.choice([10, 15])),
        "idle_cost": float(rng.choice([0, 4])), "shifts": shifts,
        "initial_family": str(rng.choice(families)) if rng.random() < 0.7 else None,
        "available_from": int(rng.choice([0, 0, 400, 500])),
    }  # fmt: skip


def _changeovers(rng: np.random.Generator, families: list[str], lines: list[str]) -> list[Document]:
    return [
        {"from_family": old, "to_family": new, "minutes": int(rng.choice([0, 15, 40])),
         "cost": float(rng.choice([0, 25])), "line": line}
        for old in families for new in families for line in (None, lines[0])
        if rng.random() < (0.15 if old == new else 0.5)
    ]  # fmt: skip


def _disturb(rng: np.random.Generator, plant: Document, run: Document) -> None:
    match int(rng.integers(5)):
        case 0:
            run["start"] = max(run["start"] - int(rng.integers(1, 90)), 0)
        case 1:
            run["end"] += int(rng.integers(1, 200))
        case 2:
            run["quantity"] += float(rng.integers(1, 20))
        case 3:
            run["line"] = str(rng.choice([line["id"] for line in plant["lines"]]))
        case _:
            length = run["end"] - run["start"]
            run["start"] = int(rng.integers(0, plant["horizon"]))
            run["end"] = run["start"] + length
