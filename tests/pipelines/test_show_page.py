"""The Gantt page in a browser: it draws every run, filters, zooms, and says nothing is wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.show_html import save_gantt
from plant import evaluate
from plant.examples import three_lines

pytestmark = pytest.mark.integration
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    if BROWSER is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium: CI must run these tests (apt: chromium)")
        pytest.skip("no chromium or chrome on this machine")
    from playwright.sync_api import sync_playwright

    plant, schedule = three_lines.plant(), three_lines.schedule()
    save_gantt(tmp_path / "gantt.html", plant, schedule, evaluate(plant, schedule), "Jam")
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1366, "height": 800})
        page.wrong = []
        page.on("console", lambda message: page.wrong.append(message.text))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on(
            "request",
            lambda request: request.url.startswith("file:") or page.wrong.append(request.url),
        )
        page.goto((tmp_path / "gantt.html").as_uri())
        page.wait_for_selector(".run")
        yield page
        browser.close()


def test_the_page_works(page: Any) -> None:
    assert page.title() == "Jam"
    assert page.locator(".run").count() == 7
    assert "all kept" in page.inner_text("#kpis")
    page.fill("#find", "O-1")
    page.wait_for_timeout(100)
    assert "of 7 runs" in page.inner_text("#hits")
    assert 0 < page.locator(".run.dim").count() < 7
    page.fill("#find", "")
    page.locator(".run").first.hover()
    assert "PULP" in page.inner_text("#card")
    page.click('[data-days="1"]')
    page.wait_for_timeout(100)
    assert page.locator(".run").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.wrong == []
