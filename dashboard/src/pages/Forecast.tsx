/** What demand is expected of an item: what was ordered before, then median and band. */
import { Group, Select, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";

import type { ItemForecast } from "../api/records";
import { BandChart } from "../parts/BandChart";
import { Empty, Shown } from "../parts/states";
import { forecastQuery, forecastsQuery } from "../plan/queries";
import { useWords } from "../words";
import { useFormats } from "../words/format";

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

function Told({ forecast }: { forecast: ItemForecast }) {
  const { t } = useWords();
  const format = useFormats();
  return (
    <>
      <Title order={1} size="h3">{forecast.item}</Title>
      <Text size="sm" c="dimmed">{t("forecast.origin")} {format.instant(forecast.origin)}</Text>
      <BandChart title={forecast.item}
        history={forecast.history.map((one) => ({ at: new Date(`${one.day}T00:00`), value: one.ordered }))}
        days={forecast.days.map((one) => ({ at: new Date(`${one.day}T00:00`), low: one.q10, middle: one.q50, high: one.q90 }))} />
      <Table maw={760} fz="sm" verticalSpacing={2}>
        <Table.Thead><Table.Tr>
          <Table.Th>{t("forecast.day")}</Table.Th><Table.Th ta="right">10 %</Table.Th><Table.Th ta="right">{t("forecast.median")}</Table.Th>
          <Table.Th ta="right">90 %</Table.Th><Table.Th ta="right">{t("forecast.mean")}</Table.Th><Table.Th>{t("forecast.model")}</Table.Th>
        </Table.Tr></Table.Thead>
        <Table.Tbody>
          {forecast.days.map((one) => (
            <Table.Tr key={`${one.day} ${one.model}`}>
              <Table.Td>{format.day(`${one.day}T00:00`)}</Table.Td>
              {[one.q10, one.q50, one.q90, one.mean].map((value, index) => <Table.Td key={index} ta="right">{format.number(value, 1)}</Table.Td>)}
              <Table.Td>{one.model}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}
