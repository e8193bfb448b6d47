/** Alternatives: what each trades for what as points of two aims, and all of them in a table. */
import { Badge, Button, Card, Group, Select, Text, Title } from "@mantine/core";
import { scaleLinear } from "d3-scale";
import { useMemo, useState } from "react";

import type { Alternatives, Job } from "../../api/records";
import { mayEdit, useSession } from "../../app/session";
import { type Column, DataTable } from "../../parts/DataTable";
import { Trouble } from "../../parts/states";
import { usePlan } from "../../plan/shown";
import { useWords } from "../../words";
import type { WordKey } from "../../words/en";
import { useFormats } from "../../words/format";
import { useDraftOf } from "./draft";

/** A plan with its place in the job's list. */
interface Row {
  place: number;
  plan: Alternatives["plans"][number];
}

const SIZE = { width: 560, height: 330, left: 74, right: 16, top: 14, bottom: 40 };

export function Front({ job, front }: { job: Job; front: Alternatives }) {
  const { t } = useWords();
  const format = useFormats();
  const [x, setX] = useState("tardiness");
  const [y, setY] = useState("inventory");
  const [picked, setPicked] = useState<number>(0);
  const rows = useMemo(() => front.plans.map((plan, place) => ({ place, plan })), [front]);
  const data = ["total", ...front.objectives].map((name) => ({ value: name, label: t(`objective.${name}` as WordKey) }));
  return (
    <Card withBorder padding="sm" data-testid="front">
      <Title order={3} size="h6">{job.title}</Title>
      {rows.length === 0 ? <Text size="sm">{t("alternative.none")} {front.notes.join(" ")}</Text> : (
        <>
          <Text size="xs" c="dimmed">{t("alternative.found", { count: rows.length, tried: format.number(front.tried) })}</Text>
          <Group align="start" wrap="wrap">
            <div style={{ flex: "1 1 420px", maxWidth: 640 }}>
              <Group gap="xs" my={6}>
                <Select size="xs" w={170} label={t("alternative.across")} data={data} value={x} allowDeselect={false} onChange={(one) => one && setX(one)} />
                <Select size="xs" w={170} label={t("alternative.up")} data={data} value={y} allowDeselect={false} onChange={(one) => one && setY(one)} />
              </Group>
              <Scatter front={front} x={x} y={y} picked={picked} pick={setPicked} />
            </div>
            <div style={{ flex: "2 1 560px", minWidth: 0 }}><Plans job={job} front={front} rows={rows} picked={picked} pick={setPicked} /></div>
          </Group>
        </>
      )}
    </Card>
  );
}

function valueOf(plan: Row["plan"], name: string): number {
  return (name === "total" ? plan.figures.cost["total"] : plan.values[name]) ?? 0;
}

