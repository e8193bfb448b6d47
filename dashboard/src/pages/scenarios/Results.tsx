/** What came of finished jobs, side by side. */
import { Button, Card, Group, Table, Text, Title } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";

import type { Job, Outcome } from "../../api/records";
import { mayEdit, useSession } from "../../app/session";
import { ExportMenu } from "../../export/ExportMenu";
import { Trouble } from "../../parts/states";
import { jobQuery } from "../../plan/queries";
import { usePlan } from "../../plan/shown";
import { tone } from "../../plan/VerdictView";
import { useWords } from "../../words";
import type { WordKey } from "../../words/en";
import { useFormats } from "../../words/format";
import { useDraftOf } from "./draft";
import { Front } from "./Front";

const SHOWN_KPIS = ["on_time_in_full", "orders_late", "units_late", "utilisation", "changeovers", "overtime_hours", "moves"];
const SIDES = ["scenario.published", "scenario.asItIs", "scenario.planned"] as const;

export function Results({ ids }: { ids: string[] }) {
  const { t } = useWords();
  const found = useQueries({ queries: ids.map((id) => jobQuery(id)) });
  const jobs = found.flatMap((one) => (one.data ? [one.data] : []));
  const failed = found.find((one) => one.error);
  return (
    <>
      <Title order={2} size="h4">{t("scenario.results")}</Title>
      {ids.length === 0 && <Text size="sm" c="dimmed">{t("scenario.pick")}</Text>}
      {failed && <Trouble error={failed.error} again={() => void failed.refetch()} />}
      <Group align="start">{jobs.map((job) => job.result && <Result key={job.id} job={job} outcome={job.result} />)}</Group>
      {jobs.map((job) => job.alternatives && <Front key={job.id} job={job} front={job.alternatives} />)}
    </>
  );
}

function Result({ job, outcome }: { job: Job; outcome: Outcome }) {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const session = useSession();
  const draft = useDraftOf(job.id);
  const sides = [outcome.published, outcome.as_it_is, outcome.planned];
  const base = outcome.as_it_is.cost["total"] ?? 0;
  const sheet = () => ({
    name: "takt-what-if",
    columns: [job.title, ...SIDES.map((word) => t(word))],
    rows: [
      [`${t("cost.total")} (${currency})`, ...sides.map((side) => side.cost["total"] ?? null)],
      ...SHOWN_KPIS.map((name) => [t(`kpi.${name}` as WordKey), ...sides.map((side) => side.kpis[name] ?? null)]),
      [t("scenario.broken"), ...sides.map((side) => side.violations)],
    ],
  });
  const kpi = (name: string, value: number): string =>
    name === "on_time_in_full" || name === "utilisation" ? format.percent(value) : format.number(value, 1);
  return (
    <Card withBorder padding="sm" w={560}>
      <Group justify="space-between" align="start" wrap="nowrap"><Title order={3} size="h6">{job.title}</Title><ExportMenu sheet={sheet} /></Group>
      <Table fz="xs" verticalSpacing={2}>
        <Table.Thead><Table.Tr>
          <Table.Th />{SIDES.map((word) => <Table.Th key={word} ta="right">{t(word)}</Table.Th>)}
        </Table.Tr></Table.Thead>
        <Table.Tbody>
          <Table.Tr fw={700}>
            <Table.Td>{t("cost.total")}</Table.Td>
            {sides.map((side, index) => <Table.Td key={index} ta="right" style={{ whiteSpace: "nowrap" }} c={index === 2 ? tone((side.cost["total"] ?? 0) - base) : undefined}>{format.money(side.cost["total"] ?? 0, currency)}</Table.Td>)}
          </Table.Tr>
          {SHOWN_KPIS.map((name) => (
            <Table.Tr key={name}>
              <Table.Td>{t(`kpi.${name}` as WordKey)}</Table.Td>
              {sides.map((side, index) => <Table.Td key={index} ta="right">{kpi(name, side.kpis[name] ?? 0)}</Table.Td>)}
            </Table.Tr>
          ))}
          <Table.Tr><Table.Td>{t("scenario.broken")}</Table.Td>{sides.map((side, index) => <Table.Td key={index} ta="right">{side.violations}</Table.Td>)}</Table.Tr>
        </Table.Tbody>
      </Table>
      {outcome.notes.map((note) => <Text key={note} size="xs" c="dimmed">{note}</Text>)}
      {mayEdit(session) && <Button mt="xs" size="xs" loading={draft.isPending} onClick={() => draft.mutate(0)}>{t("scenario.draft")}</Button>}
      {draft.error && <Trouble error={draft.error} />}
    </Card>
  );
}
