import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

/** A figure's course, oldest first, without axes. */
export function Spark({ values, label }: { values: number[]; label: string }) {
  const [width, height] = [220, 34];
  if (values.length < 2) return <div style={{ height }} />;
  const x = scaleLinear([0, values.length - 1], [3, width - 3]);
  const y = scaleLinear([Math.min(...values), Math.max(...values)], [height - 4, 4]);
  const path = line<number>((_, index) => x(index), (value) => y(value));
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} role="img" aria-label={label} preserveAspectRatio="none">
      <path d={path(values) ?? ""} fill="none" stroke="var(--mantine-color-anchor)" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
