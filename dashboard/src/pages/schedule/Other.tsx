import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";

import type { Plant, Runs } from "../../api/records";
import { buildChart } from "../../gantt/chart";
import { Gantt, type GanttHandle } from "../../gantt/Gantt";
import type { View } from "../../gantt/view";
import { Loading, Trouble } from "../../parts/states";
import { plantQuery, runsQuery } from "../../plan/queries";
import { useWords } from "../../words";
import { instantOf, minuteOf, useFormats } from "../../words/format";

interface Props {
  number: number;
  startsAt: string;
  listen: (follow: ((view: View) => void) | null) => void;
  lead: RefObject<GanttHandle | null>;
}

/** Another version beside the schedule, which follows wherever that is looked at. */
export function Other(props: Props) {
  const plant = useQuery(plantQuery(props.number));
  const runs = useQuery(runsQuery({ kind: "version", number: props.number }));
  const failed = [plant, runs].find((one) => one.error);
  if (failed) return <Trouble error={failed.error} again={() => void failed.refetch()} />;
  if (!plant.data || !runs.data) return <Loading />;
  return <Beside {...props} plant={plant.data} runs={runs.data} />;
}

function Beside({ number, startsAt, listen, lead, plant, runs }: Props & { plant: Plant; runs: Runs }) {
  const { t } = useWords();
  const format = useFormats();
  const gantt = useRef<GanttHandle>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const chart = useMemo(() => buildChart(plant, runs), [plant, runs]);
  const offset = minuteOf(chart.startsAt, startsAt);
  useEffect(() => {
    listen((view) => gantt.current?.follow(view, offset));
    lead.current?.zoom(1); // tells where it stands
    return () => listen(null);
  }, [listen, lead, offset]);
  return (
    <div style={{ flex: 1, minWidth: 0, display: "flex", flexDirection: "column", borderLeft: "3px solid var(--mantine-color-default-border)", position: "relative" }}>
      <Text size="xs" fw={600} px={6} style={{ position: "absolute", zIndex: 2, left: 2, top: 8 }}>{t("plan.version", { number })}</Text>
      <Gantt ref={gantt} chart={chart} now={minuteOf(chart.startsAt, new Date())} selected={selected} onSelect={setSelected} moving={null} verdict={null}
        marks={{ lit: null, pegs: [], zones: { frozen: 0, slush: 0 }, before: null, places: null }}
        tip={({ run }) => <>{run.id} · {run.item}<br />{run.line} · {format.instant(instantOf(chart.startsAt, run.start))} – {format.instant(instantOf(chart.startsAt, run.end))}</>} />
    </div>
  );
}
