import { describe, expect, it } from "vitest";

import type { Plant, Run, Runs } from "../api/records";
import { barAt, buildChart, eachVisible, neighbour, occupiedFrom, patched } from "./chart";
import { run } from "./runs";

const START = "2026-01-05T06:00:00Z";

function plant(lines: number): Plant {
  return {
    currency: "EUR", horizon: 2000, starts_at: START, items: [{ id: "A", family: "f" }, { id: "B", family: "g" }],
    lines: Array.from({ length: lines }, (_, index) => ({ id: `L${index}`, shifts: [{ start: 100, end: 500 }, { start: 600, end: 900, overtime: true }], available_from: 150 })),
  } as Plant;
}

const list = (runs: Run[]): Runs => ({ starts_at: START, horizon: 2000, runs });

/** A small generator, so that the runs are the same each time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

describe("a chart", () => {
  it("shows exactly the bars that a window cuts, overlapping ones and changeovers among them", () => {
    for (let seed = 1; seed < 60; seed++) {
      const roll = dice(seed);
      const runs = Array.from({ length: 40 }, (_, index) => {
        const start = Math.floor(roll() * 1500);
        const setup = Math.floor(roll() * 2) * 30;
        return run(`R${index}`, "L0", start, start + 1 + Math.floor(roll() * 300), { changeover_minutes: setup, changeover_start: start - setup });
      });
      const chart = buildChart(plant(1), list(runs));
      const from = Math.floor(roll() * 1500);
      const to = from + 1 + Math.floor(roll() * 400);
      const seen: string[] = [];
      eachVisible(chart.rows[0]!, from, to, (bar) => seen.push(bar.run.id));
      const cut = runs.filter((one) => occupiedFrom(one) < to && one.end > from).map((one) => one.id);
      expect(seen.sort()).toEqual(cut.sort());
    }
  });

  it("knows when a line has no shift, and when it has overtime", () => {
    const [row] = buildChart(plant(1), list([])).rows;
    expect(row!.breaks).toEqual([{ start: 0, end: 150 }, { start: 500, end: 600 }, { start: 900, end: 2000 }]);
    expect(row!.overtime).toEqual([{ start: 600, end: 900, overtime: true }]);
  });

  it("finds the bar at a minute", () => {
    const chart = buildChart(plant(2), list([run("R1", "L1", 200, 300), run("R2", "L1", 300, 400)]));
    expect(barAt(chart, 1, 299)?.run.id).toBe("R1");
    expect(barAt(chart, 1, 300)?.run.id).toBe("R2");
    expect(barAt(chart, 1, 400)).toBeNull();
    expect(barAt(chart, 0, 250)).toBeNull();
    expect(barAt(chart, 7, 250)).toBeNull();
  });

  it("is walked by keys: along a line, and to the nearest run of the next line that has one", () => {
    const chart = buildChart(plant(4), list([run("R1", "L0", 200, 300), run("R2", "L0", 320, 400), run("R3", "L3", 900, 950), run("R4", "L3", 330, 340)]));
    const at = (id: string) => chart.bars.get(id)!;
    expect(neighbour(chart, at("R1"), "right")?.run.id).toBe("R2");
    expect(neighbour(chart, at("R1"), "left")).toBeNull();
    expect(neighbour(chart, at("R2"), "down")?.run.id).toBe("R4");
    expect(neighbour(chart, at("R3"), "up")?.run.id).toBe("R2");
  });
});

describe("runs after an edit", () => {
  it("are where the edit put them; others stay the same objects", () => {
    const runs = list([run("R1", "L0", 200, 300, { changeover_minutes: 20, changeover_start: 180 }), run("R2", "L0", 320, 400)]);
    const after = { id: "R1", line: "L1", item: "A", start: 260, end: 370, quantity: 1, lock: "none" as const };
    const found = patched(runs, [{ id: "R1", changes: ["line", "start"], before: null, after }]);
    expect(found.runs[0]).toMatchObject({ line: "L1", start: 260, end: 370, changeover_start: 240, family: "f" });
    expect(found.runs[1]).toBe(runs.runs[1]);
  });

  it("are gone where the edit took them", () => {
    const found = patched(list([run("R1", "L0", 1, 2)]), [{ id: "R1", changes: ["removed"], before: null, after: null }]);
    expect(found.runs).toEqual([]);
  });
});
