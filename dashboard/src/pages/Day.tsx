/** One line's day on paper, for the shop floor: what runs when, with room to tick it off. */
import { Button, Group, Select, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";

import type { Runs } from "../api/records";
import { ExportMenu } from "../export/ExportMenu";
import { useRunFiles } from "../export/runs";
import { Loading, Shown } from "../parts/states";
import { plantQuery, runsQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { fromField, instantOf, toField, useFormats } from "../words/format";

export function Day() {
  const { shown, version } = usePlan();
  const plant = useQuery(plantQuery(version));
  const runs = useQuery(runsQuery(shown));
  return (
    <Shown query={runs}>
      {(data) => (plant.data ? <Sheet runs={data} lines={plant.data.lines.map((line) => line.id)} /> : <Loading />)}
    </Shown>
  );
}

function Sheet({ runs, lines }: { runs: Runs; lines: string[] }) {
  const { t } = useWords();
  const format = useFormats();
  const { shown } = usePlan();
  const [search, setSearch] = useSearchParams();
  const line = search.get("line") ?? lines[0] ?? "";
  const day = search.get("day") ?? toField(runs.starts_at, 0).slice(0, 10);
  const from = fromField(runs.starts_at, `${day}T00:00`) ?? 0;
  const here = runs.runs
    .filter((run) => run.line === line && run.start < from + 1440 && run.end > from)
    .sort((one, other) => one.start - other.start);
  const files = useRunFiles(`takt-${line}-${day}`, runs.starts_at, here);
  const at = (minute: number): string => format.instant(instantOf(runs.starts_at, minute));
  const set = (name: string, value: string): void =>
    setSearch((old) => {
      const next = new URLSearchParams(old);
      next.set(name, value);
      return next;
    }, { replace: true });
  return (
    <Stack p="md" maw={980}>
      <Group className="no-print" align="end">
        <Select size="xs" label={t("run.line")} data={lines} value={line} searchable allowDeselect={false} onChange={(one) => one && set("line", one)} />
        <TextInput size="xs" type="date" label={t("print.day")} value={day} onChange={(event) => event.currentTarget.value && set("day", event.currentTarget.value)} />
        <Button size="xs" onClick={() => window.print()}>{t("print.go")}</Button>
        <ExportMenu {...files} />
        <Button size="xs" variant="default" component={Link} to={{ pathname: "/schedule", search: search.toString() }}>{t("print.back")}</Button>
      </Group>
      <Title order={1} size="h3">{t("print.title", { line, day: format.date(day) })}</Title>
      <Text size="sm" c="dimmed">{t(`plan.${shown.kind}`, { number: shown.number })}</Text>
      {here.length === 0 ? <Text>{t("print.none")}</Text> : (
        <Table withTableBorder withColumnBorders>
          <Table.Thead><Table.Tr>
            {(["run.start", "run.end", "run.item", "run.quantity", "run.changeover", "run.run", "run.lock", "print.done"] as const).map((word) => <Table.Th key={word}>{t(word)}</Table.Th>)}
          </Table.Tr></Table.Thead>
          <Table.Tbody>
            {here.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>{at(run.start)}</Table.Td><Table.Td>{at(run.end)}</Table.Td><Table.Td fw={600}>{run.item}</Table.Td>
                <Table.Td ta="right">{format.number(run.quantity, 1)}</Table.Td>
                <Table.Td>{run.changeover_minutes > 0 ? t("common.minutes", { value: run.changeover_minutes }) : "–"}</Table.Td>
                <Table.Td>{run.id}</Table.Td><Table.Td>{t(`lock.${run.lock}`)}</Table.Td><Table.Td>☐</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
