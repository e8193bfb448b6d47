"""A schedule as one HTML file that needs nothing else: a Gantt chart to zoom, pan and ask."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from pathlib import Path

from pipelines.show_data import show_data
from plant import Evaluation, Plant, Schedule
from plant.io.atomic import write_whole

MARK = re.compile("__(TITLE|STYLE|SCRIPT|DATA)__")


def gantt_html(
    plant: Plant, schedule: Schedule, evaluation: Evaluation, title: str = "Takt schedule"
) -> str:
    """The page: figures, chart, legend and late orders, with its style, script and data inside."""
    data = json.dumps(
        show_data(plant, schedule, evaluation), ensure_ascii=False, separators=(",", ":")
    )
    parts = {
        "TITLE": escape(title),
        "STYLE": _asset("gantt.css"),
        "SCRIPT": _asset("gantt.js"),
        "DATA": data.replace("<", "\\u003c"),
    }
    return MARK.sub(lambda mark: parts[mark[1]], _asset("gantt.html"))


def save_gantt(
    path: Path | str,
    plant: Plant,
    schedule: Schedule,
    evaluation: Evaluation,
    title: str = "Takt schedule",
) -> None:
    """Write the page, whole or not at all."""
    write_whole(path, gantt_html(plant, schedule, evaluation, title).encode())


def _asset(name: str) -> str:
    return files("pipelines").joinpath("assets", name).read_text(encoding="utf-8")
