/** Versions and drafts: what each costs, who made it, and two of them compared. */
import { Badge, Button, Group, Select, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";

import type { Comparison, Figure, PlainRun, RunDifference, VersionSummary } from "../api/records";
import { type Column, DataTable } from "../parts/DataTable";
import { Spark } from "../parts/Spark";
import { Shown } from "../parts/states";
import { DraftBar } from "../plan/DraftBar";
import { compareQuery, draftsQuery, plantQuery, versionsQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { tone } from "../plan/VerdictView";
import { useWords } from "../words";
import type { WordKey } from "../words/en";
import { instantOf, useFormats } from "../words/format";

const SHARES = new Set(["on_time_in_full", "utilisation"]);

export default function Versions() {
  return <Shown query={useQuery(versionsQuery)}>{({ versions }) => <Page versions={versions} />}</Shown>;
}

function Page({ versions }: { versions: VersionSummary[] }) {
  const { t } = useWords();
  const { draft } = usePlan();
  return (
    <Stack p="md" gap="md">
      <Group justify="space-between"><Title order={1} size="h3">{t("version.versions")}</Title>{draft && <DraftBar />}</Group>
      <Course versions={versions} />
      <All versions={versions} />
      <Drafts />
      {versions.length > 1 && <Compare versions={versions} />}
    </Stack>
  );
}

const FIGURES = ["total", "on_time_in_full", "orders_late", "utilisation", "changeovers", "overtime_hours", "mean_stock", "moves"] as const;

/** One figure over the versions, oldest first. */
function Course({ versions }: { versions: VersionSummary[] }) {
  const { t } = useWords();
  const format = useFormats();
  const [name, setName] = useState<string>("total");
  const word = (one: string): string => t((one === "total" ? "cost.total" : `kpi.${one}`) as WordKey);
  const course = [...versions].reverse().flatMap((one) => {
    const value = name === "total" ? one.version.total_cost : one.kpis[name];
    return typeof value === "number" ? [{ number: one.version.number, value }] : [];
  });
  const [first, last] = [course[0], course[course.length - 1]];
  const say = (value: number): string => (SHARES.has(name) ? format.percent(value) : format.number(value, Math.abs(value) < 100 ? 1 : 0));
  return (
    <Group align="end" gap="lg">
      <Select size="xs" w={170} label={t("version.course")} value={name} allowDeselect={false} data={FIGURES.map((one) => ({ value: one, label: word(one) }))} onChange={(one) => one && setName(one)} />
      <div style={{ flex: "0 1 460px" }}><Spark values={course.map((one) => one.value)} label={`${word(name)}: ${t("overview.trend")}`} /></div>
      {first && last && first !== last && <Text size="xs" c="dimmed">{t("version.number")} {first.number}: {say(first.value)} → {last.number}: {say(last.value)}</Text>}
    </Group>
  );
}

function All({ versions }: { versions: VersionSummary[] }) {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const columns = useMemo((): Column<VersionSummary>[] => {
    const kpi = (name: string): Column<VersionSummary> => ({
      id: name, title: t(`kpi.${name}` as WordKey), value: (one) => one.kpis[name] ?? null, isNumber: true,
      show: (one) => (SHARES.has(name) ? format.percent(one.kpis[name] ?? 0) : format.number(one.kpis[name] ?? 0)),
    });
    return [
      { id: "number", title: t("version.number"), value: ({ version }) => version.number, isNumber: true },
      { id: "status", title: t("version.status"), value: ({ version }) => t(`status.${version.status}`),
        show: ({ version }) => <Badge size="sm" variant="light" color={version.status === "published" ? "teal" : "gray"}>{t(`status.${version.status}`)}</Badge> },
      { id: "author", title: t("version.author"), value: ({ version }) => version.author },
      { id: "published", title: t("version.published"), value: ({ version }) => (version.published_at ? new Date(version.published_at) : null),
        show: ({ version }) => <span style={{ whiteSpace: "nowrap" }}>{version.published_at ? format.instant(version.published_at) : "–"}</span> },
      { id: "method", title: t("version.method"), value: ({ version }) => version.method },
      { id: "cost", title: `${t("version.cost")} (${currency})`, value: ({ version }) => version.total_cost, show: ({ version }) => format.number(version.total_cost), isNumber: true },
      kpi("on_time_in_full"), kpi("utilisation"), kpi("changeovers"), kpi("moves"),
      { id: "note", title: t("version.note"), value: ({ version }) => version.note },
      { id: "show", title: t("version.show"), value: () => null, isAction: true,
        show: ({ version }) => <Button size="compact-xs" variant="default" component={Link} to={`/schedule?version=${version.number}`}>{t("version.show")}</Button> },
    ];
  }, [t, format, currency]);
  return <DataTable name="versions" rows={versions} columns={columns} idOf={(one) => String(one.version.number)} sorting={[{ id: "number", desc: true }]} height={Math.min(420, 104 + versions.length * 31)} />;
}

function Drafts() {
  const { t } = useWords();
  const format = useFormats();
  return (
    <>
      <Title order={2} size="h4">{t("version.drafts")}</Title>
      <Shown query={useQuery(draftsQuery)}>
        {(drafts) => drafts.length === 0 ? <Text c="dimmed" size="sm">{t("version.noDrafts")}</Text> : (
          <Table fz="sm" verticalSpacing={4}>
            <Table.Tbody>
              {drafts.slice(0, 30).map((one) => (
                <Table.Tr key={one.id}>
                  <Table.Td>{t("plan.draftOf", { number: one.id, version: one.version })}</Table.Td>
                  <Table.Td><Badge size="sm" variant="light" color="gray">{t(`status.${one.status}`)}</Badge></Table.Td>
                  <Table.Td>{one.author}</Table.Td><Table.Td>{format.instant(one.changed_at)}</Table.Td><Table.Td>{one.title}</Table.Td>
                  <Table.Td><Button size="compact-xs" variant="default" component={Link} to={`/schedule?draft=${one.id}`}>{t("version.show")}</Button></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Shown>
    </>
  );
}

function Compare({ versions }: { versions: VersionSummary[] }) {
  const { t } = useWords();
  const [search, setSearch] = useSearchParams();
  const numbers = versions.map((one) => String(one.version.number));
  const before = search.get("before") ?? numbers[1] ?? "";
  const after = search.get("after") ?? numbers[0] ?? "";
  const query = useQuery({ ...compareQuery(Number(before), Number(after)), enabled: before !== after });
  const set = (name: string, value: string | null): void => setSearch((old) => {
    const next = new URLSearchParams(old);
    if (value) next.set(name, value);
    return next;
  }, { replace: true });
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">{t("version.compare")}</Title>
      <Group align="end">
        <Select size="xs" label={t("version.before")} data={numbers} value={before} allowDeselect={false} onChange={(one) => set("before", one)} />
        <Select size="xs" label={t("version.after")} data={numbers} value={after} allowDeselect={false} onChange={(one) => set("after", one)} />
        <Button size="xs" variant="default" component={Link} to={`/schedule?version=${after}&compare=${before}`}>{t("exception.show")}</Button>
      </Group>
      {before === after ? <Text size="sm">{t("version.same")}</Text> : <Shown query={query}>{(found) => <Differences found={found} />}</Shown>}
    </Stack>
  );
}

function Differences({ found }: { found: Comparison }) {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const plant = useQuery(plantQuery(found.after)).data;
  const figures = (name: string, figure: Figure, prefix: "cost" | "kpi") => SHARES.has(name) ? (
    <Table.Tr key={`${prefix}.${name}`}>
      <Table.Td>{t(`${prefix}.${name}` as WordKey)}</Table.Td>
      <Table.Td ta="right">{format.percent(figure.before)}</Table.Td><Table.Td ta="right">{format.percent(figure.after)}</Table.Td>
      <Table.Td ta="right">{format.signed(figure.change * 100, 1)} %p</Table.Td>
    </Table.Tr>
  ) : (
    <Table.Tr key={`${prefix}.${name}`}>
      <Table.Td>{t(`${prefix}.${name}` as WordKey)}</Table.Td>
      <Table.Td ta="right">{format.number(figure.before, 2)}</Table.Td><Table.Td ta="right">{format.number(figure.after, 2)}</Table.Td>
      <Table.Td ta="right" c={prefix === "cost" ? tone(figure.change) : undefined}>{format.signed(figure.change, 2)}</Table.Td>
    </Table.Tr>
  );
  const columns = useMemo((): Column<RunDifference>[] => {
    const place = (one: PlainRun | null): string => {
      if (!one) return "–";
      const at = plant ? format.instant(instantOf(plant.starts_at, one.start)) : String(one.start);
      return `${one.line}, ${at}, ${format.number(one.quantity)}`;
    };
    return [
      { id: "run", title: t("run.run"), value: (one) => one.id },
      { id: "item", title: t("run.item"), value: (one) => (one.after ?? one.before)?.item ?? "" },
      { id: "changes", title: t("version.change"), value: (one) => one.changes.map((what) => t(`change.${what}`)).join(", ") },
      { id: "before", title: t("version.before"), value: (one) => place(one.before) },
      { id: "after", title: t("version.after"), value: (one) => place(one.after) },
    ];
  }, [t, format, plant]);
  return (
    <>
      <Table maw={760} fz="sm" verticalSpacing={2}>
        <Table.Thead><Table.Tr>
          <Table.Th>{currency}</Table.Th><Table.Th ta="right">{t("version.before")}</Table.Th>
          <Table.Th ta="right">{t("version.after")}</Table.Th><Table.Th ta="right">{t("version.change")}</Table.Th>
        </Table.Tr></Table.Thead>
        <Table.Tbody>
          {Object.entries(found.cost).map(([name, figure]) => figures(name, figure, "cost"))}
          {Object.entries(found.kpis).map(([name, figure]) => figures(name, figure, "kpi"))}
        </Table.Tbody>
      </Table>
      <Text size="sm">{t("version.changed", { count: found.runs.length, same: found.unchanged })}</Text>
      {found.orders_late.length > 0 && <Text size="sm">▲ {t("verdict.late", { orders: found.orders_late.join(", ") })}</Text>}
      {found.orders_saved.length > 0 && <Text size="sm">✓ {t("verdict.saved", { orders: found.orders_saved.join(", ") })}</Text>}
      {found.runs.length > 0 && <DataTable name={`versions-${found.before}-${found.after}`} rows={found.runs} columns={columns} idOf={(one) => one.id} height={420} />}
    </>
  );
}
