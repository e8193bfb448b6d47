/** Every line: how it is used, what changeovers cost, what it was to make and made, and what it does now. */
import { Badge, Button, Group, Progress, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";

import type { LineFigures, LineOutput, Output } from "../api/records";
import { type Column, DataTable } from "../parts/DataTable";
import { DayBars } from "../parts/DayBars";
import { Beside } from "../parts/Scroll";
import { Shown, Trouble } from "../parts/states";
import { linesQuery, liveQuery, outputQuery } from "../plan/queries";
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
  const { version } = usePlan();
  const [search, setSearch] = useSearchParams();
  const output = useQuery(outputQuery(version));
  const columns = useColumns(output.data);
  const picked = lines.find((one) => one.id === search.get("line"));
  const pick = (one: LineFigures): void => setSearch((old) => {
    const next = new URLSearchParams(old);
    next.set("line", one.id);
    return next;
  }, { replace: true });
  return (
    <Beside width={430}
      list={<DataTable name="lines" rows={lines} columns={columns} idOf={(one) => one.id} picked={picked?.id ?? null} onPick={pick} sorting={[{ id: "utilisation", desc: true }]}
        toolbar={picked ? null : <Text size="xs" c="dimmed">{t("line.select")}</Text>} />}
      detail={picked ? (
        <>
          {output.error && <Trouble error={output.error} again={() => void output.refetch()} />}
          <Detail line={picked} output={output.data} />
        </>
      ) : null} />
  );
}

function useColumns(output: Output | undefined): Column<LineFigures>[] {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const live = useQuery(liveQuery);
  return useMemo(() => {
    const now = new Map((live.data?.lines ?? []).map((one) => [one.line, one]));
    const made = new Map((output?.is_counted ? output.lines : []).map((one) => [one.line, one]));
    const state = (one: LineFigures) => now.get(one.id)?.state ?? null;
    const hours = (minutes: number): string => format.number(minutes / 60, 1);
    const reached = (one: LineFigures): number | null => shareOf(made.get(one.id));
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
            <Progress value={Math.min(100, one.utilisation * 100)} w={48} aria-label={t("line.utilisation")} /><span>{format.percent(one.utilisation)}</span>
          </Group>
        ) },
      { id: "quantity", title: t("line.quantity"), value: (one) => one.quantity, show: (one) => format.number(one.quantity), isNumber: true },
      { id: "reached", title: t("line.reached"), value: reached, isNumber: true,
        show: (one) => {
          const share = reached(one);
          return share === null ? "–" : <span className={share < 0.9 ? "bad" : undefined}>{share < 0.9 ? "▼ " : ""}{format.percent(share)}</span>;
        } },
      { id: "good", title: t("line.good"), value: (one) => now.get(one.id)?.good ?? null, show: (one) => amount(now.get(one.id)?.good, format.number), isNumber: true },
      { id: "scrap", title: t("line.scrap"), value: (one) => now.get(one.id)?.scrap ?? null, show: (one) => amount(now.get(one.id)?.scrap, format.number), isNumber: true },
      { id: "runs", title: t("line.runs"), value: (one) => one.runs, isNumber: true },
      { id: "hours", title: t("line.runHours"), value: (one) => one.run_minutes / 60, show: (one) => hours(one.run_minutes), isNumber: true },
      { id: "changeovers", title: t("line.changeovers"), value: (one) => one.changeovers, isNumber: true },
      { id: "changing", title: t("line.changeoverHours"), value: (one) => one.changeover_minutes / 60, show: (one) => hours(one.changeover_minutes), isNumber: true },
      { id: "cost", title: t("line.changeoverCost"), value: (one) => one.changeover_cost, show: (one) => format.money(one.changeover_cost, currency), isNumber: true },
      { id: "overtime", title: t("line.overtime"), value: (one) => one.overtime_minutes / 60, show: (one) => hours(one.overtime_minutes), isNumber: true },
    ];
  }, [t, format, currency, live.data, output]);
}

function amount(value: number | undefined, say: (value: number) => string): string {
  return value === undefined ? "–" : say(value);
}

/** What was counted as a share of what was planned up to now; null where nothing was planned yet. */
function shareOf(line: LineOutput | undefined): number | null {
  return line && line.planned > 0 ? line.counted / line.planned : null;
}

/** One line's output against its plan, day by day. */
function Detail({ line, output }: { line: LineFigures; output: Output | undefined }) {
  const { t } = useWords();
  const format = useFormats();
  const [search] = useSearchParams();
  const found = output?.lines.find((one) => one.line === line.id);
  const share = output?.is_counted ? shareOf(found) : null;
  const title = t("line.output", { line: line.id });
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={2} size="h5">{title}</Title>
        <Button size="compact-xs" variant="default" component={Link} to={{ pathname: "/day", search: search.toString() }}>{t("export.print")}</Button>
      </Group>
      {found && output && (
        <>
          <DayBars title={title} days={found.days} />
          {!output.is_counted && <Text size="sm" c="dimmed">{t("line.notCounted")}</Text>}
          <Table fz="sm" verticalSpacing={2}>
            <Table.Tbody>
              <Table.Tr><Table.Td>{t("line.plannedNow", { time: format.instant(output.as_of) })}</Table.Td><Table.Td ta="right">{format.number(found.planned)}</Table.Td></Table.Tr>
              <Table.Tr><Table.Td>{t("line.counted")}</Table.Td><Table.Td ta="right">{output.is_counted ? format.number(found.counted) : "–"}</Table.Td></Table.Tr>
              <Table.Tr><Table.Td>{t("line.reached")}</Table.Td><Table.Td ta="right">{share === null ? "–" : format.percent(share)}</Table.Td></Table.Tr>
              <Table.Tr><Table.Td>{t("line.scrapped")}</Table.Td><Table.Td ta="right">{output.is_counted ? format.number(found.scrap) : "–"}</Table.Td></Table.Tr>
            </Table.Tbody>
          </Table>
        </>
      )}
    </Stack>
  );
}
