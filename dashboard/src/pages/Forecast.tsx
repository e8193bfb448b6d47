/** What demand is expected of an item: what was ordered before, then median and band. */
import { Checkbox, Group, Select, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";

import type { ItemForecast } from "../api/records";
import { ExportMenu } from "../export/ExportMenu";
import { BandChart } from "../parts/BandChart";
import { Empty, Shown } from "../parts/states";
import { forecastQuery, forecastsQuery } from "../plan/queries";
import { useWords } from "../words";
import { midnightOf, useFormats } from "../words/format";

export default function Forecast() {
  const { t } = useWords();
  const [search, setSearch] = useSearchParams();
  return (
    <Shown query={useQuery(forecastsQuery)}>
      {({ items }) => {
        const item = search.get("item") ?? items[0];
        if (item === undefined || items.length === 0) return <Empty title={t("forecast.none")} hint={t("forecast.noneHint")} />;
        return (
          <Stack p="md">
            <Group>
              <Select size="xs" label={t("forecast.item")} data={items} value={item} searchable limit={100} allowDeselect={false}
                onChange={(one) => one && setSearch((old) => {
                  const next = new URLSearchParams(old);
                  next.set("item", one);
                  return next;
                }, { replace: true })} />
            </Group>
            <OfItem item={item} />
          </Stack>
        );
      }}
    </Shown>
  );
}

function OfItem({ item }: { item: string }) {
  return <Shown query={useQuery(forecastQuery(item))}>{(forecast) => <Told forecast={forecast} />}</Shown>;
}

/** The combined model where there is one, else the first. */
function mainOf(models: string[]): string {
  return models.find((name) => name === "ensemble") ?? models[0] ?? "";
}

function Told({ forecast }: { forecast: ItemForecast }) {
  const { t } = useWords();
  const format = useFormats();
  const models = [...new Set(forecast.days.map((one) => one.model))];
  const [chosen, setChosen] = useState<string | null>(null);
  const [withMembers, setWithMembers] = useState(false);
  const model = chosen !== null && models.includes(chosen) ? chosen : mainOf(models);
  const days = forecast.days.filter((one) => one.model === model);
  const others = withMembers ? models.filter((name) => name !== model) : [];
  return (
    <>
      <Group justify="space-between" maw={1200}>
        <Title order={1} size="h3">{forecast.item}</Title>
        <ExportMenu sheet={() => ({
          name: `takt-forecast-${forecast.item}`,
          columns: [t("forecast.model"), t("forecast.day"), "10 %", t("forecast.median"), "90 %", t("forecast.mean"), t("forecast.history")],
          rows: [
            ...forecast.history.map((one) => [null, one.day, null, null, null, null, one.ordered]),
            ...[...days, ...forecast.days.filter((one) => others.includes(one.model))]
              .map((one) => [one.model, one.day, one.q10, one.q50, one.q90, one.mean, null]),
          ],
        })} />
      </Group>
      <Group align="end">
        <Text size="sm" c="dimmed">{t("forecast.origin")} {format.instant(forecast.origin)}</Text>
        {models.length > 1 && (
          <>
            <Select size="xs" label={t("forecast.model")} data={models} value={model} allowDeselect={false} onChange={setChosen} />
            <Checkbox size="xs" label={t("forecast.members")} checked={withMembers} onChange={(event) => setWithMembers(event.currentTarget.checked)} />
          </>
        )}
      </Group>
      <BandChart title={forecast.item}
        history={forecast.history.map((one) => ({ at: midnightOf(one.day), value: one.ordered }))}
        days={days.map((one) => ({ at: midnightOf(one.day), low: one.q10, middle: one.q50, high: one.q90 }))}
        members={others.map((name) => ({
          name, points: forecast.days.filter((one) => one.model === name).map((one) => ({ at: midnightOf(one.day), value: one.q50 })),
        }))} />
      <Table maw={760} fz="sm" verticalSpacing={2}>
        <Table.Thead><Table.Tr>
          <Table.Th>{t("forecast.day")}</Table.Th><Table.Th ta="right">10 %</Table.Th><Table.Th ta="right">{t("forecast.median")}</Table.Th>
          <Table.Th ta="right">90 %</Table.Th><Table.Th ta="right">{t("forecast.mean")}</Table.Th>
        </Table.Tr></Table.Thead>
        <Table.Tbody>
          {days.map((one) => (
            <Table.Tr key={one.day}>
              <Table.Td>{format.date(one.day)}</Table.Td>
              {[one.q10, one.q50, one.q90, one.mean].map((value, index) => <Table.Td key={index} ta="right">{format.number(value, 1)}</Table.Td>)}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}
