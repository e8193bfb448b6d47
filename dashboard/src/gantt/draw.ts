/** Draws a frame of the schedule: only the rows and bars that show. */
import type { Peg, PlainRun } from "../api/records";
import { drawAxis, drawMidnights } from "./axis";
import { drawBar, line } from "./bars";
import { type Chart, eachVisible, type Row } from "./chart";
import { paintOf, type Scheme } from "./colours";
import { AXIS, GUTTER, minuteAt, type View, xOf, yOf } from "./view";

export interface Ghost {
  row: number;
  start: number;
  end: number;
  family: number;
  state: "waiting" | "legal" | "refused";
}

/** What is marked in the drawing, beside the schedule itself. */
export interface Marks {
  selected: ReadonlySet<string>;
  hovered: string | null;
  /** Runs that are found or lit; the others are pale. Null where all are shown alike. */
  lit: ReadonlySet<string> | null;
  pegs: readonly Peg[];
  zones: { frozen: number; slush: number };
  now: number;
  ghosts: readonly Ghost[];
  /** Rows that could take the run being moved: whether at its minute no rule breaks there. */
  places: ReadonlyMap<number, boolean> | null;
  /** Where runs stand in the plan compared with. */
  before: ReadonlyMap<string, PlainRun> | null;
  language: string;
  brush: { x: number; y: number; toX: number; toY: number } | null;
}

const MOST_LINKS = 80; // runs that moved, from where to where; more would hide the schedule