function Scatter({ front, x: across, y: up, picked, pick }: { front: Alternatives; x: string; y: string; picked: number; pick: (place: number) => void }) {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const [xs, ys] = [front.plans.map((plan) => valueOf(plan, across)), front.plans.map((plan) => valueOf(plan, up))];
  const x = scaleLinear(around(xs), [SIZE.left, SIZE.width - SIZE.right]).nice();
  const y = scaleLinear(around(ys), [SIZE.height - SIZE.bottom, SIZE.top]).nice();
  const word = (name: string): string => t(`objective.${name}` as WordKey);
  const compact = (value: number): string => (Math.abs(value) >= 10_000 ? `${format.number(value / 1000)}k` : format.number(value));
  return (
    <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} width="100%" role="group" aria-label={`${word(across)}, ${word(up)}`}>
      <g fontSize="10" fill="var(--mantine-color-dimmed)" aria-hidden>
        {x.ticks(5).map((tick) => (
          <g key={tick}><line x1={x(tick)} x2={x(tick)} y1={SIZE.top} y2={SIZE.height - SIZE.bottom} stroke="var(--mantine-color-default-border)" />
            <text x={x(tick)} y={SIZE.height - SIZE.bottom + 14} textAnchor="middle">{compact(tick)}</text></g>
        ))}
        {y.ticks(5).map((tick) => (
          <g key={tick}><line y1={y(tick)} y2={y(tick)} x1={SIZE.left} x2={SIZE.width - SIZE.right} stroke="var(--mantine-color-default-border)" />
            <text x={SIZE.left - 6} y={y(tick) + 3} textAnchor="end">{compact(tick)}</text></g>
        ))}
        <text x={SIZE.width - SIZE.right} y={SIZE.height - 8} textAnchor="end">{word(across)} ({currency})</text>
        <text x={14} y={SIZE.top} transform={`rotate(-90 14 ${SIZE.top})`} textAnchor="end">{word(up)} ({currency})</text>
      </g>
      {front.plans.map((plan, place) => {
        const at = { x: x(valueOf(plan, across)), y: y(valueOf(plan, up)) };
        const names = plan.picks.map((name) => t(`pick.${name}` as WordKey)).join(", ");
        const label = `${t("alternative.plan", { number: place + 1 })}${names ? `, ${names}` : ""}: ${word(across)} ${format.money(valueOf(plan, across), currency)}, ${word(up)} ${format.money(valueOf(plan, up), currency)}`;
        return (
          <g key={place} role="button" tabIndex={0} aria-label={label} aria-pressed={place === picked} style={{ cursor: "pointer" }} onClick={() => pick(place)}
            onKeyDown={(event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(place); } }}>
            <title>{label}</title>
            <circle cx={at.x} cy={at.y} r={place === picked ? 8 : plan.picks.length > 0 ? 6 : 4.5} fill={plan.picks.length > 0 ? "#d55e00" : "var(--mantine-color-anchor)"}
              stroke={place === picked ? "var(--mantine-color-text)" : "none"} strokeWidth="2" />
            {names && <text x={at.x + 10} y={at.y + 4} fontSize="11" fill="var(--mantine-color-text)">{names}</text>}
          </g>
        );
      })}
    </svg>
  );
}

/** The range of values with some room on both sides. */
function around(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((most - least) * 0.08, Math.abs(most) * 0.01, 1);
  return [least - room, most + room];
}

function Plans({ job, front, rows, picked, pick }: { job: Job; front: Alternatives; rows: Row[]; picked: number; pick: (place: number) => void }) {
  const { t } = useWords();
  const format = useFormats();
  const session = useSession();
  const draft = useDraftOf(job.id);
  const columns = useMemo((): Column<Row>[] => {
    const money = (name: string): Column<Row> => ({
      id: name, title: t(`objective.${name}` as WordKey), value: ({ plan }) => valueOf(plan, name), show: ({ plan }) => format.number(valueOf(plan, name)), isNumber: true,
    });
    const kpi = (name: string): Column<Row> => ({
      id: name, title: t(`kpi.${name}` as WordKey), value: ({ plan }) => plan.figures.kpis[name] ?? null, isNumber: true,
      show: ({ plan }) => (name === "on_time_in_full" ? format.percent(plan.figures.kpis[name] ?? 0) : format.number(plan.figures.kpis[name] ?? 0)),
    });
    return [
      { id: "plan", title: t("alternative.planName"), value: ({ place }) => place + 1, isNumber: true },
      { id: "picks", title: t("alternative.pick"), value: ({ plan }) => plan.picks.map((name) => t(`pick.${name}` as WordKey)).join(", "),
        show: ({ plan }) => <Group gap={4}>{plan.picks.map((name) => <Badge key={name} size="sm" variant="light" color="orange">{t(`pick.${name}` as WordKey)}</Badge>)}</Group> },
      money("total"), ...front.objectives.map(money), kpi("on_time_in_full"), kpi("orders_late"), kpi("changeovers"),
      { id: "changed", title: t("alternative.changed"), value: ({ plan }) => plan.changed_runs, isNumber: true },
    ];
  }, [front.objectives, t, format]);
  return (
    <>
      <DataTable name="alternatives" rows={rows} columns={columns} idOf={({ place }) => String(place)} picked={String(picked)} onPick={({ place }) => pick(place)} height={370} />
      {mayEdit(session) && (
        <Button mt="xs" size="xs" loading={draft.isPending} onClick={() => draft.mutate(picked)}>{t("alternative.draft", { number: picked + 1 })}</Button>
      )}
      {draft.error && <Trouble error={draft.error} />}
    </>
  );
}
