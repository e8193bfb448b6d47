/** Draws one run: its changeover, family, lateness, lock and item. */
import type { Lock } from "../api/records";
import type { Bar } from "./chart";
import { type Hatch, paintOf, type Scheme } from "./colours";
import type { Marks } from "./draw";
import { GUTTER, type View, xOf, yOf } from "./view";

const PALE = 0.22;
const TEXT_FROM = 30; // px of a bar's width from which its item is written

export function drawBar(ctx: CanvasRenderingContext2D, bar: Bar, view: View, marks: Marks, scheme: Scheme): void {
  const { run } = bar;
  const x = xOf(view, run.start);
  const width = Math.max(1, (run.end - run.start) * view.scale - 0.5);
  const y = yOf(view, bar.row) + 2;
  const height = view.rowHeight - 5;
  const pale = marks.lit !== null && !marks.lit.has(run.id) && !marks.selected.has(run.id);
  ctx.globalAlpha = pale ? PALE : 1;
  if (run.changeover_minutes > 0) drawChangeover(ctx, xOf(view, run.changeover_start), x, y, height, scheme);
  const paint = paintOf(bar.family);
  ctx.fillStyle = paint.fill;
  ctx.fillRect(x, y, width, height);
  if (paint.hatch !== "plain" && width > 3) {
    ctx.fillStyle = hatching(ctx, paint.hatch, paint.ink);
    ctx.fillRect(x, y, width, height);
  }
  if (run.late > 0) drawLate(ctx, x, y, width, height, scheme);
  if (marks.hovered === run.id || marks.selected.has(run.id)) {
    ctx.strokeStyle = scheme.select;
    ctx.lineWidth = marks.selected.has(run.id) ? 2.5 : 1.5;
    ctx.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  }
  const badge = run.lock !== "none" && width > 5 ? drawLock(ctx, run.lock, x, y, height) : 0;
  const left = Math.max(x, GUTTER);
  if (width - badge > TEXT_FROM && !pale && height >= 10) writeIn(ctx, run.item, left + badge + 3, y + height / 2 + 0.5, x + width - left - badge - 6, paint.ink);
}

function writeIn(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, most: number, ink: string): void {
  if (most < 14) return;
  let shown = text;
  if (text.length * 6.2 > most) shown = text.slice(0, Math.max(1, Math.floor(most / 6.6)));
  ctx.fillStyle = ink;
  ctx.fillText(shown, x, y);
}

function drawChangeover(ctx: CanvasRenderingContext2D, x: number, to: number, y: number, height: number, scheme: Scheme): void {
  const width = Math.max(1.5, to - x);
  ctx.fillStyle = scheme.changeover;
  ctx.fillRect(x, y + height * 0.4, width, Math.max(2, height * 0.2));
  ctx.fillRect(x, y + height * 0.15, 1.5, height * 0.7);
}

/** A strong lower edge and a corner flag: told by shape, not by colour alone. */
function drawLate(ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, scheme: Scheme): void {
  ctx.fillStyle = scheme.late;
  ctx.fillRect(x, y + height - 3, width, 3);
  const side = Math.min(8, height * 0.6, Math.max(3, width));
  ctx.beginPath();
  ctx.moveTo(x + width - side, y);
  ctx.lineTo(x + width, y);
  ctx.lineTo(x + width, y + side);
  ctx.fill();
}

/** Three badges: rails for the line, a pin for the start, a padlock for all. Returns the width taken. */
function drawLock(ctx: CanvasRenderingContext2D, lock: Lock, x: number, y: number, height: number): number {
  const size = Math.min(12, height - 2);
  const [left, top] = [x + 1, y + (height - size) / 2];
  ctx.fillStyle = "#fff";
  ctx.fillRect(left, top, size, size);
  ctx.fillStyle = ctx.strokeStyle = "#111";
  ctx.lineWidth = 1.4;
  const part = size / 12;
  if (lock === "line") {
    ctx.fillRect(left + 2 * part, top + 3 * part, 8 * part, 2 * part);
    ctx.fillRect(left + 2 * part, top + 7 * part, 8 * part, 2 * part);
  } else if (lock === "start") {
    ctx.fillRect(left + 2 * part, top + 2 * part, 1.6 * part, 8 * part);
    ctx.beginPath();
    ctx.moveTo(left + 10 * part, top + 2.5 * part);
    ctx.lineTo(left + 4.5 * part, top + 6 * part);
    ctx.lineTo(left + 10 * part, top + 9.5 * part);
    ctx.fill();
  } else {
    ctx.fillRect(left + 2.5 * part, top + 5.5 * part, 7 * part, 5 * part);
    ctx.beginPath();
    ctx.arc(left + 6 * part, top + 5.5 * part, 2.4 * part, Math.PI, 0);
    ctx.stroke();
  }
  return size + 2;
}

export function line(ctx: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}

const hatchings = new Map<string, CanvasPattern>();

function hatching(ctx: CanvasRenderingContext2D, hatch: Hatch, ink: string): CanvasPattern | string {
  const key = `${hatch} ${ink}`;
  const kept = hatchings.get(key);
  if (kept) return kept;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  if (!pen) return "transparent";
  pen.globalAlpha = 0.4;
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = 1.3;
  if (hatch === "stripes") for (const at of [-4, 4, 12]) line(pen, at - 4, 8, at + 4, 0);
  else pen.fillRect(2, 2, 2.5, 2.5);
  const made = ctx.createPattern(tile, "repeat");
  if (!made) return "transparent";
  hatchings.set(key, made);
  return made;
}