export function draw(ctx: CanvasRenderingContext2D, chart: Chart, view: View, marks: Marks, scheme: Scheme): void {
  const { width, height } = view;
  ctx.fillStyle = scheme.paper;
  ctx.fillRect(0, 0, width, height);
  const from = minuteAt(view, GUTTER);
  const to = minuteAt(view, width);
  const first = Math.max(0, Math.floor(view.top / view.rowHeight));
  const last = Math.min(chart.rows.length - 1, Math.floor((view.top + height - AXIS) / view.rowHeight));

  ctx.save();
  ctx.beginPath();
  ctx.rect(GUTTER, AXIS, width - GUTTER, height - AXIS);
  ctx.clip();
  for (let row = first; row <= last; row++) drawGround(ctx, chart.rows[row] as Row, row, view, from, to, marks, scheme);
  drawMidnights(ctx, chart, view, scheme);
  drawZones(ctx, view, marks, scheme);
  ctx.font = `${Math.min(12, view.rowHeight - 6)}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  for (let row = first; row <= last; row++)
    eachVisible(chart.rows[row] as Row, from, to, (bar) => drawBar(ctx, bar, view, marks, scheme));
  for (const id of marks.selected) {
    const bar = chart.bars.get(id); // once more, so that a run that overlaps it does not hide it
    if (bar && bar.row >= first && bar.row <= last) drawBar(ctx, bar, view, marks, scheme);
  }
  ctx.globalAlpha = 1;
  if (marks.before) drawBefore(ctx, chart, view, marks.before, scheme);
  drawPegs(ctx, chart, view, marks.pegs, scheme);
  for (const ghost of marks.ghosts) drawGhost(ctx, ghost, view, scheme);
  drawNow(ctx, view, marks.now, scheme);
  if (marks.brush) drawBrush(ctx, marks.brush, scheme);
  ctx.restore();

  drawAxis(ctx, chart, view, scheme, marks.language);
  drawNames(ctx, chart, view, first, last, marks, scheme);
}

function drawGround(
  ctx: CanvasRenderingContext2D, row: Row, index: number, view: View, from: number, to: number, marks: Marks, scheme: Scheme,
): void {
  const y = yOf(view, index);
  if (index % 2 === 1) {
    ctx.fillStyle = scheme.band;
    ctx.fillRect(GUTTER, y, view.width - GUTTER, view.rowHeight);
  }
  ctx.fillStyle = scheme.off;
  for (const gap of row.breaks) fillSpan(ctx, view, gap.start, gap.end, y, from, to);
  ctx.fillStyle = scheme.overtime;
  for (const shift of row.overtime) fillSpan(ctx, view, shift.start, shift.end, y, from, to);
  const legal = marks.places?.get(index);
  if (legal !== undefined) {
    ctx.fillStyle = legal ? scheme.legal : scheme.doubtful;
    ctx.fillRect(GUTTER, y, view.width - GUTTER, view.rowHeight);
  }
  ctx.fillStyle = scheme.grid;
  ctx.fillRect(GUTTER, y + view.rowHeight - 1, view.width - GUTTER, 1);
}

function fillSpan(
  ctx: CanvasRenderingContext2D, view: View, start: number, end: number, y: number, from: number, to: number,
): void {
  if (end <= from || start >= to) return;
  const x = xOf(view, Math.max(start, from));
  ctx.fillRect(x, y, xOf(view, Math.min(end, to)) - x, view.rowHeight);
}

function drawZones(ctx: CanvasRenderingContext2D, view: View, { zones }: Marks, scheme: Scheme): void {
  const [start, frozen, slush] = [0, zones.frozen, zones.frozen + zones.slush].map((minute) => xOf(view, minute)) as [number, number, number];
  ctx.fillStyle = scheme.frozen;
  ctx.fillRect(start, AXIS, frozen - start, view.height);
  ctx.fillStyle = scheme.slush;
  ctx.fillRect(frozen, AXIS, slush - frozen, view.height);
}

function drawBefore(ctx: CanvasRenderingContext2D, chart: Chart, view: View, before: ReadonlyMap<string, PlainRun>, scheme: Scheme): void {
  ctx.strokeStyle = ctx.fillStyle = scheme.select;
  ctx.lineWidth = 1;
  for (const [id, run] of before) {
    const row = chart.rowOf.get(run.line);
    if (row === undefined) continue;
    const [x, y] = [xOf(view, run.start), yOf(view, row)];
    ctx.setLineDash([4, 3]);
    ctx.strokeRect(x, y + 1, (run.end - run.start) * view.scale, view.rowHeight - 3);
    const bar = chart.bars.get(id);
    if (!bar || before.size > MOST_LINKS) continue;
    ctx.setLineDash([]);
    ctx.globalAlpha = 0.5;
    line(ctx, x, y + view.rowHeight / 2, xOf(view, bar.run.start), yOf(view, bar.row) + view.rowHeight / 2);
    ctx.globalAlpha = 1;
  }
  ctx.setLineDash([]);
}

function drawPegs(ctx: CanvasRenderingContext2D, chart: Chart, view: View, pegs: readonly Peg[], scheme: Scheme): void {
  ctx.strokeStyle = scheme.ink;
  ctx.lineWidth = 1.2;
  for (const peg of pegs) {
    if (peg.supplier !== "run" || peg.consumer !== "run" || peg.supplier_id === null) continue;
    const [one, other] = [chart.bars.get(peg.supplier_id), chart.bars.get(peg.consumer_id)];
    if (!one || !other) continue;
    const [x, y] = [xOf(view, one.run.end), yOf(view, one.row) + view.rowHeight / 2];
    const [toX, toY] = [xOf(view, other.run.start), yOf(view, other.row) + view.rowHeight / 2];
    const bend = Math.max(12, Math.abs(toX - x) / 3);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.bezierCurveTo(x + bend, y, toX - bend, toY, toX, toY);
    ctx.stroke();
  }
}

function drawGhost(ctx: CanvasRenderingContext2D, ghost: Ghost, view: View, scheme: Scheme): void {
  const [x, y] = [xOf(view, ghost.start), yOf(view, ghost.row) + 1];
  const [width, height] = [Math.max(2, (ghost.end - ghost.start) * view.scale), view.rowHeight - 3];
  ctx.globalAlpha = 0.75;
  ctx.fillStyle = paintOf(ghost.family).fill;
  ctx.fillRect(x, y, width, height);
  ctx.globalAlpha = 1;
  ctx.lineWidth = 2.5;
  ctx.strokeStyle = ghost.state === "refused" ? scheme.refused : ghost.state === "legal" ? "#009e73" : scheme.faint;
  if (ghost.state === "refused") ctx.setLineDash([5, 3]);
  ctx.strokeRect(x, y, width, height);
  ctx.setLineDash([]);
}

function drawNow(ctx: CanvasRenderingContext2D, view: View, now: number, scheme: Scheme): void {
  ctx.strokeStyle = scheme.now;
  ctx.lineWidth = 1.5;
  ctx.setLineDash([6, 4]);
  line(ctx, xOf(view, now), AXIS, xOf(view, now), view.height);
  ctx.setLineDash([]);
}

function drawBrush(ctx: CanvasRenderingContext2D, brush: NonNullable<Marks["brush"]>, scheme: Scheme): void {
  ctx.strokeStyle = scheme.select;
  ctx.lineWidth = 1;
  ctx.setLineDash([3, 3]);
  ctx.strokeRect(brush.x, brush.y, brush.toX - brush.x, brush.toY - brush.y);
  ctx.setLineDash([]);
}

function drawNames(
  ctx: CanvasRenderingContext2D, chart: Chart, view: View, first: number, last: number, marks: Marks, scheme: Scheme,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, AXIS, GUTTER, view.height - AXIS);
  ctx.clip();
  ctx.fillStyle = scheme.paper;
  ctx.fillRect(0, AXIS, GUTTER, view.height);
  ctx.font = `${Math.min(12, view.rowHeight - 5)}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  for (let row = first; row <= last; row++) {
    const y = yOf(view, row);
    const legal = marks.places?.get(row);
    if (legal !== undefined) {
      ctx.fillStyle = legal ? scheme.legal : scheme.doubtful;
      ctx.fillRect(0, y, GUTTER, view.rowHeight);
    }
    ctx.fillStyle = marks.places && legal === undefined ? scheme.faint : scheme.ink;
    ctx.fillText(`${legal === undefined ? "" : legal ? "✓ " : "△ "}${chart.rows[row]?.line.id ?? ""}`, 6, y + view.rowHeight / 2, GUTTER - 10);
    ctx.fillStyle = scheme.grid;
    ctx.fillRect(0, y + view.rowHeight - 1, GUTTER, 1);
  }
  ctx.fillRect(GUTTER - 1, AXIS, 1, view.height);
  ctx.restore();
}
