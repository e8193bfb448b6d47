/** What if: scenarios asked for, their progress, and their results side by side. */
import { Button, Card, Checkbox, Group, NumberInput, Pill, Progress, Select, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { client, got } from "../api/client";
import type { Job, Outcome, Plant, Scenario } from "../api/records";
import { mayEdit, useSession } from "../app/session";
import { MinuteField } from "../parts/MinuteField";
import { Empty, Shown, Trouble } from "../parts/states";
import { jobQuery, jobsQuery, plantQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { tone } from "../plan/VerdictView";
import { useWords } from "../words";
import type { WordKey } from "../words/en";
import { instantOf, useFormats } from "../words/format";

const KINDS = ["line_down", "rush_order", "late_material", "more_overtime"] as const;
const SHOWN_KPIS = ["on_time_in_full", "orders_late", "units_late", "utilisation", "changeovers", "overtime_hours", "moves"];

export default function Scenarios() {
  const { t } = useWords();
  const { version } = usePlan();
  const session = useSession();
  const plant = useQuery(plantQuery(version));
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const tick = (id: string): void => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  return (
    <Stack p="md">
      <Title order={1} size="h3">{t("nav.scenarios")}</Title>
      {mayEdit(session) && plant.data && <New plant={plant.data} version={version} />}
      <Shown query={useQuery({ ...jobsQuery, refetchInterval: (query) => (query.state.data?.some(isGoing) ? 2000 : false) })}>
        {(jobs) => jobs.length === 0 ? <Empty title={t("scenario.none")} /> : <Jobs jobs={jobs} ticked={ticked} tick={tick} />}
      </Shown>
      <Results ids={[...ticked]} />
    </Stack>
  );
}

function isGoing(job: Job): boolean {
  return job.status === "queued" || job.status === "running";
}

function New({ plant, version }: { plant: Plant; version: number }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [scenarios, setScenarios] = useState<Scenario[]>([]);
  const [title, setTitle] = useState("");
  const [seconds, setSeconds] = useState<number | string>(20);
  const say = useSayScenario(plant.starts_at);
  const ask = useMutation({
    mutationFn: () =>
      got(client.POST("/api/jobs/what-if", {
        body: { version, scenarios, seconds: Number(seconds), title: title || scenarios.map(say).join("; ").slice(0, 200) },
      })),
    onSuccess: () => {
      setScenarios([]);
      setTitle("");
      return queries.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
  return (
    <Card withBorder maw={900}>
      <Title order={2} size="h5">{t("scenario.new")}</Title>
      <ScenarioFields plant={plant} add={(one) => setScenarios([...scenarios, one])} />
      <Group my="xs" gap={6}>
        {scenarios.map((one, index) => (
          <Pill key={index} withRemoveButton removeButtonProps={{ "aria-label": t("scenario.remove", { what: say(one) }) }}
            onRemove={() => setScenarios(scenarios.filter((_, other) => other !== index))}>{say(one)}</Pill>
        ))}
      </Group>
      <Group align="end">
        <TextInput size="xs" label={t("scenario.name")} value={title} maxLength={200} onChange={(event) => setTitle(event.currentTarget.value)} />
        <NumberInput size="xs" w={140} label={t("scenario.seconds")} min={1} max={600} value={seconds} onChange={setSeconds} />
        <Button size="xs" disabled={scenarios.length === 0 || !Number(seconds)} loading={ask.isPending} onClick={() => ask.mutate()}>{t("scenario.start")}</Button>
      </Group>
      {ask.error && <Trouble error={ask.error} />}
    </Card>
  );
}

function ScenarioFields({ plant, add }: { plant: Plant; add: (one: Scenario) => void }) {
  const { t } = useWords();
  const [kind, setKind] = useState<Scenario["kind"]>("line_down");
  const [line, setLine] = useState<string | null>(plant.lines[0]?.id ?? null);
  const [item, setItem] = useState<string | null>(null);
  const [from, setFrom] = useState(1440);
  const [to, setTo] = useState(2880);
  const [amount, setAmount] = useState<number | string>(60);
  const made = new Set((plant.capabilities ?? []).map((one) => one.item));
  const arriving = new Set((plant.arrivals ?? []).map((one) => one.item));
  const items = plant.items.map((one) => one.id).filter((id) => (kind === "late_material" ? arriving.has(id) : made.has(id)));
  const scenario = ((): Scenario | null => {
    const number = Number(amount);
    if (kind === "line_down") return line && to > from ? { kind, line, start: from, end: to } : null;
    if (kind === "more_overtime") return number > 0 ? { kind, minutes: Math.round(number), ...(line ? { lines: [line] } : {}) } : null;
    if (!item || !(number > 0)) return null;
    if (kind === "late_material") return { kind, item, minutes: Math.round(number * 60) };
    return { kind, item, quantity: number, due: to, weight: 1 };
  })();
  const word = { line_down: "scenario.minutes", more_overtime: "scenario.minutes", late_material: "scenario.hours", rush_order: "scenario.quantity" } as const;
  return (
    <Group align="end" mt="xs">
      <Select size="xs" w={150} label={t("scenario.kind")} value={kind} allowDeselect={false} data={KINDS.map((one) => ({ value: one, label: t(`scenario.${one}`) }))}
        onChange={(one) => { if (one) setKind(one as Scenario["kind"]); setItem(null); }} />
      {(kind === "line_down" || kind === "more_overtime") && <Select size="xs" w={110} label={t("run.line")} data={plant.lines.map((one) => one.id)} value={line} searchable clearable={kind === "more_overtime"} onChange={setLine} />}
      {(kind === "rush_order" || kind === "late_material") && <Select size="xs" w={130} label={t("scenario.item")} data={items} value={item} searchable limit={100} onChange={setItem} />}
      {kind === "line_down" && <MinuteField label={t("scenario.from")} startsAt={plant.starts_at} minute={from} onChange={setFrom} />}
      {(kind === "line_down" || kind === "rush_order") && <MinuteField label={t(kind === "line_down" ? "scenario.to" : "scenario.due")} startsAt={plant.starts_at} minute={to} onChange={setTo} />}
      {kind !== "line_down" && <NumberInput size="xs" w={120} label={t(word[kind])} min={1} value={amount} onChange={setAmount} />}
      <Button size="xs" variant="default" disabled={!scenario} onClick={() => scenario && add(scenario)}>{t("scenario.add")}</Button>
    </Group>
  );
}

function useSayScenario(startsAt: string): (one: Scenario) => string {
  const { t } = useWords();
  const format = useFormats();
  return (one) => {
    const name = t(`scenario.${one.kind}`);
    const at = (minute: number): string => format.instant(instantOf(startsAt, minute));
    switch (one.kind) {
      case "line_down": return `${name}: ${one.line}, ${at(one.start)} – ${at(one.end)}`;
      case "rush_order": return `${name}: ${format.number(one.quantity)} × ${one.item}, ${at(one.due)}`;
      case "late_material": return `${name}: ${one.item}, ${t("common.hours", { value: format.number(one.minutes / 60, 1) })}`;
      case "more_overtime": return `${name}: ${one.lines?.join(", ") ?? ""} ${t("common.minutes", { value: one.minutes })}`;
    }
  };
}

function Jobs({ jobs, ticked, tick }: { jobs: Job[]; ticked: ReadonlySet<string>; tick: (id: string) => void }) {
  const { t } = useWords();
  const format = useFormats();
  const session = useSession();
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: (id: string) => got(client.POST("/api/jobs/{id}/cancel", { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  return (
    <Table fz="sm" verticalSpacing={4}>
      <Table.Tbody>
        {jobs.map((job) => (
          <Table.Tr key={job.id}>
            <Table.Td w={34}><Checkbox size="xs" aria-label={job.title} checked={ticked.has(job.id)} disabled={job.status !== "done"} onChange={() => tick(job.id)} /></Table.Td>
            <Table.Td>{job.title}</Table.Td><Table.Td>{job.author}</Table.Td><Table.Td>{format.instant(job.created_at)}</Table.Td>
            <Table.Td>{t(`job.${job.status}`)}{job.message ? ` · ${job.message}` : ""}</Table.Td>
            <Table.Td w={160}>{isGoing(job) && <Progress value={job.progress * 100} aria-label={job.title} />}</Table.Td>
            <Table.Td>{isGoing(job) && mayEdit(session) && (
              <Button size="compact-xs" variant="default" disabled={job.cancel_asked} onClick={() => cancel.mutate(job.id)}>{t("scenario.cancel")}</Button>
            )}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Results({ ids }: { ids: string[] }) {
  const { t } = useWords();
  const found = useQueries({ queries: ids.map((id) => jobQuery(id)) });
  const jobs = found.flatMap((one) => (one.data?.result ? [one.data] : []));
  return (
    <>
      <Title order={2} size="h4">{t("scenario.results")}</Title>
      {ids.length === 0 ? <Text size="sm" c="dimmed">{t("scenario.pick")}</Text> : (
        <Group align="start">{jobs.map((job) => <Result key={job.id} job={job} outcome={job.result as Outcome} />)}</Group>
      )}
    </>
  );
}

function Result({ job, outcome }: { job: Job; outcome: Outcome }) {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const session = useSession();
  const navigate = useNavigate();
  const draft = useMutation({
    mutationFn: () => got(client.POST("/api/jobs/{id}/draft", { params: { path: { id: job.id } } })),
    onSuccess: (changed) => navigate(`/schedule?draft=${changed.draft.draft.id}`),
  });
  const sides = [outcome.published, outcome.as_it_is, outcome.planned];
  const base = outcome.as_it_is.cost["total"] ?? 0;
  const kpi = (name: string, value: number): string =>
    name === "on_time_in_full" || name === "utilisation" ? format.percent(value) : format.number(value, 1);
  return (
    <Card withBorder padding="sm" w={560}>
      <Title order={3} size="h6">{job.title}</Title>
      <Table fz="xs" verticalSpacing={2}>
        <Table.Thead><Table.Tr>
          <Table.Th />{(["scenario.published", "scenario.asItIs", "scenario.planned"] as const).map((word) => <Table.Th key={word} ta="right">{t(word)}</Table.Th>)}
        </Table.Tr></Table.Thead>
        <Table.Tbody>
          <Table.Tr fw={700}>
            <Table.Td>{t("cost.total")}</Table.Td>
            {sides.map((side, index) => <Table.Td key={index} ta="right" c={index === 2 ? tone((side.cost["total"] ?? 0) - base) : undefined}>{format.money(side.cost["total"] ?? 0, currency)}</Table.Td>)}
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
      {mayEdit(session) && <Button mt="xs" size="xs" loading={draft.isPending} onClick={() => draft.mutate()}>{t("scenario.draft")}</Button>}
      {draft.error && <Trouble error={draft.error} />}
    </Card>
  );
}
