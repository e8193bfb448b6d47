"""Pictures of every page, light and dark, Korean and English, laptop and wall screen: to be looked at.

`python -m tests.dashboard.pictures FOLDER [PAGE ...]`
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine, insert

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.drift import Sample
from pipelines.monitoring.report import compare
from pipelines.storage import open_database, writing
from pipelines.storage.repositories import (
    Batch,
    DriftVerdict,
    Publication,
    add_batch,
    add_drift_verdict,
    publish_version,
    sync_daily,
    sync_forecast,
    sync_products,
)
from pipelines.storage.repositories.outlooks import (
    OrderRisk,
    StockRisk,
    sync_order_risks,
    sync_stock_risks,
)
from pipelines.storage.stream_tables import LineDayRow, LineMinuteRow, LineStateRow
from pipelines.views.line_output import planned_output
from plant import Plant, Schedule, Weights, Zones, evaluate
from tests.dashboard.conftest import CHROMIUM, FLAGS, PASSWORD, Served, add_users
from tests.dashboard.test_planner import ask

SEED, LINES, ORDERS = 1, 50, 400
SIZES = {"laptop": (1366, 768), "wall": (2560, 1440)}
PAGES = (
    "schedule", "overview", "exceptions", "orders", "inventory", "lines", "forecast", "versions",
    "scenarios", "models", "report", "day", "print",
)  # fmt: skip
INSIDE = {"report": "models", "print": "day"}  # what is no page of its own
BATCH = Batch(
    "b1", "shown", True, {"daily.parquet": "00"}, {"daily": {"silver": 1}}, datetime.now(UTC)
)


def main() -> None:
    """Take the pictures."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("folder", type=Path)
    given.add_argument("pages", nargs="*", default=list(PAGES))
    given.add_argument("--size", dest="sizes", action="append", choices=list(SIZES))
    asked = given.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with served() as service, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        jobs = prepare(chromium, service.address) if "scenarios" in asked.pages else []
        for size, (language, theme) in product(
            asked.sizes or SIZES, (("en", "light"), ("ko", "dark"))
        ):
            page = enter(chromium, service.address, size, language, theme)
            for name in asked.pages:
                show(page, service.address, name, jobs)
                page.screenshot(
                    full_page=name == "scenarios",
                    path=asked.folder / f"{name}-{size}-{language}-{theme}.png",
                )
            page.context.close()
        chromium.close()


