"""Alternatives as files: a schedule each, a table, a document, a picture."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plant.io import save_schedule
from plant.io.atomic import whole_file, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from models.optimize.pareto.front import Front, Plan

MARKS = {"cheapest": "*", "on_time": "^", "leanest": "v", "calmest": "s"}
KPIS = ("on_time_in_full", "orders_late", "utilisation", "changeovers", "moves")
COLUMNS = 3


def save_front(front: Front, currency: str, folder: Path) -> None:
    """Write plan-01.json and so on, cheapest first, front.csv, front.json and front.png.

    Plans that an earlier call left in the folder are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("plan-[0-9]*.json"):
        old.unlink()
    for place, plan in enumerate(front.plans):
        save_schedule(plan.schedule, folder / _name(place))
    rows = front_rows(front)
    with (
        whole_file(folder / "front.csv") as fresh,
        fresh.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["file"])
        writer.writeheader()
        writer.writerows({**row, "picks": " ".join(row["picks"])} for row in rows)
    document = json.dumps(front_document(front, currency), ensure_ascii=False, indent=2)
    write_whole(folder / "front.json", f"{document}\n".encode())
    with whole_file(folder / "front.png") as fresh:
        plot_front(front, currency).savefig(fresh, dpi=130)


def front_document(front: Front, currency: str) -> dict[str, Any]:
    """The front as one document: objectives, reference, hypervolume, picks, plans."""
    return {
        "currency": currency,
        "objectives": list(front.objectives),
        "reference": list(front.box.reference) if front.box else None,
        "room": list(front.box.room) if front.box else None,
        "hypervolume": front.hypervolume,
        "tried": front.tried,
        "picks": {name: _name(place) for name, place in front.picks.items()},
        "plans": front_rows(front),
        "notes": list(front.notes),
    }


def front_rows(front: Front) -> list[dict[str, Any]]:
    """One row a plan: its file, its names, money by objective, total, figures."""
    return [
        {
            "file": _name(place),
            "picks": [name for name, at in front.picks.items() if at == place],
            "total": plan.cost.total,
            **dict(zip(front.objectives, plan.values, strict=True)),
            **_kpis(plan),
            "found_by": plan.found_by,
        }
        for place, plan in enumerate(front.plans)
    ]


def plot_front(front: Front, currency: str) -> Figure:
    """A picture of every two objectives against each other, with the plans that have a name marked."""
    from matplotlib.figure import Figure

    pairs = list(combinations(range(len(front.objectives)), 2))
    rows = -(-len(pairs) // COLUMNS)
    figure = Figure(figsize=(4.2 * COLUMNS, 3.3 * rows + 1.0), layout="constrained")
    grid = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
    totals = [plan.cost.total / 1000 for plan in front.plans]
    for axes, (x, y) in zip(grid, pairs, strict=False):
        across = [plan.values[x] / 1000 for plan in front.plans]
        up = [plan.values[y] / 1000 for plan in front.plans]
        dots = axes.scatter(across, up, c=totals, s=18, cmap="viridis_r")
        for name, place in front.picks.items():
            axes.plot(
                across[place], up[place], MARKS[name], label=name.replace("_", " "), ms=11,
                mfc="none", mec="tab:red", mew=1.5, ls="none",
            )  # fmt: skip
        axes.set(xlabel=front.objectives[x], ylabel=front.objectives[y])
        axes.grid(alpha=0.25)
    for axes in grid[len(pairs) :]:
        axes.set_visible(False)
    title = f"{len(front.plans)} plans, thousand {currency}; hypervolume {front.hypervolume:.2f}"
    figure.suptitle(f"{title} (incumbent alone: 1)")
    if front.plans:
        figure.colorbar(dots, ax=list(grid), label="total cost", shrink=0.6)
        handles, labels = grid[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def _kpis(plan: Plan) -> dict[str, Any]:
    figures = asdict(plan.kpis)
    return {name: figures[name] for name in KPIS} | {"changed_runs": plan.changed}


def _name(place: int) -> str:
    return f"plan-{place + 1:02d}.json"
