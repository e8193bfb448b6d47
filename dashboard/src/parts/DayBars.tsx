/** Output by day: what was planned as a frame, what was counted filling it. */
import { max } from "d3-array";
import { scaleBand, scaleLinear } from "d3-scale";

import { useWords } from "../words";
import { useFormats } from "../words/format";

export interface DayOutput {
  day: string;
  planned: number;
  counted: number | null;
}

const SIZE = { width: 400, height: 210, left: 46, right: 6, top: 22, bottom: 34 };

export function DayBars({ title, days }: { title: string; days: readonly DayOutput[] }) {
  const { t } = useWords();
  const format = useFormats();
  const x = scaleBand(days.map((one) => one.day), [SIZE.left, SIZE.width - SIZE.right]).padding(0.25);
  const most = max(days, (one) => Math.max(one.planned, one.counted ?? 0)) ?? 0;
  const y = scaleLinear([0, Math.max(most, 1)], [SIZE.height - SIZE.bottom, SIZE.top]).nice();
  const floor = y(0);
  const ink = "var(--mantine-color-text)";
  const fill = "var(--mantine-color-anchor)";
  const says = days.map((one) => `${format.date(one.day)}: ${format.number(one.planned)}, ${one.counted === null ? "–" : format.number(one.counted)}`);
  return (
    <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} width="100%" role="img" aria-label={`${title}. ${says.join("; ")}`}>
      <g fontSize="10" fill="var(--mantine-color-dimmed)" aria-hidden>
        {y.ticks(4).map((tick) => (
          <g key={tick}>
            <line x1={SIZE.left} x2={SIZE.width - SIZE.right} y1={y(tick)} y2={y(tick)} stroke="var(--mantine-color-default-border)" />
            <text x={SIZE.left - 5} y={y(tick) + 3} textAnchor="end">{format.number(tick)}</text>
          </g>
        ))}
        {days.map((one) => (
          <text key={one.day} x={(x(one.day) ?? 0) + x.bandwidth() / 2} y={floor + 13} textAnchor="middle">{Number(one.day.slice(8))}</text>
        ))}
        <text x={SIZE.left} y={floor + 28}>{days[0] ? format.date(days[0].day) : ""}</text>
      </g>
      {days.map((one) => (
        <g key={one.day}>
          <title>{`${format.date(one.day)}: ${t("line.planned")} ${format.number(one.planned)}, ${t("line.counted")} ${one.counted === null ? "–" : format.number(one.counted)}`}</title>
          {one.counted !== null && <rect x={x(one.day)} y={y(one.counted)} width={x.bandwidth()} height={floor - y(one.counted)} fill={fill} />}
          <rect x={x(one.day)} y={y(one.planned)} width={x.bandwidth()} height={floor - y(one.planned)} fill={ink} fillOpacity={one.counted === null ? 0.08 : 0} stroke={ink} />
        </g>
      ))}
      <g fontSize="11" fill={ink}>
        <rect x={SIZE.left} y="4" width="16" height="11" fill={ink} fillOpacity="0.08" stroke={ink} /><text x={SIZE.left + 22} y="13">{t("line.planned")}</text>
        <rect x={SIZE.left + 130} y="4" width="16" height="11" fill={fill} /><text x={SIZE.left + 152} y="13">{t("line.counted")}</text>
      </g>
    </svg>
  );
}
