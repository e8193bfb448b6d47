import type { ScaleLinear, ScaleTime } from "d3-scale";

import type { Language } from "../words";

export interface Size {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const COMPACT = { notation: "compact", maximumFractionDigits: 1 } as const;

/** Days below, amounts at the left; the UTC parts of dates are what the plant's clocks show. */
export function Axes({ x, y, size, language }: {
  x: ScaleTime<number, number>; y: ScaleLinear<number, number>; size: Size; language: Language;
}) {
  const compact = new Intl.NumberFormat(language === "ko" ? "ko-KR" : "en-GB", COMPACT);
  const day = new Intl.DateTimeFormat(language === "ko" ? "ko-KR" : "en-GB", { month: "short", day: "numeric", timeZone: "UTC" });
  const floor = size.height - size.bottom;
  return (
    <g fontSize="10" fill="var(--mantine-color-dimmed)" aria-hidden>
      {y.ticks(5).map((tick) => (
        <g key={tick}>
          <line x1={size.left} x2={size.width - size.right} y1={y(tick)} y2={y(tick)} stroke="var(--mantine-color-default-border)" />
          <text x={size.left - 5} y={y(tick) + 3} textAnchor="end">{compact.format(tick)}</text>
        </g>
      ))}
      {x.ticks(6).map((tick) => (
        <text key={tick.getTime()} x={x(tick)} y={floor + 14} textAnchor="middle">{day.format(tick)}</text>
      ))}
    </g>
  );
}

