"""What if, and what else: asked for in the browser, followed, cancelled, compared, made drafts of."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import LogIn
from tests.dashboard.test_pages import AXE, serious
from tests.dashboard.test_planner import ask

pytestmark = pytest.mark.integration
LONG = 60_000  # ms: the first job loads the optimiser


def choose(page: Page, label: str, option: str | None = None) -> None:
    """Pick an option of a list, the first where none is named."""
    page.get_by_role("combobox", name=label).click()
    options = page.get_by_role("option")
    (options.first if option is None else options.get_by_text(option, exact=True)).click()


def add(page: Page, kind: str) -> None:
    choose(page, "What happens", kind)
    if kind in ("A rush order", "Late material"):
        choose(page, "Item")
    page.get_by_role("button", name="Add", exact=True).click()


def start(page: Page, name: str, seconds: int) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Seconds to look").first.fill(str(seconds))
    page.get_by_role("button", name="Look into it").click()
    expect(page.get_by_role("row").filter(has_text=name)).to_be_visible()


def test_scenarios_of_every_kind_are_seen_side_by_side_and_one_is_cancelled(log_in: LogIn) -> None:
    page = log_in("planner", path="/scenarios")
    for kind in ("A line is down", "A rush order"):
        add(page, kind)
    start(page, "down and rush", 3)
    for kind in ("Late material", "More overtime"):
        add(page, kind)
    start(page, "late and overtime", 3)
    add(page, "More overtime")
    start(page, "a long one", 300)
    for name in ("down and rush", "late and overtime"):
        row = page.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text("done", timeout=LONG)
        row.get_by_role("checkbox").check()
    heads = page.get_by_role("columnheader", name="With the plan found")
    expect(heads).to_have_count(2)
    kinds = [
        [one["kind"] for one in job["request"]["scenarios"]]
        for job in ask(page, "GET", "/api/jobs")
    ]
    assert kinds[::-1] == [
        ["line_down", "rush_order"],
        ["late_material", "more_overtime"],
        ["more_overtime"],
    ]
    long = page.get_by_role("row").filter(has_text="a long one")
    expect(long).to_contain_text("running", timeout=LONG)
    long.get_by_role("button", name="Cancel").click()
    expect(long).to_contain_text("cancelled", timeout=LONG)
    page.get_by_role("button", name="Make a draft of it").first.click()
    expect(page).to_have_url(re.compile(r"draft=\d+"))
    expect(page.get_by_test_id("draft-cost")).to_be_visible()


def test_alternatives_are_chosen_from_and_become_a_draft(log_in: LogIn) -> None:
    page = log_in("planner", path="/scenarios")
    page.get_by_label("Seconds to look").last.fill("3")
    page.get_by_role("button", name="Look for alternatives").click()
    row = page.get_by_role("row").filter(has_text="Alternatives to version")
    expect(row).to_contain_text("done", timeout=LONG)
    row.get_by_role("checkbox").check()
    front = page.get_by_test_id("front")
    expect(front.get_by_role("cell", name=re.compile("cheapest"))).to_be_visible()
    points = front.get_by_role("button", name=re.compile(r"^Plan \d+"))
    assert points.count() >= 2
    if AXE.is_file():
        assert serious(page, AXE.read_text("utf-8")) == []
    points.nth(1).press("Enter")
    front.get_by_role("button", name="Make a draft of plan 2").click()
    expect(page).to_have_url(re.compile(r"draft=\d+"))
    expect(page.get_by_test_id("feasible")).to_contain_text("Holds all rules")


def test_a_viewer_sees_what_planners_asked_and_is_told_what_the_role_lacks(log_in: LogIn) -> None:
    page = log_in("viewer", path="/scenarios")
    expect(page.get_by_role("note")).to_contain_text("role planner")
    expect(page.get_by_role("button", name="Look into it")).to_have_count(0)
