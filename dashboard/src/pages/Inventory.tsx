/** Stock of every item over the horizon, with what arrives and what runs deliver. */
import { Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";

import type { Stock, StockProjection } from "../api/records";
import { StepChart } from "../parts/StepChart";
import { type Column, DataTable } from "../parts/DataTable";
import { Beside } from "../parts/Scroll";
import { Shown } from "../parts/states";
import { stockQuery, stocksQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { instantOf, useFormats } from "../words/format";

export default function Inventory() {
  const { shown } = usePlan();
  return <Shown query={useQuery(stocksQuery(shown))}>{(stocks) => <Page stocks={stocks} />}</Shown>;
}

function Page({ stocks }: { stocks: Stock[] }) {
  const { t } = useWords();
  const format = useFormats();
  const [search, setSearch] = useSearchParams();
  const picked = search.get("item");
  const columns = useMemo((): Column<Stock>[] => {
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
    ];
  }, [t, format]);
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

function Projection({ item }: { item: string }) {
  const { shown } = usePlan();
  return <Shown query={useQuery(stockQuery(shown, item))}>{(projection) => <Told projection={projection} />}</Shown>;
}

function Told({ projection }: { projection: StockProjection }) {
  const { t } = useWords();
  const format = useFormats();
  const at = (minute: number): Date => instantOf(projection.starts_at, minute);
  const title = t("stock.projection", { item: projection.item });
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">{title}</Title>
      <StepChart title={title} from={at(0)} to={at(projection.horizon)} safety={projection.safety_stock} safetyName={t("stock.safety")}
        levels={projection.levels.map((one) => ({ at: at(one.at), value: one.units }))}
        arrivals={projection.receipts.filter((one) => one.run === null).map((one) => at(one.at))} />
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
