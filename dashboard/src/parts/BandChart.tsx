/** History as a line, the forecast as a median in its band. */
import { max } from "d3-array";
import { scaleLinear, scaleUtc } from "d3-scale";
import { area, line } from "d3-shape";

import { useWords } from "../words";
import { Axes, type Size } from "./Axes";

interface Known {
  at: Date;
  value: number;
}
interface Expected {
  at: Date;
  low: number;
  middle: number;
  high: number;
}

const SIZE: Size = { width: 900, height: 300, left: 52, right: 10, top: 24, bottom: 22 };

interface Member {
  name: string;
  points: Known[];
}

export function BandChart({ title, history, days, members }: { title: string; history: Known[]; days: Expected[]; members: Member[] }) {
  const { t, language } = useWords();
  const instants = [...history, ...days].map((one) => one.at);
  const [first, last] = [instants[0], instants[instants.length - 1]];
  if (!first || !last) return null;
  const x = scaleUtc([first, last], [SIZE.left, SIZE.width - SIZE.right]);
  const most = max([...history.map((one) => one.value), ...days.map((one) => one.high), ...members.flatMap((one) => one.points.map((point) => point.value)), 1]) ?? 1;
  const y = scaleLinear([0, most], [SIZE.height - SIZE.bottom, SIZE.top]).nice();
  const known = line<Known>((one) => x(one.at), (one) => y(one.value));
  const middle = line<Expected>((one) => x(one.at), (one) => y(one.middle));
  const band = area<Expected>((one) => x(one.at), (one) => y(one.low), (one) => y(one.high));
  const colour = "var(--mantine-color-anchor)";
  return (
    <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} width="100%" style={{ maxWidth: 1200 }} role="img" aria-label={title}>
      <Axes x={x} y={y} size={SIZE} language={language} />
      <path d={band(days) ?? ""} fill={colour} opacity="0.22" />
      {members.map(({ name, points }) => {
        const last = points[points.length - 1];
        return (
          <g key={name} fill="var(--mantine-color-dimmed)" fontSize="9">
            <path d={known(points) ?? ""} fill="none" stroke="var(--mantine-color-dimmed)" strokeDasharray="3 3" />
            {last && <text x={x(last.at) - 2} y={y(last.value) - 3} textAnchor="end">{name}</text>}
          </g>
        );
      })}
      <path d={middle(days) ?? ""} fill="none" stroke={colour} strokeWidth="2" />
      <path d={known(history) ?? ""} fill="none" stroke="var(--mantine-color-text)" strokeWidth="1.4" />
      <g fontSize="11" fill="var(--mantine-color-text)">
        <path d={`M${SIZE.left} 10h22`} stroke="var(--mantine-color-text)" strokeWidth="1.4" /><text x={SIZE.left + 27} y="14">{t("forecast.history")}</text>
        <path d={`M${SIZE.left + 130} 10h22`} stroke={colour} strokeWidth="2" /><text x={SIZE.left + 157} y="14">{t("forecast.median")}</text>
        <rect x={SIZE.left + 260} y="4" width="22" height="12" fill={colour} opacity="0.22" /><text x={SIZE.left + 287} y="14">{t("forecast.band")}</text>
      </g>
    </svg>
  );
}
