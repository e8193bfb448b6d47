/** The schedule on a canvas: what the pointer and the keys do to the view, the selection and a run being moved. */
import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, type ReactNode, type Ref, useImperativeHandle, useMemo, useRef, useState } from "react";

import { useWords } from "../words";
import { instantOf, useFormats } from "../words/format";
import { type Bar, barAt, type Chart, neighbour } from "./chart";
import { SCHEMES } from "./colours";
import type { Marks } from "./draw";
import { type Grab, ghostsOf, SNAP, snapped, type Target, targetOf, type Trial } from "./grab";
import { Tip } from "./Tip";
import { AXIS, clamped, GUTTER, minuteAt, panned, plotMinutes, revealing, rowAt, showing, type View, xOf, yOf, zoomed } from "./view";
import { useWindow } from "./window";

export interface GanttHandle {
  zoom(factor: number): void;
  show(from: number | null, minutes: number): void;
  reveal(run: string): void;
  focus(): void;
  /** Look at the same instants and lines as another chart, whose plan starts `offset` minutes later. */
  follow(view: View, offset: number): void;
}

interface Props {
  ref?: Ref<GanttHandle>;
  chart: Chart;
  marks: Pick<Marks, "lit" | "pegs" | "zones" | "before" | "places">;
  now: number;
  selected: ReadonlySet<string>;
  onSelect: (runs: ReadonlySet<string>) => void;
  /** Null where nothing may be moved. */
  moving: { trial: Trial | null; onTry: (target: Target) => void; onDrop: (target: Target) => void; onLeave: () => void } | null;
  tip: (bar: Bar) => ReactNode;
  verdict: ReactNode;
  /** Told where the window stands whenever the user has moved it. */
  onLook?: (view: View) => void;
}

const SLACK = 4; // px that a click may move

