"""Every page: opens without a fault in both languages and themes, and axe finds nothing serious."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipelines.settings import REPOSITORY
from tests.dashboard.conftest import LogIn, Served

pytestmark = pytest.mark.integration
AXE = REPOSITORY / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "schedule", "overview", "exceptions", "orders", "inventory", "lines", "forecast", "versions",
    "scenarios", "models", "day",
)  # fmt: skip

WITH_DETAIL = ("exceptions", "inventory", "lines")


def serious(page: Page, axe: str) -> list[str]:
    """What axe finds that keeps people out."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(result => result.violations)"
    )
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ko", "dark")])
def test_axe_finds_nothing_serious_on_any_page(log_in: LogIn, language: str, theme: str) -> None:
    if not AXE.is_file():
        pytest.skip("no node_modules: `npm ci` in dashboard/ has axe looked with")
    axe = AXE.read_text("utf-8")
    page = log_in("planner", language, theme)
    found = {}
    for name in PAGES:
        page.goto(re.sub(r"/[^/]*$", f"/{name}", page.url))
        expect(page.get_by_test_id("plan")).not_to_have_value("")
        page.wait_for_timeout(700)  # for what is loaded and drawn after it
        if name in WITH_DETAIL:
            page.get_by_role("row").nth(1).click()
            page.wait_for_timeout(500)
        for tab in [None, *page.get_by_role("tab").all()]:
            if tab is not None:
                tab.click()
                page.wait_for_timeout(300)
            if wrong := serious(page, axe):
                found[name] = wrong
    assert found == {}


def test_the_language_is_switched_and_kept(log_in: LogIn) -> None:
    page = log_in("viewer", "ko")
    expect(page.get_by_role("link", name="일정")).to_be_visible()
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("link", name="Schedule")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Schedule")).to_be_visible()


def test_what_is_seen_is_exported(log_in: LogIn, tmp_path: Path) -> None:
    page = log_in("viewer")
    page.get_by_label("Late only").check()
    shown = int(re.findall(r"\d+", page.get_by_text("runs found").inner_text())[0])
    lines = {}
    for kind, ending in (("CSV", "csv"), ("Excel", "xlsx"), ("iCalendar", "ics")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=kind).click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        assert file.suffix == f".{ending}"
        lines[ending] = file.read_bytes()
    assert lines["csv"].decode("utf-8-sig").count("\r\n") == shown + 1
    assert lines["xlsx"].startswith(b"PK")
    assert lines["ics"].count(b"BEGIN:VEVENT") == shown


def test_a_refused_login_is_told(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.fill("input[name=name]", "planner")
    page.fill("input[name=password]", "wrong")
    page.press("input[name=password]", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.close()


def test_it_says_that_the_service_is_away_and_comes_back_by_itself(
    log_in: LogIn, served: Served
) -> None:
    page = log_in("viewer")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_test_id("gantt")).to_be_visible()
    page.wait_for_timeout(3000)  # the other pages' files are fetched ahead
    served.stop()
    try:
        expect(page.get_by_text("Offline", exact=True)).to_be_visible(timeout=30_000)
        expect(page.get_by_test_id("gantt")).to_be_visible()
        page.get_by_role("link", name="Orders").click()
        expect(page.get_by_text("This could not be loaded")).to_be_visible(timeout=20_000)
    finally:
        served.start()
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=40_000)
    expect(page.get_by_role("row").nth(1)).to_be_visible()
