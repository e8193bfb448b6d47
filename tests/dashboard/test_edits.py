"""Every edit by fields, several runs at once, notes on exceptions, an order's chain."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import LogIn
from tests.dashboard.test_planner import ask, is_allowed, pick, previews

pytestmark = pytest.mark.integration


def open_draft(page: Page) -> int:
    page.get_by_role("button", name="Edit in a draft").click()
    expect(page).to_have_url(re.compile(r"draft=\d+"))
    return int(re.search(r"draft=(\d+)", page.url).group(1))  # type: ignore[union-attr]


def kinds(page: Page, draft: int) -> list[str]:
    """The kinds of the draft's edits, oldest first."""
    return [one["edit"]["kind"] for one in ask(page, "GET", f"/api/drafts/{draft}/history")]


def edits_are(page: Page, count: int) -> None:
    expect(page.get_by_role("button", name=f"Edits ({count})")).to_be_visible()


def test_each_edit_can_be_done_by_fields_and_keeps_its_reason(log_in: LogIn) -> None:
    page = log_in("planner")
    draft = open_draft(page)
    run = max(ask(page, "GET", f"/api/drafts/{draft}/runs")["runs"], key=lambda one: one["end"])
    pick(page, draft, run["id"])
    page.get_by_label("Reason").fill("trial")

    page.get_by_label("Quantity that stays").fill(str(run["quantity"] / 2))
    page.get_by_role("button", name="Split off").click()
    edits_are(page, 1)
    page.get_by_role("combobox", name="Merge with").click()
    page.get_by_role("option").last.click()
    edits_are(page, 2)
    page.get_by_label("Quantity", exact=True).fill(str(run["quantity"] + 1))
    page.get_by_role("button", name="Change quantity").click()
    edits_are(page, 3)
    start = page.get_by_label("Start", exact=True)
    start.fill(re.sub(r"T..:", "T23:", start.input_value()))
    expect(page.get_by_test_id("verdict")).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    edits_are(page, 4)
    page.get_by_role("button", name="Cancel run").click()
    edits_are(page, 5)

    page.get_by_role("button", name="Add run").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Item").fill(run["item"])
    page.get_by_role("option", name=run["item"], exact=True).click()
    dialog.get_by_role("combobox", name="Line").click()
    page.get_by_role("option").first.click()
    dialog.get_by_role("button", name="Add run").click()
    edits_are(page, 6)

    assert kinds(page, draft) == ["split", "merge", "resize", "move", "cancel", "add"]
    reasons = {one["reason"] for one in ask(page, "GET", f"/api/drafts/{draft}/history")}
    assert reasons == {"trial"}
    for count in range(7, 13):
        page.get_by_role("button", name="Undo").click()
        edits_are(page, count)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.get_by_test_id("draft-cost")).to_contain_text("(0)")


def test_several_runs_are_locked_as_one_deed(log_in: LogIn) -> None:
    page = log_in("planner")
    draft = open_draft(page)
    box = page.get_by_test_id("gantt").locator("canvas").bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 120, box["y"] + 42)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 100, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    count = int(page.get_by_test_id("selected-run").inner_text().split()[0])
    assert count > 1
    page.get_by_role("button", name="line held").click()
    edits_are(page, 1)
    assert kinds(page, draft) == ["group"]
    runs = ask(page, "GET", f"/api/drafts/{draft}/runs")["runs"]
    assert sum(one["lock"] == "line" for one in runs) == count


def test_a_locked_run_is_put_back_with_the_reason(log_in: LogIn) -> None:
    page = log_in("planner")
    draft = open_draft(page)
    run = next(run for run, verdict in previews(page, draft) if is_allowed(verdict))
    pick(page, draft, run["id"])
    page.get_by_role("button", name="all held").click()
    edits_are(page, 1)
    page.get_by_test_id("gantt").locator("canvas").focus()
    for key in ("m", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("refused")).to_contain_text("is locked")
    edits_are(page, 1)


def test_an_exception_is_taken_on_commented_and_snoozed(log_in: LogIn) -> None:
    page = log_in("planner", path="/exceptions")
    rows = page.get_by_role("row")
    rows.nth(1).click()
    shown = page.get_by_text(" rows", exact=False).first.inner_text()
    page.get_by_role("button", name="Take it on").click()
    expect(rows.nth(1)).to_contain_text("planner")
    page.get_by_label("Comment").fill("asked the supplier")
    page.get_by_role("button", name="Keep note").click()
    expect(page.get_by_text("asked the supplier")).to_be_visible()
    page.get_by_role("button", name="Snooze for a day").click()
    expect(page.get_by_text("Snoozed until")).to_be_visible()
    expect(page.get_by_text(shown, exact=True)).to_have_count(0)


def test_an_order_lights_up_its_whole_chain(log_in: LogIn) -> None:
    page = log_in("viewer")
    orders = ask(page, "GET", "/api/versions/1/orders")["orders"]
    lengths = {
        one["id"]: len(ask(page, "GET", f"/api/versions/1/chain?order={one['id']}")["runs"])
        for one in orders[:20]
    }
    order = max(lengths, key=lengths.__getitem__)
    page.get_by_test_id("find").fill(order)
    expect(page.get_by_text(f"{lengths[order]} runs found")).to_be_visible()
