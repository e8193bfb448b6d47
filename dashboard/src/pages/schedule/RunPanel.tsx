import { Button, Divider, Group, NumberInput, Select, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { client, got } from "../../api/client";
import type { Edit, Lock, Plant, Run } from "../../api/records";
import type { Chart } from "../../gantt/chart";
import { MinuteField } from "../../parts/MinuteField";
import { Trouble } from "../../parts/states";
import { useEdits } from "../../plan/edits";
import { chainQuery } from "../../plan/queries";
import { usePlan } from "../../plan/shown";
import { VerdictView } from "../../plan/VerdictView";
import { useWords } from "../../words";
import { instantOf, useFormats } from "../../words/format";

const LOCKS: readonly Lock[] = ["none", "line", "start", "all"];

interface Props {
  chart: Chart;
  plant: Plant;
  runs: Run[];
  clear: () => void;
  repair: (run: string) => void;
}

/** What is selected: all that is known of it, and every edit by fields. */
export function RunPanel({ chart, plant, runs, clear, repair }: Props) {
  const { t } = useWords();
  const run = runs[0];
  if (!run) return <Text size="sm" c="dimmed">{t("run.none")}</Text>;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h5" data-testid="selected-run">{runs.length === 1 ? run.id : t("run.many", { count: runs.length })}</Title>
        <Button size="compact-xs" variant="subtle" onClick={clear}>{t("run.clear")}</Button>
      </Group>
      {runs.length === 1 ? <One key={run.id} chart={chart} plant={plant} run={run} repair={repair} /> : <Many runs={runs} />}
    </Stack>
  );
}

function One({ chart, plant, run, repair }: Omit<Props, "runs" | "clear"> & { run: Run }) {
  const { t } = useWords();
  const format = useFormats();
  const edits = useEdits();
  const at = (minute: number): string => format.instant(instantOf(chart.startsAt, minute));
  const facts: [string, string][] = [
    [t("run.item"), run.item],
    [t("run.family"), run.family],
    [t("run.line"), run.line],
    [t("run.start"), at(run.start)],
    [t("run.end"), at(run.end)],
    [t("run.quantity"), format.number(run.quantity, 1)],
    [t("run.changeover"), t("common.minutes", { value: run.changeover_minutes })],
    [t("run.late"), format.number(run.late, 1)],
    [t("run.lock"), t(`lock.${run.lock}`)],
  ];
  return (
    <>
      <Table withRowBorders={false} verticalSpacing={1} fz="xs">
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}><Table.Th w="44%" fw={400} c="dimmed" scope="row">{name}</Table.Th><Table.Td>{value}</Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Served run={run} />
      {edits.isOpen && <Place chart={chart} plant={plant} run={run} />}
      {edits.isOpen && (
        <>
          <Locking runs={[run]} />
          <Quantity run={run} chart={chart} />
          <Group gap="xs">
            <Button size="xs" onClick={() => repair(run.id)}>{t("repair.title")}</Button>
            <Button size="xs" variant="default" color="red" onClick={() => void edits.edit({ kind: "cancel", run: run.id })}>{t("run.cancel")}</Button>
          </Group>
        </>
      )}
    </>
  );
}

/** The orders that the run serves, each lighting up its chain. */
function Served({ run }: { run: Run }) {
  const { t } = useWords();
  const { shown } = usePlan();
  const [search] = useSearchParams();
  const chain = useQuery({ ...chainQuery(shown, { run: run.id }), enabled: run.orders > 0 });
  const orders = chain.data?.orders ?? [];
  if (run.orders === 0 || orders.length === 0) return null;
  return (
    <div>
      <Text size="xs" c="dimmed">{t("run.orders")} ({orders.length})</Text>
      <Group gap={4}>
        {orders.slice(0, 12).map((order) => {
          const to = new URLSearchParams(search);
          to.set("order", order);
          to.delete("run");
          return <Button key={order} size="compact-xs" variant="default" component={Link} to={{ search: to.toString() }}>{order}</Button>;
        })}
        {orders.length > 12 && <Text size="xs">+ {orders.length - 12}</Text>}
      </Group>
    </div>
  );
}

