/** The figures of the shown plan: each with its target, its course over the versions, and the list behind it. */
import { Badge, Button, Card, Group, NumberInput, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { ExportMenu } from "../export/ExportMenu";
import { Spark } from "../parts/Spark";
import { Trouble } from "../parts/states";
import { versionsQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { costName } from "../plan/VerdictView";
import { useWords } from "../words";
import type { WordKey } from "../words/en";
import { type Formats, useFormats } from "../words/format";
import { isReached, type Tile, TILES, useTargets } from "./overview/targets";

export default function Overview() {
  const { t } = useWords();
  const format = useFormats();
  const { shown, kpis, cost, currency } = usePlan();
  const targets = useTargets();
  const parts = Object.entries(cost).filter(([name]) => name !== "total");
  const sheet = () => ({
    name: `takt-${shown.kind}-${shown.number}-figures`,
    columns: [t("overview.figure"), t("overview.value"), t("overview.targetName")],
    rows: [
      ...TILES.map((tile) => [t(`kpi.${tile.name}` as WordKey), kpis[tile.name] ?? null, targets.of(tile)]),
      ...Object.entries(cost).map(([name, value]) => [`${costName(t, name)} (${currency})`, value, null]),
    ],
  });
  return (
    <Stack p="md" gap="md">
      <Group justify="space-between"><Title order={1} size="h3">{t("nav.overview")}</Title><ExportMenu sheet={sheet} /></Group>
      {targets.error && <Trouble error={targets.error} />}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3, xl: 4 }}>
        {TILES.map((tile) => <KpiTile key={tile.name} tile={tile} target={targets.of(tile)} aim={(value) => targets.set(tile, value)} />)}
      </SimpleGrid>
      <Title order={2} size="h4">{t("overview.costs")}</Title>
      <Table maw={520}>
        <Table.Tbody>
          {parts.map(([name, value]) => (
            <Table.Tr key={name}><Table.Td>{costName(t, name)}</Table.Td><Table.Td ta="right">{format.money(value, currency)}</Table.Td></Table.Tr>
          ))}
          <Table.Tr><Table.Td fw={700}>{t("cost.total")}</Table.Td><Table.Td ta="right" fw={700}>{format.money(cost["total"] ?? 0, currency)}</Table.Td></Table.Tr>
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

function KpiTile({ tile, target, aim }: { tile: Tile; target: number; aim: (value: number) => void }) {
  const { t } = useWords();
  const format = useFormats();
  const { kpis } = usePlan();
  const versions = useQuery(versionsQuery).data?.versions ?? [];
  const [search] = useSearchParams();
  const value = kpis[tile.name] ?? null;
  const course = [...versions].reverse().flatMap((one) => {
    const figure = one.kpis[tile.name];
    return typeof figure === "number" ? [figure] : [];
  });
  const name = t(`kpi.${tile.name}` as WordKey);
  const to = new URLSearchParams(tile.search);
  for (const kept of ["draft", "version"]) if (search.get(kept)) to.set(kept, search.get(kept) ?? "");
  const reached = value !== null && isReached(tile, value, target);
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" wrap="nowrap">
        <Title order={2} size="h6">{name}</Title>
        <Badge variant="light" color={reached ? "teal" : "orange"}>{reached ? `✓ ${t("overview.reached")}` : `△ ${t("overview.missed")}`}</Badge>
      </Group>
      <Text fz={28} fw={700} lh={1.3}>{value === null ? "–" : shown(tile, value, format)}</Text>
      <Spark values={course} label={`${name}: ${t("overview.trend")}`} />
      <Group justify="space-between" align="end" mt={6}>
        <Target key={target} name={name} value={target} isShare={tile.isShare === true} aim={aim} />
        <Button size="compact-xs" variant="default" component={Link} to={{ pathname: tile.list, search: to.toString() }}>{t("overview.open")}</Button>
      </Group>
    </Card>
  );
}

/** The user's target, kept once the field is left or Enter is pressed. */
function Target({ name, value, isShare, aim }: { name: string; value: number; isShare: boolean; aim: (value: number) => void }) {
  const { t } = useWords();
  const scale = isShare ? 100 : 1;
  const first = Math.round(value * scale * 10) / 10;
  const [given, setGiven] = useState<number | string>(first);
  const keep = (): void => {
    const number = Number(given);
    if (given === "" || !Number.isFinite(number)) setGiven(first);
    else if (number !== first) aim(number / scale);
  };
  return (
    <NumberInput size="xs" w={130} label={t("overview.targetName")} aria-label={`${t("overview.targetName")}: ${name}`} value={given}
      suffix={isShare ? " %" : ""} min={0} decimalScale={1} thousandSeparator="," onChange={setGiven} onBlur={keep}
      onKeyDown={(event) => { if (event.key === "Enter") keep(); }} />
  );
}

function shown(tile: Tile, value: number, format: Formats): string {
  return tile.isShare ? format.percent(value) : format.number(value, Math.abs(value) < 100 ? 1 : 0);
}
