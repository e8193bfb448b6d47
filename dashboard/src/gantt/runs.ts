import type { Run } from "../api/records";

/** A run that nothing is special about but what is said. */
export function run(id: string, line: string, start: number, end: number, more: Partial<Run> = {}): Run {
  return {
    id, line, start, end, item: "A", family: "f", quantity: 1, lock: "none", late: 0, orders: 0,
    changeover_minutes: 0, changeover_start: start, changeover_cost: 0, ...more,
  };
}
