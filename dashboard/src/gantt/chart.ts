/** The schedule as it is drawn: lines as rows, runs as bars sorted by start, so that what is visible is found quickly. */
import type { Line, Plant, PlainRun, Run, RunDifference, Runs } from "../api/records";

export interface Bar {
  run: Run;
  row: number;
  /** The family's place among all families of the plant: its colour. */
  family: number;
}

export interface Span {
  start: number;
  end: number;
}

export interface Row {
  line: Line;
  /** Minutes without a shift. */
  breaks: Span[];
  overtime: Span[];
  bars: Bar[];
  /** The latest end among the bars up to each one; never falls. */
  reach: number[];
}

export interface Chart {
  startsAt: string;
  horizon: number;
  rows: Row[];
  bars: Map<string, Bar>;
  rowOf: Map<string, number>;
  families: string[];
}

export function buildChart(plant: Plant, runs: Runs): Chart {
  const made = new Set((plant.capabilities ?? []).map((one) => one.item));
  const families = [...new Set(plant.items.filter((item) => made.has(item.id)).map((item) => item.family))].sort();
  const colour = new Map(families.map((family, index) => [family, index]));
  const rowOf = new Map(plant.lines.map((line, index) => [line.id, index]));
  const rows = plant.lines.map((line) => rowFor(line, plant.horizon));
  const bars = new Map<string, Bar>();
  for (const run of runs.runs) {
    const row = rowOf.get(run.line);
    if (row === undefined) continue;
    const bar = { run, row, family: colour.get(run.family) ?? 0 };
    bars.set(run.id, bar);
    rows[row]?.bars.push(bar);
  }
  for (const row of rows) {
    row.bars.sort((one, other) => occupiedFrom(one.run) - occupiedFrom(other.run));
    let latest = -Infinity;
    row.reach = row.bars.map((bar) => (latest = Math.max(latest, bar.run.end)));
  }
  return { startsAt: runs.starts_at, horizon: plant.horizon, rows, bars, rowOf, families };
}

function rowFor(line: Line, horizon: number): Row {
  const shifts = line.shifts ?? [];
  const breaks: Span[] = [];
  let until = 0;
  for (const shift of shifts) {
    const start = Math.max(shift.start, line.available_from ?? 0);
    if (start > until) breaks.push({ start: until, end: Math.min(start, horizon) });
    until = Math.max(until, shift.end);
  }
  if (until < horizon) breaks.push({ start: until, end: horizon });
  return { line, breaks, overtime: shifts.filter((shift) => shift.overtime), bars: [], reach: [] };
}

/** The minute from which a run, with the changeover before it, takes its line. */
export function occupiedFrom(run: Run): number {
  return run.changeover_minutes > 0 ? Math.min(run.changeover_start, run.start) : run.start;
}

/** Calls back with each bar of a row that shows in the minutes [from, to). */
export function eachVisible(row: Row, from: number, to: number, see: (bar: Bar) => void): void {
  for (let index = firstReaching(row.reach, from); index < row.bars.length; index++) {
    const bar = row.bars[index] as Bar;
    if (occupiedFrom(bar.run) >= to) return;
    if (bar.run.end > from) see(bar);
  }
}

/** The first place at which something reaches beyond a minute, by halving. */
export function firstReaching(reach: readonly number[], minute: number): number {
  let low = 0;
  let high = reach.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((reach[middle] as number) > minute) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The bar at a minute of a row, the later of two that overlap. */
export function barAt(chart: Chart, row: number, minute: number): Bar | null {
  let found: Bar | null = null;
  const there = chart.rows[row];
  if (there) eachVisible(there, minute, minute + 1, (bar) => {
    if (bar.run.start <= minute && minute < bar.run.end) found = bar;
  });
  return found;
}

/** All runs as they are after an edit, at once, until the service's own list has come. */
export function patched(runs: Runs, differences: readonly RunDifference[]): Runs {
  const changed = new Map(differences.map((one) => [one.id, one.after]));
  const kept = runs.runs.flatMap((run): Run[] => {
    if (!changed.has(run.id)) return [run];
    const after = changed.get(run.id);
    return after ? [moved(run, after)] : [];
  });
  return { ...runs, runs: kept };
}

function moved(run: Run, after: PlainRun): Run {
  const shift = after.start - run.start;
  return { ...run, ...after, lock: after.lock ?? "none", changeover_start: run.changeover_start + shift };
}

/** The bar next to another in a direction: along its line, or the nearest on the line above or below. */
export function neighbour(chart: Chart, from: Bar, direction: "left" | "right" | "up" | "down"): Bar | null {
  if (direction === "left" || direction === "right") {
    const bars = chart.rows[from.row]?.bars ?? [];
    const place = bars.findIndex((bar) => bar.run.id === from.run.id);
    return bars[place + (direction === "left" ? -1 : 1)] ?? null;
  }
  const step = direction === "up" ? -1 : 1;
  for (let row = from.row + step; row >= 0 && row < chart.rows.length; row += step) {
    const found = nearest(chart.rows[row]?.bars ?? [], from.run.start);
    if (found) return found;
  }
  return null;
}

function nearest(bars: readonly Bar[], minute: number): Bar | null {
  let best: Bar | null = null;
  for (const bar of bars)
    if (best === null || Math.abs(bar.run.start - minute) < Math.abs(best.run.start - minute)) best = bar;
  return best;
}
