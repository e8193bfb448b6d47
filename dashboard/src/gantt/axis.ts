/** The time axis: days above, hours below, in the plant's time and the reader's language. */
import { scaleUtc } from "d3-scale";

import { clockOf } from "../words/format";
import type { Chart } from "./chart";
import type { Scheme } from "./colours";
import { AXIS, GUTTER, minuteAt, type View, xOf } from "./view";

const MINUTE = 60_000;
const DAY = 1440;
const formats = new Map<string, { day: Intl.DateTimeFormat; time: Intl.DateTimeFormat }>();

export function drawAxis(ctx: CanvasRenderingContext2D, chart: Chart, view: View, scheme: Scheme, language: string): void {
  const { day, time } = formatsOf(language);
  const edges = [GUTTER, view.width].map((x) => clockOf(chart.startsAt, minuteAt(view, x)));
  const scale = scaleUtc(edges, [GUTTER, view.width]);
  ctx.save();
  ctx.fillStyle = scheme.paper;
  ctx.fillRect(0, 0, view.width, AXIS);
  ctx.beginPath();
  ctx.rect(GUTTER, 0, view.width - GUTTER, view.height);
  ctx.clip();
  ctx.textBaseline = "middle";
  ctx.font = "11px system-ui, sans-serif";
  const hours = scale.ticks(Math.max(2, Math.floor((view.width - GUTTER) / 62)));
  const isCoarse = hours.length > 1 && Number(hours[1]) - Number(hours[0]) >= DAY * MINUTE;
  if (!isCoarse) {
    for (const tick of hours) {
      const x = scale(tick);
      ctx.fillStyle = scheme.grid;
      ctx.fillRect(x, AXIS - 6, 1, 6);
      ctx.fillStyle = scheme.faint;
      ctx.fillText(time.format(tick), x + 3, AXIS - 11);
    }
  }
  ctx.font = "600 12px system-ui, sans-serif";
  for (const midnight of midnights(scale.domain() as [Date, Date])) {
    const x = scale(midnight);
    const next = scale(new Date(midnight.getTime() + DAY * MINUTE));
    ctx.fillStyle = scheme.grid;
    ctx.fillRect(x, 0, 1, AXIS);
    ctx.fillStyle = scheme.ink;
    const label = day.format(midnight);
    const place = Math.max(x + 4, GUTTER + 4);
    if (next - place > label.length * 6.2) ctx.fillText(label, place, isCoarse ? AXIS / 2 : 10);
    else if (next - place > 18) ctx.fillText(String(midnight.getUTCDate()), place, isCoarse ? AXIS / 2 : 10);
  }
  ctx.fillStyle = scheme.grid;
  ctx.fillRect(GUTTER, AXIS - 1, view.width - GUTTER, 1);
  ctx.restore();
}

/** A line at each midnight, behind the runs. */
export function drawMidnights(ctx: CanvasRenderingContext2D, chart: Chart, view: View, scheme: Scheme): void {
  const origin = clockOf(chart.startsAt, 0).getTime();
  const edges = [GUTTER, view.width].map((x) => clockOf(chart.startsAt, minuteAt(view, x))) as [Date, Date];
  ctx.fillStyle = scheme.faint;
  for (const midnight of midnights(edges)) ctx.fillRect(xOf(view, (midnight.getTime() - origin) / MINUTE), AXIS, 1, view.height);
}

function midnights([from, to]: [Date, Date]): Date[] {
  const found: Date[] = [];
  const day = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate()));
  for (; day < to; day.setUTCDate(day.getUTCDate() + 1)) found.push(new Date(day));
  return found;
}

function formatsOf(language: string) {
  let found = formats.get(language);
  if (!found) {
    const locale = language === "ko" ? "ko-KR" : "en-GB";
    found = {
      day: new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", weekday: "short", timeZone: "UTC" }),
      time: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }),
    };
    formats.set(language, found);
  }
  return found;
}
