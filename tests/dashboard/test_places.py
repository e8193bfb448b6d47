"""What follows the user, what follows the plant, and what is shown from elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from pipelines.storage import open_database, writing
from pipelines.storage.repositories.outlooks import OrderRisk, sync_order_risks
from tests.dashboard.conftest import LogIn, Served
from tests.dashboard.test_planner import ask

pytestmark = pytest.mark.integration

REPORT = """<!doctype html><p id="it">before</p><script>
document.getElementById("it").textContent = "scripts run";
fetch("/api/versions/latest").catch(
  () => document.getElementById("it").textContent += ", nothing is reached");
try { document.getElementById("it").textContent += parent.localStorage.length } catch { }
</script>"""


def test_targets_follow_the_user_to_another_browser(log_in: LogIn) -> None:
    first = log_in("planner", path="/overview")
    target = first.get_by_label("Target: Changeovers")
    target.fill("7")
    target.press("Enter")
    expect(first.get_by_label("Target: Changeovers")).to_have_value("7")
    second = log_in("planner", path="/overview")
    expect(second.get_by_label("Target: Changeovers")).to_have_value("7")
    other = log_in("viewer", path="/overview")
    expect(other.get_by_label("Target: Changeovers")).to_have_value("100")


def test_times_are_the_plant_s_wherever_the_browser_is(log_in: LogIn) -> None:
    here = log_in("viewer", path="/orders")
    away = log_in("viewer", path="/orders", zone="Asia/Seoul")
    cells = []
    for page in (here, away):
        expect(page.get_by_role("row").nth(1)).to_be_visible()
        cells.append(page.get_by_role("row").nth(1).get_by_role("cell").all_inner_texts())
    assert cells[0] == cells[1]
    assert re.search(r"\d\d:\d\d", " ".join(cells[0]))
    expect(away.get_by_text("UTC", exact=False).first).to_be_visible()


def test_a_line_shows_its_output_against_the_plan(log_in: LogIn) -> None:
    page = log_in("viewer", path="/lines")
    page.get_by_role("row").nth(1).click()
    expect(page.get_by_role("img", name=re.compile("against its plan"))).to_be_visible()
    expect(page.get_by_text("No line has counted anything")).to_be_visible()


def test_the_drift_report_is_shown_inside_and_can_reach_nothing(
    log_in: LogIn, served: Served
) -> None:
    page = log_in("viewer", path="/models")
    page.get_by_role("tab", name="Drift report").click()
    expect(page.get_by_text("No drift report is stored yet")).to_be_visible()
    (served.data / "drift").mkdir()
    (served.data / "drift" / "report.html").write_text(REPORT)
    page.get_by_role("tab", name="Drift verdicts").click()
    page.get_by_role("tab", name="Drift report").click()
    inside = page.frame_locator("iframe[title='Drift report']")
    expect(inside.locator("#it")).to_have_text("scripts run, nothing is reached")


def test_a_draft_goes_on_upon_the_version_published_since(log_in: LogIn) -> None:
    page = log_in("planner")
    version = ask(page, "GET", "/api/versions/latest")["version"]["number"]
    mine, theirs = (ask(page, "POST", "/api/drafts", {})["draft"]["id"] for _ in range(2))
    runs = ask(page, "GET", f"/api/drafts/{mine}/runs")["runs"]
    lock = {"kind": "lock", "run": runs[-1]["id"], "lock": "line"}
    ask(page, "POST", f"/api/drafts/{mine}/edits", {"revision": 0, "edit": lock})
    for step in ("review/submit", "review/approve", "publish"):
        ask(page, "POST", f"/api/drafts/{theirs}/{step}", {"revision": 0})
    page.goto(f"{page.url.split('/schedule')[0]}/schedule?draft={mine}")
    page.get_by_role("button", name="Carry over to it").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"version {version + 1}")
    expect(dialog).to_contain_text("Edits done again: 1")
    dialog.get_by_role("button", name="Go on in the new draft").click()
    expect(page).to_have_url(re.compile(rf"draft={theirs + 1}"))


def test_what_is_foreseen_stands_beside_a_version_and_not_beside_a_draft(
    log_in: LogIn, served: Served
) -> None:
    page = log_in("planner", path="/orders")
    ask(page, "POST", "/api/drafts", {})  # there is a draft 1 now, as there is a version 1
    order = ask(page, "GET", "/api/versions/1/orders")["orders"][0]["id"]
    reason = {"share": 1.0, "en": "its line is full", "ko": "라인이 가득 참"}
    engine = open_database(f"sqlite:///{served.data / 'takt.db'}")
    with writing(engine) as session:
        risk = OrderRisk(order, 0.87, None, None, (reason,), "late-risk 1")
        sync_order_risks(session, 1, [risk], datetime.now(UTC))
    engine.dispose()
    page.goto(f"{page.url.split('?')[0]}?version=1")
    row = page.get_by_role("row").filter(has_text=order).first
    page.get_by_label("Search").fill(order)
    expect(row).to_contain_text("87.0 %")
    expect(row).to_contain_text("its line is full")
    page.goto(f"{page.url.split('?')[0]}?draft=1")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    expect(page.get_by_role("columnheader", name="Chance of late")).to_have_count(0)