export function Gantt({ ref, chart, marks, now, selected, onSelect, moving, tip, verdict, onLook }: Props) {
  const { t, language } = useWords();
  const format = useFormats();
  const scheme = SCHEMES[useComputedColorScheme("light")];
  const press = useRef<{ x: number; y: number; lastX: number; lastY: number; bar: Bar | null; mode: "none" | "pan" | "brush" | "move" } | null>(null);
  const [hover, setHover] = useState<{ bar: Bar; x: number; y: number } | null>(null);
  const [grab, setGrab] = useState<Grab | null>(null);
  const [brush, setBrush] = useState<Marks["brush"]>(null);
  const [said, setSaid] = useState("");
  const extent = useMemo(() => ({ horizon: chart.horizon, rows: chart.rows.length }), [chart]);

  const ghosts = useMemo(() => (grab ? ghostsOf(chart, grab, moving?.trial ?? null) : []), [chart, grab, moving?.trial]);
  const all: Marks = {
    ...marks, selected, hovered: hover?.bar.run.id ?? null, now, ghosts, language, brush,
    places: grab ? marks.places : null,
  };
  const { box, canvas, picked, view, refresh, look } = useWindow(chart, all, scheme, extent, onLook);

  useImperativeHandle(ref, () => ({
    zoom: (factor) => look(zoomed(view.current, factor, (GUTTER + view.current.width) / 2, extent)),
    show: (from, minutes) => look(showing(view.current, from ?? view.current.left, minutes, extent)),
    reveal(run) {
      const bar = chart.bars.get(run);
      if (bar) look(revealing(view.current, bar.row, bar.run.start, bar.run.end, extent));
    },
    focus: () => canvas.current?.focus(),
    follow(other, offset) {
      const own = view.current;
      const scale = (other.scale * (own.width - GUTTER)) / Math.max(1, other.width - GUTTER);
      view.current = clamped({ ...own, left: other.left + offset, scale, top: (other.top / other.rowHeight) * own.rowHeight }, extent);
      refresh();
    },
  }));

  function barUnder(x: number, y: number): Bar | null {
    if (x < GUTTER || y < AXIS) return null;
    const slack = 2 / view.current.scale;
    const [row, minute] = [rowAt(view.current, y), minuteAt(view.current, x)];
    return barAt(chart, row, minute) ?? barAt(chart, row, minute + slack) ?? barAt(chart, row, minute - slack);
  }

  function hold(next: Grab): void {
    setGrab(next);
    if (grab?.row !== next.row || grab?.start !== next.start) moving?.onTry(targetOf(chart, next));
  }

  function drop(): void {
    if (grab) {
      const moved = grab.row !== grab.bar.row || grab.start !== grab.bar.run.start;
      if (moved) moving?.onDrop(targetOf(chart, grab));
      else moving?.onLeave();
    }
    setGrab(null);
  }

  function leave(): void {
    if (grab) moving?.onLeave();
    setGrab(null);
    setBrush(null);
    press.current = null;
  }

  function onPointerDown(event: PointerEvent<HTMLCanvasElement>): void {
    if (event.button !== 0 && event.button !== 1) return;
    const { offsetX: x, offsetY: y } = event.nativeEvent;
    event.currentTarget.setPointerCapture(event.pointerId);
    press.current = { x, y, lastX: x, lastY: y, bar: barUnder(x, y), mode: "none" };
  }

  function onPointerMove(event: PointerEvent<HTMLCanvasElement>): void {
    const { offsetX: x, offsetY: y } = event.nativeEvent;
    const pressed = press.current;
    if (!pressed) {
      const bar = grab ? null : barUnder(x, y);
      if (bar !== hover?.bar || bar) setHover(bar ? { bar, x, y } : null);
      return;
    }
    if (pressed.mode === "none" && Math.hypot(x - pressed.x, y - pressed.y) >= SLACK) {
      const mayMove = pressed.bar && moving && !event.shiftKey && !event.ctrlKey;
      pressed.mode = mayMove ? "move" : event.shiftKey ? "brush" : "pan";
      setHover(null);
      if (mayMove && pressed.bar) {
        const { bar } = pressed;
        const runs = selected.has(bar.run.id) ? [...selected] : [bar.run.id];
        if (!selected.has(bar.run.id)) onSelect(new Set(runs));
        hold({ bar, runs, hold: minuteAt(view.current, pressed.x) - bar.run.start, row: bar.row, start: bar.run.start, isKeyboard: false });
        return;
      }
    }
    if (pressed.mode === "pan") look(panned(view.current, x - pressed.lastX, y - pressed.lastY, extent));
    if (pressed.mode === "brush") setBrush({ x: pressed.x, y: pressed.y, toX: x, toY: y });
    if (pressed.mode === "move" && grab) {
      const minute = snapped(minuteAt(view.current, x) - grab.hold, event.altKey);
      const row = grab.runs.length > 1 ? grab.bar.row : Math.min(extent.rows - 1, Math.max(0, rowAt(view.current, y)));
      hold({ ...grab, row, start: Math.max(0, minute) });
    }
    pressed.lastX = x;
    pressed.lastY = y;
  }

  function onPointerUp(event: PointerEvent<HTMLCanvasElement>): void {
    const pressed = press.current;
    press.current = null;
    if (!pressed) return;
    if (pressed.mode === "move") drop();
    else if (pressed.mode === "brush") select(brushed());
    else if (pressed.mode === "none") pick(pressed.bar, event.ctrlKey || event.metaKey || event.shiftKey);
    setBrush(null);
  }

  function brushed(): Set<string> {
    if (!brush) return new Set();
    const [x, toX] = [Math.min(brush.x, brush.toX), Math.max(brush.x, brush.toX)];
    const [y, toY] = [Math.min(brush.y, brush.toY), Math.max(brush.y, brush.toY)];
    const [from, to] = [minuteAt(view.current, x), minuteAt(view.current, toX)];
    const [first, last] = [rowAt(view.current, Math.max(AXIS, y)), rowAt(view.current, toY)];
    const inside = [...chart.bars.values()].filter(
      ({ row, run }) => row >= first && row <= last && run.start < to && run.end > from,
    );
    return new Set(inside.map((bar) => bar.run.id));
  }

  function pick(bar: Bar | null, isMore: boolean): void {
    if (!bar) {
      if (!isMore) select(new Set());
      return;
    }
    const next = new Set(isMore ? selected : []);
    if (isMore && next.has(bar.run.id)) next.delete(bar.run.id);
    else next.add(bar.run.id);
    select(next);
  }

  function select(runs: ReadonlySet<string>): void {
    onSelect(runs);
    const bar = runs.size === 1 ? chart.bars.get([...runs][0] as string) : undefined;
    if (bar) setSaid(t("gantt.selected", named(bar)));
  }

  function named({ run }: Bar) {
    const [start, end] = [run.start, run.end].map((minute) => format.instant(instantOf(chart.startsAt, minute))) as [string, string];
    return { run: run.id, item: run.item, line: run.line, start, end };
  }

  function onKeyDown(event: KeyboardEvent<HTMLCanvasElement>): void {
    const current = selected.size > 0 ? chart.bars.get([...selected][0] as string) : undefined;
    const handled = grab?.isKeyboard ? keyMoves(event, grab) : keyWalks(event, current);
    if (handled) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  function keyWalks(event: KeyboardEvent, current: Bar | undefined): boolean {
    const direction = DIRECTIONS[event.key];
    if (direction && !event.ctrlKey && !event.altKey) {
      const next = current ? neighbour(chart, current, direction) : firstBar(chart);
      if (next) {
        select(new Set([next.run.id]));
        look(revealing(view.current, next.row, next.run.start, next.run.end, extent));
      }
      return true;
    }
    if (event.key === "+" || event.key === "=") look(zoomed(view.current, 1.4, (GUTTER + view.current.width) / 2, extent));
    else if (event.key === "-") look(zoomed(view.current, 1 / 1.4, (GUTTER + view.current.width) / 2, extent));
    else if (event.key === "PageDown" || event.key === "PageUp")
      look(panned(view.current, 0, (event.key === "PageUp" ? 0.8 : -0.8) * (view.current.height - AXIS), extent));
    else if (event.key === "Home" || event.key === "End")
      look(clamped({ ...view.current, left: event.key === "Home" ? -60 : extent.horizon - plotMinutes(view.current) }, extent));
    else if (event.key === "Escape") select(new Set());
    else if (event.code === "KeyM" && !event.ctrlKey && current && moving) {
      hold({ bar: current, runs: [...selected], hold: 0, row: current.row, start: current.run.start, isKeyboard: true });
      say(current.row, current.run.start, current.run.id);
    } else return false;
    return true;
  }

  function keyMoves(event: KeyboardEvent, held: Grab): boolean {
    if (event.key === "Escape") leave();
    else if (event.key === "Enter") drop();
    else {
      const direction = DIRECTIONS[event.key];
      if (!direction) return event.key !== "Tab";
      const step = event.ctrlKey ? 1440 : event.shiftKey ? 60 : SNAP;
      const next = { ...held };
      if (direction === "left") next.start = Math.max(0, held.start - step);
      else if (direction === "right") next.start = held.start + step;
      else if (held.runs.length === 1) next.row = nextPlace(held.row, direction === "up" ? -1 : 1);
      hold(next);
      say(next.row, next.start, held.bar.run.id);
      look(revealing(view.current, next.row, next.start, next.start + 60, extent));
    }
    return true;
  }

  function nextPlace(row: number, step: number): number {
    for (let next = row + step; next >= 0 && next < extent.rows; next += step)
      if (!marks.places || marks.places.has(next)) return next;
    return row;
  }

  function say(row: number, start: number, run: string): void {
    const line = chart.rows[row]?.line.id ?? "";
    setSaid(t("gantt.moving", { run, line, time: format.instant(instantOf(chart.startsAt, start)) }));
  }

  const lead = ghosts[0];
  return (
    <div className="gantt" ref={box} data-testid="gantt">
      <canvas ref={canvas} tabIndex={0} role="application" aria-label={t("gantt.label", { lines: extent.rows })}
        style={{ cursor: grab ? "grabbing" : hover && moving ? "grab" : "default" }}
        onPointerDown={onPointerDown} onPointerMove={onPointerMove} onPointerUp={onPointerUp}
        onPointerCancel={leave} onPointerLeave={() => setHover(null)} onKeyDown={onKeyDown} />
      <div ref={picked} data-testid="picked" aria-hidden style={{ position: "absolute", left: 0, top: 0, pointerEvents: "none", visibility: "hidden" }} />
      <div aria-live="polite" style={{ position: "absolute", left: -9999 }}>{said}</div>
      {hover && !grab && <Tip x={hover.x} y={hover.y} view={view.current}>{tip(hover.bar)}</Tip>}
      {lead && grab && (
        <Tip x={xOf(view.current, lead.start)} y={yOf(view.current, lead.row) + view.current.rowHeight} view={view.current}>
          <strong>{chart.rows[grab.row]?.line.id} · {format.instant(instantOf(chart.startsAt, grab.start))}</strong>
          {verdict}
        </Tip>
      )}
    </div>
  );
}

const DIRECTIONS: Record<string, "left" | "right" | "up" | "down" | undefined> = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
};

function firstBar(chart: Chart): Bar | null {
  return chart.rows.find((row) => row.bars.length > 0)?.bars[0] ?? null;
}
