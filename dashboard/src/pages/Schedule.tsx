/** The schedule: the Gantt with its filters, the draft's bar above it and what is selected beside it. */
import { Button, Checkbox, Group, ScrollArea, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import type { Plant, PlainRun, Run, Runs } from "../api/records";
import { ScheduleExport } from "../export/ScheduleExport";
import { type Bar, buildChart } from "../gantt/chart";
import { Gantt, type GanttHandle } from "../gantt/Gantt";
import type { View } from "../gantt/view";
import { PAGE } from "../parts/Scroll";
import { Loading, Trouble } from "../parts/states";
import { DraftBar } from "../plan/DraftBar";
import { useEdits } from "../plan/edits";
import { chainQuery, compareQuery, changesQuery, ordersQuery, plantQuery, runsQuery, versionsQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { VerdictView } from "../plan/VerdictView";
import { useWords } from "../words";
import { instantOf, minuteOf, useFormats } from "../words/format";
import { AddDialog } from "./schedule/AddDialog";
import { DropCard } from "./schedule/DropCard";
import { matching } from "./schedule/finding";
import { Other } from "./schedule/Other";
import { Legend } from "./schedule/Legend";
import { useMoving } from "./schedule/moving";
import { RepairDialog } from "./schedule/RepairDialog";
import { RunPanel } from "./schedule/RunPanel";

export function Schedule() {
  const plan = usePlan();
  const plant = useQuery(plantQuery(plan.version));
  const runs = useQuery({ ...runsQuery(plan.shown), placeholderData: (before) => before });
  if (plant.data && runs.data) return <Board plant={plant.data} runs={runs.data} />;
  const failed = [plant, runs].find((one) => one.error);
  return failed ? <Trouble error={failed.error} again={() => void failed.refetch()} /> : <Loading />;
}

function Board({ plant, runs }: { plant: Plant; runs: Runs }) {
  const { t } = useWords();
  const { shown, zones, draft } = usePlan();
  const edits = useEdits();
  const gantt = useRef<GanttHandle>(null);
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState("");
  const [family, setFamily] = useState<string | null>(null);
  const [onlyLate, setOnlyLate] = useState(false);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [repairing, setRepairing] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const chart = useMemo(() => buildChart(plant, runs), [plant, runs]);
  const moving = useMoving(chart, plant);
  const before = useBefore(search.get("side") === "1" ? null : search.get("compare"));
  const now = useNow(chart.startsAt);
  const other = useRef<((view: View) => void) | null>(null);
  const listen = useCallback((follow: ((view: View) => void) | null) => {
    other.current = follow;
  }, []);
  const compared = Number(search.get("compare"));
  const side = search.get("side") === "1" && Number.isInteger(compared) && compared > 0 ? compared : null;

  const orders = useQuery({ ...ordersQuery(shown), enabled: text.length > 1 });
  const typed = orders.data?.orders.find((one) => one.id.toLowerCase() === text.trim().toLowerCase())?.id;
  const order = typed ?? search.get("order");
  const chain = useQuery({ ...chainQuery(shown, { order: order ?? "" }), enabled: order !== null });
  const matched = useMemo(
    () => matching(runs.runs, { text: typed ? "" : text, family, onlyLate }),
    [runs, text, typed, family, onlyLate],
  );
  const lit = useMemo(() => {
    const inChain = order !== null && chain.data ? new Set(chain.data.runs) : null;
    if (inChain && matched) return new Set([...inChain].filter((id) => matched.has(id)));
    return inChain ?? matched;
  }, [order, chain.data, matched]);

  const wanted = search.get("run") ?? (order !== null ? (chain.data?.runs[0] ?? null) : null);
  const shownRun = useRef<string | null>(null);
  useEffect(() => {
    if (wanted === null || shownRun.current === wanted || !chart.bars.has(wanted)) return;
    shownRun.current = wanted;
    if (search.get("run")) setSelected(new Set([wanted]));
    gantt.current?.reveal(wanted);
  }, [wanted, chart, search]);

  const picked = useMemo(() => [...selected].flatMap((id) => chart.bars.get(id)?.run ?? []), [selected, chart]);
  const tip = useCallback((bar: Bar) => <RunTip run={bar.run} startsAt={chart.startsAt} />, [chart.startsAt]);
  const set = (name: string, value: string | null): void =>
    setSearch((old) => {
      const next = new URLSearchParams(old);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    }, { replace: true });

  async function placeAnyway(): Promise<void> {
    const { refused } = moving;
    moving.forget();
    if (refused && (await edits.edit(refused.edit))) setRepairing(refused.target.lead);
  }

  return (
    <Stack gap={0} h={PAGE}>
      <Group gap="xs" px="xs" py={6} justify="space-between" wrap="wrap">
        <Group gap="xs">
          <TextInput size="xs" w={190} aria-label={t("gantt.search")} placeholder={t("gantt.search")} value={text}
            onChange={(event) => setText(event.currentTarget.value)} data-testid="find"
            onKeyDown={(event) => {
              const first = event.key === "Enter" ? chart.bars.get([...(lit ?? [])][0] ?? "") : undefined;
              if (!first) return;
              setSelected(new Set([first.run.id]));
              gantt.current?.reveal(first.run.id);
              gantt.current?.focus();
            }} />
          <Select size="xs" w={128} aria-label={t("gantt.family")} placeholder={t("gantt.allFamilies")} clearable data={chart.families}
            value={family} onChange={setFamily} />
          <Checkbox size="xs" label={t("gantt.onlyLate")} checked={onlyLate} onChange={(event) => setOnlyLate(event.currentTarget.checked)} />
        </Group>
        <Group gap={6}>
          <Compare value={search.get("compare")} onChange={(chosen) => set("compare", chosen)} />
          {search.get("compare") && (
            <Checkbox size="xs" label={t("gantt.sideBySide")} checked={side !== null} onChange={(event) => set("side", event.currentTarget.checked ? "1" : null)} />
          )}
          <Button.Group>
            <Button size="xs" variant="default" onClick={() => gantt.current?.show(null, 480)}>{t("gantt.shiftView")}</Button>
            <Button size="xs" variant="default" onClick={() => gantt.current?.show(null, 1440)}>{t("gantt.dayView")}</Button>
            <Button size="xs" variant="default" onClick={() => gantt.current?.show(null, 7 * 1440)}>{t("gantt.weekView")}</Button>
            <Button size="xs" variant="default" onClick={() => gantt.current?.show(-60, chart.horizon + 120)}>{t("gantt.all")}</Button>
            <Button size="xs" variant="default" aria-label={t("gantt.zoomOut")} onClick={() => gantt.current?.zoom(1 / 1.5)}>−</Button>
            <Button size="xs" variant="default" aria-label={t("gantt.zoomIn")} onClick={() => gantt.current?.zoom(1.5)}>+</Button>
          </Button.Group>
          <Legend families={chart.families} />
          <ScheduleExport startsAt={chart.startsAt} runs={lit ? runs.runs.filter((run) => lit.has(run.id)) : runs.runs} />
        </Group>
      </Group>
      <Group gap="xs" px="xs" pb={6} justify="space-between">
        <Group gap="xs">
          <DraftBar />
          {lit && <Text size="xs" role="status">{t("gantt.found", { count: lit.size })}</Text>}
          {search.get("order") && (
            <Button size="compact-xs" variant="light" onClick={() => set("order", null)} title={t("run.clear")}>{t("run.chain")}: {search.get("order")} ✕</Button>
          )}
        </Group>
        {edits.isOpen && (
          <Group gap="xs">
            <TextInput size="xs" w={170} aria-label={t("draft.reason")} placeholder={t("draft.reason")} title={t("draft.reason")} maxLength={500}
              value={edits.reason} onChange={(event) => edits.setReason(event.currentTarget.value)} />
            <Button size="xs" variant="default" onClick={() => setAdding(true)}>{t("run.add")}</Button>
          </Group>
        )}
      </Group>
      <Group gap={0} align="stretch" wrap="nowrap" style={{ flex: 1, minHeight: 0, position: "relative" }}>
        <Gantt ref={gantt} chart={chart} now={now} selected={selected} onSelect={setSelected} tip={tip}
          marks={{ lit, pegs: order !== null ? (chain.data?.pegs ?? []) : [], zones, before, places: moving.places }}
          onLook={(view) => other.current?.(view)}
          moving={edits.isOpen ? { trial: moving.trial, onTry: moving.onTry, onDrop: (target) => void moving.onDrop(target), onLeave: moving.onLeave } : null}
          verdict={<DragVerdict moving={moving} />} />
        {side !== null && <Other number={side} startsAt={chart.startsAt} listen={listen} lead={gantt} />}
        {moving.refused && <DropCard refused={moving.refused} forget={moving.forget} place={() => void placeAnyway()} />}
        <ScrollArea w={312} p="xs" type="auto" className="panel" data-empty={picked.length === 0 || undefined} style={{ borderLeft: "1px solid var(--mantine-color-default-border)" }}>
          <RunPanel chart={chart} plant={plant} runs={picked} clear={() => setSelected(new Set())} repair={setRepairing} />
          {!draft && picked.length > 0 && <Text size="xs" c="dimmed" mt="sm">{t("gantt.readOnly")}</Text>}
        </ScrollArea>
      </Group>
      {repairing && <RepairDialog run={repairing} startsAt={chart.startsAt} close={() => setRepairing(null)} />}
      {adding && <AddDialog plant={plant} at={Math.max(zones.frozen, Math.ceil(now / 60) * 60)} close={() => setAdding(false)} />}
    </Stack>
  );
}

function DragVerdict({ moving }: { moving: ReturnType<typeof useMoving> }) {
  const { t } = useWords();
  const { judged } = moving;
  if (!judged) return <Text size="xs">{t("verdict.waiting")}</Text>;
  if (judged.refusal) return <Text size="xs" className="bad">✕ {judged.refusal}</Text>;
  return judged.verdict && <VerdictView verdict={judged.verdict} isShort />;
}

function RunTip({ run, startsAt }: { run: Run; startsAt: string }) {
  const { t } = useWords();
  const format = useFormats();
  const at = (minute: number): string => format.instant(instantOf(startsAt, minute));
  return (
    <>
      <strong>{run.id}</strong> · {run.item} ({run.family})<br />
      {run.line} · {at(run.start)} – {at(run.end)}<br />
      {t("run.quantity")} {format.number(run.quantity, 1)} · {t("run.orders")} {run.orders}<br />
      {run.changeover_minutes > 0 && <>{t("run.changeover")} {t("common.minutes", { value: run.changeover_minutes })}<br /></>}
      {run.lock !== "none" && <>{t(`lock.${run.lock}`)}<br /></>}
      {run.late > 0 && <span className="bad">▲ {t("run.late")} {format.number(run.late, 1)}</span>}
    </>
  );
}

function Compare({ value, onChange }: { value: string | null; onChange: (value: string | null) => void }) {
  const { t } = useWords();
  const { version, draft } = usePlan();
  const versions = useQuery(versionsQuery).data?.versions ?? [];
  const data = versions
    .map((one) => one.version.number)
    .filter((number) => (draft ? number === version : number !== version))
    .map((number) => ({ value: String(number), label: t("plan.version", { number }) }));
  return (
    <Select size="xs" w={132} aria-label={t("gantt.compare")} placeholder={t("gantt.compare")} clearable data={data}
      value={data.some((one) => one.value === value) ? value : null} onChange={onChange} />
  );
}

/** Where runs that differ stand in the plan compared with. */
function useBefore(compare: string | null): ReadonlyMap<string, PlainRun> | null {
  const { version, draft } = usePlan();
  const other = Number(compare);
  const isOn = compare !== null && Number.isInteger(other) && other > 0;
  const changes = useQuery({ ...changesQuery(draft?.draft.id ?? 0), enabled: isOn && draft !== null });
  const versions = useQuery({ ...compareQuery(other, version), enabled: isOn && draft === null && other !== version });
  const differences = draft ? changes.data?.runs : versions.data?.runs;
  return useMemo(
    () => (isOn && differences ? new Map(differences.flatMap((one) => (one.before ? [[one.id, one.before] as const] : []))) : null),
    [isOn, differences],
  );
}

function useNow(startsAt: string): number {
  const [now, setNow] = useState(() => minuteOf(startsAt, new Date()));
  useEffect(() => {
    const timer = setInterval(() => setNow(minuteOf(startsAt, new Date())), 30_000);
    return () => clearInterval(timer);
  }, [startsAt]);
  return now;
}
