/** The window over the schedule: its size, what the wheel does to it, and when a frame is drawn. */
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

import type { Chart } from "./chart";
import type { Scheme } from "./colours";
import { draw, type Marks } from "./draw";
import { AXIS, clamped, type Extent, panned, showing, type View, xOf, yOf, zoomed } from "./view";

const ROW = 18; // px, at least
const TALLEST = 34;

interface Window {
  box: RefObject<HTMLDivElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  /** Stands where the first selected run is drawn. */
  picked: RefObject<HTMLDivElement | null>;
  view: RefObject<View>;
  /** Have a frame drawn: one, however often it is asked for before it comes. */
  refresh: () => void;
  look: (next: View) => void;
}

export function useWindow(
  chart: Chart, marks: Marks, scheme: Scheme, extent: Extent, onLook: ((view: View) => void) | undefined,
): Window {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const picked = useRef<HTMLDivElement>(null);
  const view = useRef<View>({ left: -60, scale: 0.2, top: 0, rowHeight: ROW, width: 0, height: 0 });
  const asked = useRef(0);
  const told = useRef(false);
  const latest = useRef({ chart, marks, scheme });
  latest.current = { chart, marks, scheme };

  const paint = useRef(() => {
    asked.current = 0;
    const element = canvas.current;
    const ctx = element?.getContext("2d", { alpha: false });
    if (!element || !ctx || view.current.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { chart, marks, scheme } = latest.current;
    draw(ctx, chart, view.current, marks, scheme);
    placePicked(picked.current, chart, view.current, marks.selected);
    if (!told.current) {
      told.current = true;
      performance.mark("takt.gantt"); // when the first frame was drawn: what benchmarks.dashboard reads
    }
  }).current;
  const refresh = useRef(() => {
    if (asked.current === 0) asked.current = requestAnimationFrame(paint);
  }).current;
  const look = (next: View): void => {
    view.current = next;
    refresh();
    onLook?.(next);
  };

  useEffect(refresh); // whatever was rendered may have changed what is drawn

  useLayoutEffect(() => {
    const [outer, element] = [box.current, canvas.current];
    if (!outer || !element) return;
    const fit = (): void => {
      const { width, height } = outer.getBoundingClientRect();
      if (width === 0 || height === 0) return;
      const ratio = window.devicePixelRatio || 1;
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
      const isFirst = view.current.width === 0;
      const sized = { ...view.current, width, height, rowHeight: Math.max(ROW, Math.floor((height - AXIS) / Math.max(1, extent.rows))) };
      sized.rowHeight = Math.min(sized.rowHeight, TALLEST);
      view.current = isFirst ? showing(sized, -60, 3 * 1440, extent) : clamped(sized, extent);
      paint();
    };
    const observer = new ResizeObserver(fit);
    observer.observe(outer);
    fit();
    return () => observer.disconnect();
  }, [extent, paint]);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const turn = (event: WheelEvent): void => {
      event.preventDefault(); // the page does not scroll or zoom; so not React's passive listener
      const step = event.deltaMode === 1 ? 16 : 1;
      if (event.ctrlKey || event.metaKey) look(zoomed(view.current, Math.exp(-event.deltaY * step * 0.0022), event.offsetX, extent));
      else if (event.shiftKey) look(panned(view.current, -(event.deltaY + event.deltaX) * step, 0, extent));
      else look(panned(view.current, -event.deltaX * step, -event.deltaY * step, extent));
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  });

  return { box, canvas, picked, view, refresh, look };
}

/** Keep the frame that stands for the first selected run where the run is drawn. */
function placePicked(element: HTMLDivElement | null, chart: Chart, view: View, selected: ReadonlySet<string>): void {
  const bar = selected.size > 0 ? chart.bars.get([...selected][0] as string) : undefined;
  if (!element) return;
  element.style.visibility = bar ? "visible" : "hidden";
  if (!bar) return;
  element.dataset["run"] = bar.run.id;
  element.style.transform = `translate(${xOf(view, bar.run.start)}px, ${yOf(view, bar.row)}px)`;
  element.style.width = `${Math.max(1, (bar.run.end - bar.run.start) * view.scale)}px`;
  element.style.height = `${view.rowHeight}px`;
}