@contextmanager
def served() -> Iterator[Served]:
    """The service over a plant of fifty lines in the middle of its plan."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        fill(data)
        service = Served(data)
        service.start()
        try:
            yield service
        finally:
            service.stop()


def fill(data: Path) -> None:
    """Publish three plans, a forecast, drift verdicts and what the floor tells, and add users."""
    today = datetime.now(timezone(timedelta(hours=9))).replace(
        hour=6, minute=0, second=0, microsecond=0
    )
    made = generate(LINES, 120, ORDERS, 10, 0.92, SEED, stages=2)
    plant = replace(made, starts_at=today - timedelta(days=2), currency="KRW")
    engine = open_database(f"sqlite:///{data / 'takt.db'}")
    for number, rule in enumerate(("edd", "spt", "atcs")):
        rule = rule if rule in RULES else "atcs"
        schedule = dispatch(plant, RULES[rule])
        with writing(engine) as session:
            publish_version(
                session, _publication(plant, schedule, number or None), datetime.now(UTC)
            )
    _tell(engine, plant, schedule)
    _forecast(engine, plant)
    _look_ahead(engine, plant)
    engine.dispose()
    add_users(data)
    _report(data / "drift" / "report.html")


def _publication(plant: Plant, schedule: Schedule, base: int | None) -> Publication:
    weights, zones = Weights(), Zones(frozen=2 * 1440 + 240, slush=1440)
    return Publication(
        plant=plant, schedule=schedule, evaluation=evaluate(plant, schedule, weights=weights, zones=zones),
        method="rule", plant_name="fifty lines", weights=weights, zones=zones, base=base, author="kim",
        note="weekly plan",
    )  # fmt: skip


def _tell(engine: Engine, plant: Plant, schedule: Schedule) -> None:
    rng = np.random.default_rng(SEED)
    now = datetime.now(UTC)
    planned = planned_output(plant, schedule, int((now - plant.starts_at) / timedelta(minutes=1)))
    days = [
        {"line": line, "day": day, "good": units * share, "scrap": units * 0.02, "last_at": now}
        for ((line, day), units), share in zip(
            planned.items(), rng.normal(0.97, 0.07, len(planned)), strict=True
        )
        if day > plant.starts_at.date()
    ]
    states = [
        {
            "line": line.id, "at": now - timedelta(minutes=30), "event_id": _uuid(number), "reason": "",
            "state": ("running", "running", "running", "idle", "changeover", "down")[number % 6],
            "item": None, "until": None,
        }
        for number, line in enumerate(plant.lines)
    ]  # fmt: skip
    first = [
        {
            "line": line, "minute": plant.starts_at + timedelta(hours=7), "item": plant.items[0].id,
            "events": 1, "good": units * 0.96, "scrap": units * 0.02, "checked": 0.0, "failed": 0.0,
            "last_at": now,
        }
        for (line, day), units in planned.items()
        if day == plant.starts_at.date()
    ]  # fmt: skip
    with writing(engine) as session:
        session.execute(insert(LineDayRow), days)
        session.execute(insert(LineMinuteRow), first)
        session.execute(insert(LineStateRow), states)


def _uuid(number: int) -> Any:
    from uuid import UUID

    return UUID(int=number + 1)


def _forecast(engine: Engine, plant: Plant) -> None:
    rng = np.random.default_rng(SEED)
    items = sorted({order.item for order in plant.orders})[:8]
    past = pd.date_range(end=plant.starts_at.date(), periods=91)[:-1]
    ahead = pd.date_range(plant.starts_at.date(), periods=28)
    with writing(engine) as session:
        add_batch(session, BATCH)
        names = {"unique_id": items, "product_group": "A", "sub_group": "A1"}
        sync_products(session, pd.DataFrame(names), BATCH.digest)
        history, wanted = [], []
        for item in items:
            level = float(rng.uniform(200, 2000))
            ordered = (
                level
                * (1 + 0.3 * np.sin(np.arange(90) / 7 * 2 * np.pi))
                * rng.normal(1, 0.15, 90).clip(0.3)
            )
            history.append(_daily(item, past, ordered))
            middle = level * (1 + 0.3 * np.sin(np.arange(90, 118) / 7 * 2 * np.pi))
            wanted.append(
                pd.DataFrame(
                    {
                        "unique_id": item,
                        "ds": ahead,
                        "mean": middle,
                        "q10": middle * 0.75,
                        "q50": middle,
                        "q90": middle * 1.3,
                    }
                )
            )
        sync_daily(session, pd.concat(history), BATCH.digest)
        for model, factor in (("ensemble", 1.0), ("lightgbm", 0.95), ("croston", 1.08)):
            frame = pd.concat(wanted)
            frame[["mean", "q10", "q50", "q90"]] *= factor
            sync_forecast(session, frame, plant.starts_at, model, datetime.now(UTC))
        for kind, verdict, statistic, reason in (
            ("inputs", "ok", 0.08, "2 of 26 columns have moved"),
            ("forecast", "drift", 0.61, "the forecast's error has grown from 0.38 to 0.61"),
            ("schedule", "warn", 0.04, "lines keep to the plan"),
        ):
            add_drift_verdict(
                session,
                DriftVerdict(
                    datetime.now(UTC), kind, verdict, statistic, 0.3, {"reason": reason}, 3
                ),
            )


def _look_ahead(engine: Engine, plant: Plant) -> None:
    rng = np.random.default_rng(SEED)
    said = {
        "share": 1.0,
        "en": "its line is full until the due date",
        "ko": "납기까지 라인이 가득 참",
    }
    orders = [
        OrderRisk(order.id, float(rng.beta(0.5, 2)), None, None, (said,), "late-risk 1")
        for order in plant.orders
    ]
    days = [plant.starts_at.date() + timedelta(days=number) for number in range(10)]
    stocks = []
    for item in plant.items[:40]:
        by = 0.0
        for day, chance in zip(days, rng.beta(0.3, 3, len(days)), strict=True):
            by = max(by, float(chance))
            level = item.safety_stock * float(rng.uniform(0.2, 2))
            stocks.append(
                StockRisk(
                    item.id, day, float(chance), by, 20 * float(chance), level / 3, level, 2 * level
                )
            )
    with writing(engine) as session:
        sync_order_risks(session, 3, orders, datetime.now(UTC))
        sync_stock_risks(session, 3, stocks, datetime.now(UTC))


def _daily(item: str, days: pd.DatetimeIndex, ordered: Any) -> pd.DataFrame:
    from pipelines.storage.tables import MEASURES

    frame = pd.DataFrame({"unique_id": item, "ds": days} | dict.fromkeys(MEASURES, 0.0))
    return frame.assign(ordered_units=ordered, issued_units=ordered, produced_units=ordered)


def _report(file: Path) -> None:
    """Evidently's own report of some columns, one of which has moved."""
    rng = np.random.default_rng(SEED)
    moved = {"ordered units": 0.0, "produced units": 0.1, "forecast wape": 0.8}
    compare(
        [
            Sample("inputs", name, rng.normal(0, 1, 200), rng.normal(by, 1, 60))
            for name, by in moved.items()
        ]
    ).save(file)


