/** Stock over time: steps, the safety stock as a line, arrivals as marks. */
import { scaleLinear, scaleUtc } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";

import { useWords } from "../words";
import { useFormats } from "../words/format";
import { Axes } from "./Axes";

interface Point {
  at: Date;
  value: number;
}

interface Props {
  title: string;
  from: Date;
  to: Date;
  levels: Point[];
  safety: number;
  safetyName: string;
  arrivals: { at: Date; label: string }[];
}

export const SIZE = { width: 490, height: 230, left: 52, right: 8, top: 10, bottom: 22 };

export function StepChart({ title, from, to, levels, safety, safetyName, arrivals }: Props) {
  const { language } = useWords();
  const format = useFormats();
  const x = scaleUtc([from, to], [SIZE.left, SIZE.width - SIZE.right]);
  const most = Math.max(safety, ...levels.map((one) => one.value), 1);
  const least = Math.min(0, ...levels.map((one) => one.value));
  const y = scaleLinear([least, most], [SIZE.height - SIZE.bottom, SIZE.top]).nice();
  const last = levels[levels.length - 1];
  const path = line<Point>((one) => x(one.at), (one) => y(one.value)).curve(curveStepAfter);
  return (
    <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label={title} width="100%">
      <Axes x={x} y={y} size={SIZE} language={language} />
      {safety > 0 && (
        <>
          <line x1={SIZE.left} x2={SIZE.width - SIZE.right} y1={y(safety)} y2={y(safety)} stroke="var(--takt-bad)" strokeDasharray="5 4" />
          <text x={SIZE.width - SIZE.right} y={y(safety) - 4} textAnchor="end" fontSize="10" fill="var(--takt-bad)">{safetyName} {format.number(safety)}</text>
        </>
      )}
      <path d={path(last ? [...levels, { at: to, value: last.value }] : []) ?? ""} fill="none" stroke="var(--mantine-color-anchor)" strokeWidth="1.8" />
      {arrivals.map(({ at, label }, index) => (
        <path key={index} d={`M${x(at) - 4} ${SIZE.top}h8l-4 7z`} fill="#e69f00"><title>{label}</title></path>
      ))}
    </svg>
  );
}
