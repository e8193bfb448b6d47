/** Runs that are held, by the pointer or by keys: where they are to go, and how that is shown. */
import { type Bar, type Chart } from "./chart";
import type { Ghost } from "./draw";

/** Where runs are to go: the leading one to a line and minute, the others by as many minutes. */
export interface Target {
  runs: readonly string[];
  lead: string;
  line: string;
  start: number;
  delta: number;
}

/** What is known of a target: whether it holds, and where runs would end there. */
export interface Trial {
  target: Target;
  state: Ghost["state"];
  ends: ReadonlyMap<string, number>;
}

export interface Grab {
  bar: Bar;
  runs: string[];
  /** Minutes from the run's start to where the pointer took it. */
  hold: number;
  row: number;
  start: number;
  isKeyboard: boolean;
}

export const SNAP = 5; // minutes

export function snapped(minute: number, isFine: boolean): number {
  return isFine ? Math.round(minute) : Math.round(minute / SNAP) * SNAP;
}

/** What is asked for while runs are held. */
export function targetOf(chart: Chart, held: Grab): Target {
  const line = chart.rows[held.row]?.line.id ?? held.bar.run.line;
  return { runs: held.runs, lead: held.bar.run.id, line, start: held.start, delta: held.start - held.bar.run.start };
}

export function ghostsOf(chart: Chart, grab: Grab, trial: Trial | null): Ghost[] {
  const delta = grab.start - grab.bar.run.start;
  const fits = trial !== null && trial.target.lead === grab.bar.run.id && trial.target.start === grab.start
    && trial.target.line === chart.rows[grab.row]?.line.id;
  const lead = [grab.bar.run.id, ...grab.runs.filter((id) => id !== grab.bar.run.id)];
  return lead.flatMap((id): Ghost[] => {
    const bar = chart.bars.get(id);
    if (!bar) return [];
    const start = bar.run.start + delta;
    const end = (fits ? trial.ends.get(id) : undefined) ?? bar.run.end + delta;
    return [{ row: id === grab.bar.run.id ? grab.row : bar.row, start, end, family: bar.family, state: fits ? trial.state : "waiting" }];
  });
}