def enter(browser: Browser, address: str, size: str, language: str, theme: str) -> Page:
    """A page of someone who has logged in."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,  # type: ignore[arg-type]
        locale="ko-KR" if language == "ko" else "en-GB",
        timezone_id="Europe/Berlin",
    )
    page = context.new_page()
    page.goto(address)
    page.fill("input[name=name]", "planner")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("nav")
    return page


def prepare(browser: Browser, address: str) -> list[str]:
    """Have a what-if and alternatives worked out, and take an exception on; returns the jobs' titles."""
    page = enter(browser, address, "laptop", "en", "light")
    plant = ask(page, "GET", "/api/versions/3/plant")
    line = plant["lines"][0]["id"]
    down = {"kind": "line_down", "line": line, "start": 3600, "end": 5400}
    rush = {"kind": "rush_order", "item": plant["orders"][0]["item"], "quantity": 500, "due": 6000}
    titles = [f"{line} down, rush order", "Alternatives to version 3"]
    ask(
        page,
        "POST",
        "/api/jobs/what-if",
        {"version": 3, "scenarios": [down, rush], "seconds": 6, "title": titles[0]},
    )
    ask(page, "POST", "/api/jobs/alternatives", {"version": 3, "seconds": 15, "title": titles[1]})
    worst = ask(page, "GET", "/api/versions/3/exceptions")[0]["id"]
    ask(
        page,
        "POST",
        "/api/notes",
        {
            "plant_name": "fifty lines",
            "key": worst,
            "owner": "kim",
            "comment": "asked the supplier",
        },
    )
    for _ in range(240):
        if all(job["status"] in ("done", "failed") for job in ask(page, "GET", "/api/jobs")):
            break
        page.wait_for_timeout(500)
    page.context.close()
    return titles


def show(page: Page, address: str, name: str, jobs: list[str]) -> None:
    """Open a page, with something picked where there is something to pick."""
    page.emulate_media(media="print" if name == "print" else "screen")
    page.goto(f"{address}/{INSIDE.get(name, name)}")
    page.wait_for_timeout(1500)
    if name in ("exceptions", "inventory", "lines"):
        page.get_by_role("row").nth(1).click()
    if name == "schedule":
        page.goto(f"{address}/schedule?run={late_run(page)}")
    if name == "report":
        page.get_by_role("tab").nth(1).click()
        page.wait_for_timeout(2500)
    if name == "scenarios":
        for title in jobs:
            page.get_by_role("row").filter(has_text=title).get_by_role("checkbox").check()
    page.wait_for_timeout(1200)


def late_run(page: Page) -> str:
    """A run that serves an order late."""
    runs = ask(page, "GET", "/api/versions/3/runs")["runs"]
    return str(max(runs, key=lambda run: run["late"])["id"])


if __name__ == "__main__":
    main()
