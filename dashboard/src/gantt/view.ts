/** Where the window stands over the schedule, and how it moves: pure arithmetic. */

export const GUTTER = 84; // px for the lines' names
export const AXIS = 38; // px for days and hours

export interface View {
  /** The minute at the plot's left edge. */
  left: number;
  /** Pixels a minute. */
  scale: number;
  /** Pixels that rows are scrolled up. */
  top: number;
  rowHeight: number;
  width: number;
  height: number;
}

export interface Extent {
  horizon: number;
  rows: number;
}

const NEAREST = 12; // px a minute
const EDGE = 120; // minutes that may show beyond the plan

export const xOf = (view: View, minute: number): number => GUTTER + (minute - view.left) * view.scale;
export const yOf = (view: View, row: number): number => AXIS + row * view.rowHeight - view.top;
export const minuteAt = (view: View, x: number): number => view.left + (x - GUTTER) / view.scale;
export const rowAt = (view: View, y: number): number =>
  y < AXIS ? -1 : Math.floor((y - AXIS + view.top) / view.rowHeight);

export function plotMinutes(view: View): number {
  return Math.max(1, view.width - GUTTER) / view.scale;
}

/** The view kept over the plan: not beyond its ends, not nearer or farther than is of use. */
export function clamped(view: View, extent: Extent): View {
  const plot = Math.max(1, view.width - GUTTER);
  const farthest = plot / (extent.horizon + 2 * EDGE);
  const scale = Math.min(NEAREST, Math.max(farthest, view.scale));
  const most = extent.horizon + EDGE - plot / scale;
  const left = Math.min(Math.max(view.left, -EDGE), Math.max(-EDGE, most));
  const lowest = Math.max(0, extent.rows * view.rowHeight - (view.height - AXIS));
  return { ...view, scale, left, top: Math.min(Math.max(0, view.top), lowest) };
}

/** The view nearer or farther by a factor, the minute under `x` staying where it is. */
export function zoomed(view: View, factor: number, x: number, extent: Extent): View {
  const minute = minuteAt(view, x);
  const bounded = clamped({ ...view, scale: view.scale * factor }, extent);
  return clamped({ ...bounded, left: minute - (x - GUTTER) / bounded.scale }, extent);
}

export function panned(view: View, dx: number, dy: number, extent: Extent): View {
  return clamped({ ...view, left: view.left - dx / view.scale, top: view.top - dy }, extent);
}

/** The view that shows these minutes across its width. */
export function showing(view: View, from: number, minutes: number, extent: Extent): View {
  const scale = Math.max(1, view.width - GUTTER) / minutes;
  return clamped({ ...view, scale, left: from }, extent);
}

/** The view moved as little as is needed for a span of a row to show. */
export function revealing(view: View, row: number, start: number, end: number, extent: Extent): View {
  const across = plotMinutes(view);
  let { left, top } = view;
  if (start < left || Math.min(end, start + across / 2) > left + across) left = (start + end) / 2 - across / 2;
  const y = row * view.rowHeight;
  const shown = view.height - AXIS;
  if (y < top) top = y - view.rowHeight;
  else if (y + view.rowHeight > top + shown) top = y + 2 * view.rowHeight - shown;
  return clamped({ ...view, left, top }, extent);
}