/** Line and start as fields, judged as they change. */
function Place({ chart, plant, run }: { chart: Chart; plant: Plant; run: Run }) {
  const { t } = useWords();
  const edits = useEdits();
  const { draft } = usePlan();
  const [line, setLine] = useState(run.line);
  const [start, setStart] = useState(run.start);
  useEffect(() => {
    setLine(run.line);
    setStart(run.start);
  }, [run.line, run.start]);
  const lines = (plant.capabilities ?? []).filter((one) => one.item === run.item).map((one) => one.line);
  const changed = line !== run.line || start !== run.start;
  const edit: Edit = { kind: "move", run: run.id, line, start };
  const number = draft?.draft.id ?? 0;
  const verdict = useQuery({
    queryKey: ["draft", number, "preview", draft?.draft.revision, edit],
    queryFn: () => got(client.POST("/api/drafts/{number}/preview", { params: { path: { number } }, body: { edit } })),
    enabled: changed,
  });
  return (
    <Stack gap={6}>
      <Divider label={t("run.move")} />
      <Group gap="xs" wrap="nowrap" align="end">
        <Select size="xs" w={84} label={t("run.line")} data={[...new Set(lines)].sort()} value={line} searchable allowDeselect={false}
          onChange={(chosen) => chosen && setLine(chosen)} />
        <MinuteField label={t("run.start")} startsAt={chart.startsAt} minute={start} onChange={setStart} />
      </Group>
      {changed && verdict.isLoading && <Text size="xs">{t("verdict.waiting")}</Text>}
      {changed && verdict.data && <VerdictView verdict={verdict.data} />}
      {changed && verdict.error && <Trouble error={verdict.error} />}
      <Button size="xs" variant={changed ? "filled" : "default"} disabled={!changed} loading={edits.busy} onClick={() => void edits.edit(edit)}>{t("run.apply")}</Button>
    </Stack>
  );
}

function Locking({ runs }: { runs: Run[] }) {
  const { t } = useWords();
  const edits = useEdits();
  const locks = new Set(runs.map((run) => run.lock));
  const value = locks.size === 1 ? ([...locks][0] as string) : "";
  function lock(chosen: Lock): void {
    const each = runs.map((run) => ({ kind: "lock" as const, run: run.id, lock: chosen }));
    void edits.edit(each.length === 1 ? (each[0] as Edit) : { kind: "group", edits: each });
  }
  return (
    <Stack gap={4}>
      <Divider label={t("run.lock")} />
      <SimpleGrid cols={2} spacing={4} role="group" aria-label={t("run.lock")}>
        {LOCKS.map((one) => (
          <Button key={one} size="compact-xs" variant={value === one ? "filled" : "default"} aria-pressed={value === one} onClick={() => lock(one)}>{t(`lock.${one}`)}</Button>
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function Quantity({ run, chart }: { run: Run; chart: Chart }) {
  const { t } = useWords();
  const edits = useEdits();
  const [quantity, setQuantity] = useState<number | string>(run.quantity);
  const [keep, setKeep] = useState<number | string>(Math.round(run.quantity / 2));
  useEffect(() => {
    setQuantity(run.quantity);
    setKeep(Math.round(run.quantity / 2));
  }, [run.quantity]);
  const row = chart.rows[chart.rowOf.get(run.line) ?? -1];
  const others = (row?.bars ?? []).map((bar) => bar.run).filter((one) => one.item === run.item && one.id !== run.id);
  return (
    <Stack gap={6}>
      <Divider label={t("run.quantity")} />
      <Group grow gap="xs" align="end">
        <NumberInput size="xs" label={t("run.quantity")} value={quantity} min={0} onChange={setQuantity} />
        <Button size="xs" px={6} variant="default" disabled={quantity === run.quantity || !(Number(quantity) > 0)}
          onClick={() => void edits.edit({ kind: "resize", run: run.id, quantity: Number(quantity) })}>{t("run.resize")}</Button>
      </Group>
      <Group grow gap="xs" align="end">
        <NumberInput size="xs" label={t("run.splitKeep")} value={keep} min={0} max={run.quantity} onChange={setKeep} />
        <Button size="xs" variant="default" disabled={!(Number(keep) > 0 && Number(keep) < run.quantity)}
          onClick={() => void edits.edit({ kind: "split", run: run.id, quantity: Number(keep) })}>{t("run.split")}</Button>
      </Group>
      <Select size="xs" label={t("run.merge")} data={others.map((one) => one.id)} value={null} disabled={others.length === 0}
        placeholder={others.length === 0 ? t("run.mergeNone") : undefined}
        onChange={(other) => other && void edits.edit({ kind: "merge", run: run.id, other })} />
    </Stack>
  );
}

function Many({ runs }: { runs: Run[] }) {
  const { t } = useWords();
  const edits = useEdits();
  const [minutes, setMinutes] = useState<number | string>(60);
  if (!edits.isOpen) return <Text size="sm">{runs.slice(0, 30).map((run) => run.id).join(", ")}</Text>;
  const shift = (): Edit => ({
    kind: "group",
    edits: runs.map((run) => ({ kind: "move", run: run.id, line: run.line, start: Math.max(0, run.start + Number(minutes)) })),
  });
  return (
    <Stack gap="xs">
      <Locking runs={runs} />
      <Group grow align="end" gap="xs">
        <NumberInput size="xs" label={t("run.shift")} value={minutes} onChange={setMinutes} allowDecimal={false} />
        <Button size="xs" variant="default" disabled={!Number(minutes)} onClick={() => void edits.edit(shift())}>{t("run.apply")}</Button>
      </Group>
      <Button size="xs" variant="default"
        onClick={() => void edits.edit({ kind: "group", edits: runs.map((run) => ({ kind: "cancel", run: run.id })) })}>
        {t("run.cancelMany")}
      </Button>
    </Stack>
  );
}
