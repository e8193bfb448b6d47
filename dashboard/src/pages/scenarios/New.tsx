/** What is asked: scenarios put together on a version, or alternatives to it. */
import { Button, Card, Group, NumberInput, Pill, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { client, got } from "../../api/client";
import type { Plant, Scenario } from "../../api/records";
import { MinuteField } from "../../parts/MinuteField";
import { Trouble } from "../../parts/states";
import { useWords } from "../../words";
import { instantOf, useFormats } from "../../words/format";

const KINDS = ["line_down", "rush_order", "late_material", "more_overtime"] as const;

export function New({ plant, version }: { plant: Plant; version: number }) {
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
    <Card withBorder style={{ flex: "1 1 560px" }}>
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

/** Plans that trade one aim for another, looked for in the background. */
export function NewAlternatives({ version }: { version: number }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [seconds, setSeconds] = useState<number | string>(30);
  const ask = useMutation({
    mutationFn: () =>
      got(client.POST("/api/jobs/alternatives", {
        body: { version, seconds: Number(seconds), title: t("alternative.title", { number: version }) },
      })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  return (
    <Card withBorder style={{ flex: "1 1 300px" }}>
      <Stack gap="xs">
        <Title order={2} size="h5">{t("alternative.new")}</Title>
        <Text size="sm" c="dimmed">{t("alternative.hint")}</Text>
        <Group align="end">
          <NumberInput size="xs" w={140} label={t("scenario.seconds")} min={1} max={600} value={seconds} onChange={setSeconds} />
          <Button size="xs" disabled={!Number(seconds)} loading={ask.isPending} onClick={() => ask.mutate()}>{t("alternative.start")}</Button>
        </Group>
        {ask.error && <Trouble error={ask.error} />}
      </Stack>
    </Card>
  );
}
