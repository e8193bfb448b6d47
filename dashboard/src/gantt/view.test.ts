import { describe, expect, it } from "vitest";

import { clamped, GUTTER, minuteAt, panned, plotMinutes, revealing, rowAt, showing, type View, xOf, yOf, zoomed } from "./view";

const EXTENT = { horizon: 14 * 1440, rows: 50 };
const VIEW: View = { left: 1000, scale: 0.5, top: 0, rowHeight: 18, width: 1084, height: 638 };

describe("the view", () => {
  it("goes from minutes to pixels and back", () => {
    expect(minuteAt(VIEW, xOf(VIEW, 1234))).toBeCloseTo(1234);
    expect(rowAt(VIEW, yOf(VIEW, 7) + 1)).toBe(7);
  });

  it("keeps the minute under the pointer where it is, however it is zoomed", () => {
    const minute = minuteAt(VIEW, 600);
    for (const factor of [0.7, 1.3, 2]) expect(minuteAt(zoomed(VIEW, factor, 600, EXTENT), 600)).toBeCloseTo(minute);
  });

  it("never leaves the plan", () => {
    for (const [dx, dy] of [[1e6, 1e6], [-1e6, -1e6]] as const) {
      const far = panned(VIEW, dx, dy, EXTENT);
      expect(far.left).toBeGreaterThanOrEqual(-120);
      expect(far.left + plotMinutes(far)).toBeLessThanOrEqual(EXTENT.horizon + 120.001);
      expect(far.top).toBeGreaterThanOrEqual(0);
      expect(far.top).toBeLessThanOrEqual(50 * 18 - 600);
    }
  });

  it("shows all of the plan at the farthest", () => {
    const all = zoomed(VIEW, 1e-6, 600, EXTENT);
    expect(plotMinutes(all)).toBeCloseTo(EXTENT.horizon + 240);
    expect(all.left).toBeCloseTo(-120);
  });

  it("shows as many minutes as asked for", () => {
    expect(plotMinutes(showing(VIEW, 0, 1440, EXTENT))).toBeCloseTo(1440);
  });

  it("reveals what is outside and stays where it shows already", () => {
    expect(revealing(VIEW, 3, 1200, 1300, EXTENT)).toEqual(clamped(VIEW, EXTENT));
    const moved = revealing(VIEW, 45, 9000, 9100, EXTENT);
    expect(xOf(moved, 9000)).toBeGreaterThan(GUTTER);
    expect(xOf(moved, 9100)).toBeLessThan(VIEW.width);
    expect(yOf(moved, 45) + 18).toBeLessThanOrEqual(VIEW.height);
  });
});
