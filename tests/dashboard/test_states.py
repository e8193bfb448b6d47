"""What stands where there is nothing to show: nothing yet, not loaded yet, failed, not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.dashboard.conftest import PASSWORD, LogIn, Served, add_users
from tests.dashboard.test_pages import PAGES

pytestmark = pytest.mark.integration


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Served]:
    """The service before the first plan."""
    add_users(tmp_path)
    service = Served(tmp_path)
    service.start()
    yield service
    service.stop()


def test_before_the_first_plan_every_page_says_how_to_get_one(
    browser: Browser, empty: Served
) -> None:
    page = browser.new_page(locale="en-GB")
    page.goto(empty.address)
    page.fill("input[name=name]", "planner")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("nav")
    for name in PAGES:
        page.goto(f"{empty.address}/{name}")
        expect(page.get_by_role("heading", name="No plan is published yet")).to_be_visible()
        expect(page.get_by_text("takt publish")).to_be_visible()
    page.close()


def test_what_loads_says_so_and_what_failed_can_be_tried_again(log_in: LogIn) -> None:
    page = log_in("viewer")
    expect(page.get_by_test_id("gantt")).to_be_visible()
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(re.compile(r"/orders$"), hold)
    with page.expect_request(re.compile(r"/orders$")):
        page.get_by_role("link", name="Orders").click()
    expect(page.get_by_role("status").filter(has_text="Loading")).to_be_visible()
    problem = {"status": 422, "code": "invalid", "title": "no", "detail": "not today"}
    (route,) = waiting
    route.fulfill(status=422, json=problem)
    expect(page.get_by_role("alert")).to_contain_text("not today")
    page.unroute(re.compile(r"/orders$"))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("row").nth(1)).to_be_visible()


def test_what_a_role_may_not_do_is_told_as_such(log_in: LogIn) -> None:
    page = log_in("viewer")
    expect(page.get_by_text("To look only")).to_be_visible()
    problem = {"status": 403, "code": "forbidden", "title": "no", "detail": "for planners"}
    page.route(re.compile(r"/stocks$"), lambda route: route.fulfill(status=403, json=problem))
    page.get_by_role("link", name="Inventory").click()
    expect(page.get_by_role("alert")).to_contain_text("Ask an admin for the role planner")


def test_an_address_that_is_no_page_says_so(log_in: LogIn) -> None:
    page = log_in("viewer", path="/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()
