/** Stock of every item over the horizon, with what arrives and what runs deliver. */
import { Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { group } from "d3-array";
import { useMemo } from "react";
import { useSearchParams } from "react-router";

import type { Stock, StockProjection, StockRisk } from "../api/records";
import { StepChart } from "../parts/StepChart";
import { type Column, DataTable } from "../parts/DataTable";
import { Beside } from "../parts/Scroll";
import { Shown } from "../parts/states";
import { outlookQuery, stockQuery, stocksQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { clockOf, instantOf, useFormats } from "../words/format";

export default function Inventory() {
  const { shown } = usePlan();
  return <Shown query={useQuery(stocksQuery(shown))}>{(stocks) => <Page stocks={stocks} />}</Shown>;
}

function Page({ stocks }: { stocks: Stock[] }) {
  const { t } = useWords();
  const format = useFormats();
  const [search, setSearch] = useSearchParams();
  const picked = search.get("item");
  const risks = useStockRisks();
  const columns = useMemo((): Column<Stock>[] => {
    const chance = (one: Stock): number | null => risks.get(one.item)?.at(-1)?.chance_by ?? null;
    const amount = (id: keyof Stock, title: string, of: (one: Stock) => number): Column<Stock> => ({
      id, title, value: of, show: (one) => format.number(of(one)), isNumber: true,
    });
    return [
      { id: "item", title: t("run.item"), value: (one) => one.item },
      { id: "family", title: t("run.family"), value: (one) => one.family },
      { id: "raw", title: t("stock.raw"), value: (one) => t(one.is_raw ? "stock.yes" : "stock.no") },
      amount("opening", t("stock.opening"), (one) => one.opening),
      amount("lowest", t("stock.lowest"), (one) => one.lowest),
      amount("closing", t("stock.closing"), (one) => one.closing),
      amount("safety_stock", t("stock.safety"), (one) => one.safety_stock),
      { id: "under", title: t("stock.under"), value: (one) => one.under_safety / 60, isNumber: true,
        show: (one) => <span className={one.under_safety > 0 ? "bad" : undefined}>{one.under_safety > 0 ? "▲ " : ""}{format.number(one.under_safety / 60, 1)}</span> },
      ...(risks.size === 0 ? [] : [{ id: "chance", title: t("stock.chance"), value: chance, isNumber: true,
        show: (one: Stock) => (chance(one) === null ? "–" : <span className={(chance(one) ?? 0) >= 0.5 ? "bad" : undefined}>{format.percent(chance(one) ?? 0)}</span>) }]),
    ];
  }, [t, format, risks]);
  const pick = (one: Stock): void => setSearch((old) => {
    const next = new URLSearchParams(old);
    next.set("item", one.item);
    return next;
  }, { replace: true });
  return (
    <Beside width={460}
      list={<DataTable name="inventory" rows={stocks} columns={columns} idOf={(one) => one.item} picked={picked} onPick={pick} sorting={[{ id: "under", desc: true }]} />}
      detail={picked ? <Projection item={picked} /> : <Text size="sm" c="dimmed">{t("stock.select")}</Text>} />
  );
}

/** By item, the chance of running out day by day, where a version was looked ahead of. */
function useStockRisks(): ReadonlyMap<string, StockRisk[]> {
  const { shown } = usePlan();
  const found = useQuery(outlookQuery(shown)).data?.stocks;
  return useMemo(() => group(found ?? [], (one) => one.item), [found]);
}

function Projection({ item }: { item: string }) {
  const { shown } = usePlan();
  return <Shown query={useQuery(stockQuery(shown, item))}>{(projection) => <Told projection={projection} />}</Shown>;
}

function Told({ projection }: { projection: StockProjection }) {
  const { t } = useWords();
  const format = useFormats();
  const at = (minute: number): Date => instantOf(projection.starts_at, minute);
  const clock = (minute: number): Date => clockOf(projection.starts_at, minute);
  const title = t("stock.projection", { item: projection.item });
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">{title}</Title>
      <StepChart title={title} from={clock(0)} to={clock(projection.horizon)} safety={projection.safety_stock} safetyName={t("stock.safety")}
        levels={projection.levels.map((one) => ({ at: clock(one.at), value: one.units }))}
        arrivals={projection.receipts.filter((one) => one.run === null).map((one) => ({ at: clock(one.at), label: format.instant(at(one.at)) }))} />
      <Chances item={projection.item} />
      <Table fz="xs" verticalSpacing={2}>
        <Table.Tbody>
          {projection.receipts.map((one, index) => (
            <Table.Tr key={index}>
              <Table.Td>{format.instant(at(one.at))}</Table.Td>
              <Table.Td>{one.run === null ? `▼ ${t("stock.arrival")}` : `${t("stock.delivery")} ${one.run}`}</Table.Td>
              <Table.Td ta="right">+{format.number(one.quantity)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

const LEAST = 0.005; // a chance below is not shown

/** The days on which the item's stock may run out, with what is likely to be there. */
function Chances({ item }: { item: string }) {
  const { t } = useWords();
  const format = useFormats();
  const days = (useStockRisks().get(item) ?? []).filter((one) => one.chance >= LEAST);
  if (days.length === 0) return null;
  return (
    <Table fz="xs" verticalSpacing={2} captionSide="top">
      <Table.Caption>{t("stock.chances")}</Table.Caption>
      <Table.Thead><Table.Tr>
        <Table.Th>{t("forecast.day")}</Table.Th><Table.Th ta="right">{t("stock.chanceDay")}</Table.Th>
        <Table.Th ta="right">{t("stock.missing")}</Table.Th><Table.Th ta="right">{t("stock.likely")}</Table.Th>
      </Table.Tr></Table.Thead>
      <Table.Tbody>
        {days.map((one) => (
          <Table.Tr key={one.day}>
            <Table.Td>{format.date(one.day)}</Table.Td><Table.Td ta="right">{format.percent(one.chance)}</Table.Td>
            <Table.Td ta="right">{format.number(one.missing, 1)}</Table.Td>
            <Table.Td ta="right">{format.number(one.q10)} – {format.number(one.q90)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
