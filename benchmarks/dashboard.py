"""The dashboard in a real browser without a graphics card: the first view of the Gantt, and its frames.

50 lines, 14 days, 5,000 runs, `takt serve` on loopback, 1366 x 768 pixels. First view: milliseconds from
the start of navigation to the first frame with runs in it, by a browser that has never been here and by
one that has the files. Frames: milliseconds between frames, and those that the page was busy in each, while
it pans across the days, zooms in and out, and pans with all runs in sight.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks import edits
from benchmarks.report import arguments, progress, show
from benchmarks.service import PASSWORD, serving, store
from pipelines.platform.processes import free_port

RUNS = 5_000
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
FIRST = """() => new Promise((done) => {
  const look = () => {
    const [mark] = performance.getEntriesByName("takt.gantt");
    if (mark) done(mark.startTime); else setTimeout(look, 20);
  };
  look();
})"""
FRAMES = """async ([count, mode]) => {
  const canvas = document.querySelector("[data-testid=gantt] canvas");
  const between = [], busy = [];
  const channel = new MessageChannel();
  let last = 0;
  const frame = () => new Promise((done) => requestAnimationFrame((now) => {
    const begun = performance.now();
    if (last) between.push(now - last);
    last = now;
    channel.port1.onmessage = () => { busy.push(performance.now() - begun); done(); };
    channel.port2.postMessage(0);
  }));
  for (let at = 0; at < count; at++) {
    const way = at < count / 2 ? 1 : -1;
    const next = frame();
    canvas.dispatchEvent(new WheelEvent("wheel", mode === "zoom"
      ? {deltaY: -8 * way, ctrlKey: true, clientX: 700, clientY: 400, cancelable: true}
      : {deltaX: 14 * way, deltaY: 3 * way, cancelable: true}));
    await next;
  }
  return {between, busy};
}"""


def log_in(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}/schedule")
    page.fill("input[name=name]", "planner")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    return page


def first_views(browser: Browser, address: str, times: int) -> dict[str, dict[str, float]]:
    """Milliseconds to the first frame with runs, with nothing kept by the browser and with its files."""
    with browser.new_context() as context:
        log_in(context, address).evaluate(FIRST)
        state = context.storage_state()
    never, again = [], []
    for _ in range(times):
        with browser.new_context(
            storage_state=state, viewport={"width": 1366, "height": 768}
        ) as context:
            page = context.new_page()
            for found in (never, again):
                page.goto(f"{address}/schedule")
                found.append(float(page.evaluate(FIRST)))
    return {"never here": spread(never), "with files": spread(again)}


def frames(page: Page, mode: str, count: int) -> dict[str, float]:
    found: dict[str, list[float]] = page.evaluate(FRAMES, [count, mode])
    busy = spread(found["busy"])
    return spread(found["between"]) | {"busy_p50": busy["p50"], "busy_p99": busy["p99"]}


def spread(values: list[float]) -> dict[str, float]:
    return {
        "p50": float(np.percentile(values, 50)),
        "p99": float(np.percentile(values, 99)),
        "worst": max(values),
    }


def measure(browser: Browser, address: str, *, quick: bool) -> tuple[Any, Any]:
    progress("first views")
    views = first_views(browser, address, 3 if quick else 15)
    with browser.new_context(viewport={"width": 1366, "height": 768}) as context:
        page = log_in(context, address)
        page.evaluate(FIRST)
        count = 120 if quick else 600
        moved = {}
        for name, button, mode in (
            ("pan, 3 days in sight", None, "pan"),
            ("zoom", None, "zoom"),
            ("pan, all runs in sight", "All", "pan"),
        ):
            progress(name)
            if button:
                page.get_by_role("button", name=button, exact=True).click()
                page.get_by_role("button", name="Zoom in").click()
            moved[name] = frames(page, mode, count)
    return views, moved


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no chromium here")
    progress("planning")
    edits.RUNS = RUNS
    plant, schedule = edits.plan(0.9)
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        store(f"sqlite:///{folder / 'takt.db'}", plant, schedule)
        with serving(folder, port), sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium, args=FLAGS, headless=True)
            views, moved = measure(browser, f"http://127.0.0.1:{port}", quick=options.quick)
            browser.close()
    nothing = {"busy_p50": "", "busy_p99": ""}
    keys = ("p50", "p99", "worst", "busy_p50", "busy_p99")
    rows = [
        (name, *((nothing | one)[key] for key in keys)) for name, one in (views | moved).items()
    ]
    figures = {"runs": len(schedule.runs), "first_view": views, "frames": moved}
    title = f"ms; first view, then between frames; {len(schedule.runs)} runs"
    show(title, ("what", *keys), rows, figures, options.json)


if __name__ == "__main__":
    main()
