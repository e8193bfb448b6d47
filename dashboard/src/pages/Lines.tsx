/** Every line: how it is used, what changeovers cost, what it makes, and what it does now. */
import { Badge, Progress, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";

import type { LineFigures } from "../api/records";
import { type Column, DataTable } from "../parts/DataTable";
import { PAGE } from "../parts/Scroll";
import { Shown } from "../parts/states";
import { linesQuery, liveQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { useFormats } from "../words/format";

const TONES = { running: "teal", idle: "gray", changeover: "blue", down: "red", offline: "orange" } as const;

export default function Lines() {
  const { shown } = usePlan();
  return <Shown query={useQuery(linesQuery(shown))}>{(lines) => <Page lines={lines} />}</Shown>;
}

function Page({ lines }: { lines: LineFigures[] }) {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const live = useQuery(liveQuery);
  const columns = useMemo((): Column<LineFigures>[] => {
    const now = new Map((live.data?.lines ?? []).map((one) => [one.line, one]));
    const state = (one: LineFigures) => now.get(one.id)?.state ?? null;
    const hours = (minutes: number): string => format.number(minutes / 60, 1);
    return [
      { id: "line", title: t("run.line"), value: (one) => one.id },
      { id: "state", title: t("line.state"), value: (one) => t(`line.${state(one) ?? "unknown"}`),
        show: (one) => {
          const is = state(one);
          return is ? <Badge size="sm" variant="light" color={TONES[is]}>{t(`line.${is}`)}</Badge> : <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>{t("line.unknown")}</Text>;
        } },
      { id: "utilisation", title: t("line.utilisation"), value: (one) => one.utilisation, isNumber: true,
        show: (one) => (
          <Group gap={6} wrap="nowrap" justify="flex-end">
            <Progress value={Math.min(100, one.utilisation * 100)} w={60} aria-label={t("line.utilisation")} /><span>{format.percent(one.utilisation)}</span>
          </Group>
        ) },
      { id: "runs", title: t("line.runs"), value: (one) => one.runs, isNumber: true },
      { id: "hours", title: t("line.runHours"), value: (one) => one.run_minutes / 60, show: (one) => hours(one.run_minutes), isNumber: true },
      { id: "quantity", title: t("line.quantity"), value: (one) => one.quantity, show: (one) => format.number(one.quantity), isNumber: true },
      { id: "changeovers", title: t("line.changeovers"), value: (one) => one.changeovers, isNumber: true },
      { id: "changing", title: t("line.changeoverHours"), value: (one) => one.changeover_minutes / 60, show: (one) => hours(one.changeover_minutes), isNumber: true },
      { id: "cost", title: t("line.changeoverCost"), value: (one) => one.changeover_cost, show: (one) => format.money(one.changeover_cost, currency), isNumber: true },
      { id: "overtime", title: t("line.overtime"), value: (one) => one.overtime_minutes / 60, show: (one) => hours(one.overtime_minutes), isNumber: true },
      { id: "good", title: t("line.good"), value: (one) => now.get(one.id)?.good ?? null, show: (one) => format.number(now.get(one.id)?.good ?? 0), isNumber: true },
      { id: "scrap", title: t("line.scrap"), value: (one) => now.get(one.id)?.scrap ?? null, show: (one) => format.number(now.get(one.id)?.scrap ?? 0), isNumber: true },
    ];
  }, [t, format, currency, live.data]);
  return (
    <DataTable name="lines" height={PAGE} rows={lines} columns={columns} idOf={(one) => one.id} sorting={[{ id: "utilisation", desc: true }]}
      onPick={(one) => {
        const to = new URLSearchParams(search);
        to.set("line", one.id);
        void navigate({ pathname: "/day", search: to.toString() });
      }} />
  );
}
