"""What a planner does all day, in a real browser: find, see why, move, undo, lock, repair, publish."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import LogIn

pytestmark = pytest.mark.integration


def ask(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """What the service answers to whoever is logged in on the page."""
    return page.evaluate(
        """async ([method, path, body]) => {
            const {access} = JSON.parse(localStorage.getItem("takt.session"));
            const answer = await fetch(path, {method, body: body && JSON.stringify(body),
                headers: {Authorization: `Bearer ${access}`, "Content-Type": "application/json"}});
            return answer.json();
        }""",
        [method, path, body],
    )


def drag(page: Page, minutes: int, run: dict[str, Any]) -> None:
    """Take the selected run at its middle and drag it by minutes; the verdict shows before it is dropped."""
    box = page.get_by_test_id("picked").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    scale = box["width"] / (run["end"] - run["start"])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y)
    page.mouse.move(x + minutes * scale, y, steps=8)
    tip = page.get_by_role("tooltip")
    expect(tip.get_by_test_id("verdict")).to_be_visible()
    page.mouse.up()


def pick(page: Page, draft: int, run: str) -> None:
    page.goto(f"{page.url.split('/schedule')[0]}/schedule?draft={draft}&run={run}")
    expect(page.get_by_test_id("selected-run")).to_have_text(run)
    page.get_by_role("button", name="8 hours").wait_for()


def previews(page: Page, draft: int) -> Any:
    """Moves by two hours with their verdicts, one run after the other."""
    for run in ask(page, "GET", f"/api/drafts/{draft}/runs")["runs"]:
        if run["start"] < 120 or run["end"] - run["start"] < 60 or run["lock"] != "none":
            continue
        edit = {"kind": "move", "run": run["id"], "line": run["line"], "start": run["start"] + 120}
        yield run, ask(page, "POST", f"/api/drafts/{draft}/preview", {"edit": edit})


def is_allowed(verdict: dict[str, Any]) -> bool:
    return not verdict["new"] and not verdict["grown"]


def test_a_planner_finds_a_late_order_moves_its_run_undoes_locks_repairs_and_publishes(
    log_in: LogIn,
) -> None:
    planner, viewer = log_in("planner", path="/exceptions?kind=late"), log_in("viewer")
    expect(viewer.get_by_test_id("gantt")).to_be_visible()
    expect(viewer.get_by_text("Live", exact=True)).to_be_visible()
    expect(viewer.get_by_role("button", name="Edit in a draft")).to_have_count(0)

    planner.get_by_role("row").nth(1).click()
    expect(planner.get_by_test_id("chain").locator("li").first).to_be_visible()
    planner.get_by_role("link", name="Show in schedule").click()
    expect(planner).to_have_url(re.compile(r"order="))
    planner.get_by_role("button", name="Edit in a draft").click()
    expect(planner).to_have_url(re.compile(r"draft=\d+"))
    draft = int(re.search(r"draft=(\d+)", planner.url).group(1))  # type: ignore[union-attr]

    tried = list(previews(planner, draft))
    run, _verdict = next(
        one for one in tried if is_allowed(one[1]) and abs(one[1]["cost"]["total"]["change"]) > 1
    )
    pick(planner, draft, run["id"])
    cost = planner.get_by_test_id("draft-cost")
    expect(cost).to_contain_text("(0)")
    drag(planner, 120, run)
    expect(cost).not_to_contain_text("(0)")
    moved = next(
        one
        for one in ask(planner, "GET", f"/api/drafts/{draft}/runs")["runs"]
        if one["id"] == run["id"]
    )
    assert moved["start"] == pytest.approx(run["start"] + 120, abs=10)

    planner.get_by_test_id("gantt").locator("canvas").focus()
    planner.keyboard.press("Control+z")
    expect(cost).to_contain_text("(0)")

    planner.get_by_text("start anchored", exact=True).click()
    expect(planner.get_by_role("cell", name="start anchored")).to_be_visible()
    planner.get_by_test_id("gantt").locator("canvas").focus()
    planner.keyboard.press("Control+z")
    expect(planner.get_by_role("cell", name="free")).to_be_visible()

    bad, _ = next(
        one
        for one in tried
        if {breach["kind"] for breach in one[1]["new"]} & {"overlap", "changeover"}
        and one[0]["end"] - one[0]["start"] < 2000
    )
    pick(planner, draft, bad["id"])
    drag(planner, 120, bad)
    refused = planner.get_by_test_id("refused")
    expect(refused).to_be_visible()
    assert ask(planner, "GET", f"/api/drafts/{draft}")["feasible"]
    refused.get_by_role("button", name="repair").click()
    planner.get_by_role("button", name="Look for a repair").click()
    planner.get_by_role("button", name="Accept").click(timeout=40_000)
    expect(planner.get_by_test_id("feasible")).to_contain_text("Holds all rules")

    planner.get_by_role("button", name="Submit").click()
    planner.get_by_role("button", name="Approve").click()
    planner.get_by_role("button", name="Publish").click()
    expect(planner.get_by_test_id("plan")).to_have_value("Published plan, version 2")
    expect(viewer.get_by_text("Version 2 was published by planner.")).to_be_visible()
    expect(viewer.get_by_test_id("plan")).to_have_value("Published plan, version 2")


def test_a_run_is_moved_by_keys_alone(log_in: LogIn) -> None:
    page = log_in("planner")
    page.get_by_role("button", name="Edit in a draft").click()
    expect(page).to_have_url(re.compile(r"draft=\d+"))
    draft = int(re.search(r"draft=(\d+)", page.url).group(1))  # type: ignore[union-attr]
    run = next(run for run, verdict in previews(page, draft) if is_allowed(verdict))
    pick(page, draft, run["id"])
    page.get_by_test_id("gantt").locator("canvas").focus()
    page.keyboard.press("m")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("tooltip").get_by_test_id("verdict")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    moved = next(
        one
        for one in ask(page, "GET", f"/api/drafts/{draft}/runs")["runs"]
        if one["id"] == run["id"]
    )
    assert moved["start"] == run["start"] + 120


def test_of_two_planners_the_slower_is_told_and_can_do_the_edit_on_top(log_in: LogIn) -> None:
    first = log_in("planner")
    first.get_by_role("button", name="Edit in a draft").click()
    expect(first).to_have_url(re.compile(r"draft=\d+"))
    draft = int(re.search(r"draft=(\d+)", first.url).group(1))  # type: ignore[union-attr]
    runs = ask(first, "GET", f"/api/drafts/{draft}/runs")["runs"]
    pick(first, draft, runs[0]["id"])
    first.route("**/api/drafts/*", lambda route: route.abort())  # it does not hear of the other
    lock = {"kind": "lock", "run": runs[1]["id"], "lock": "line"}
    ask(
        log_in("admin"), "POST", f"/api/drafts/{draft}/edits", {"edit": lock, "revision": 0}
    )  # fmt: skip
    first.get_by_text("all held", exact=True).click()
    dialog = first.get_by_role("dialog")
    expect(dialog).to_contain_text("admin")
    first.unroute("**/api/drafts/*")
    dialog.get_by_role("button", name="Do mine on top").click()
    expect(first.get_by_role("cell", name="all held")).to_be_visible()
