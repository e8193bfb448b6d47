/** All orders with what becomes of them; a click lights the order's chain in the schedule. */
import { Checkbox, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";

import type { Order, Orders as AllOrders } from "../api/records";
import { type Column, DataTable } from "../parts/DataTable";
import { PAGE } from "../parts/Scroll";
import { Shown } from "../parts/states";
import { ordersQuery, outlookQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { instantOf, useFormats } from "../words/format";

const DUE = 15; // minutes that a due date takes in a calendar

export default function Orders() {
  const { shown } = usePlan();
  return <Shown query={useQuery(ordersQuery(shown))}>{(orders) => <Page orders={orders} />}</Shown>;
}

function Page({ orders }: { orders: AllOrders }) {
  const { t } = useWords();
  const format = useFormats();
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const onlyLate = search.get("late") === "1";
  const risks = useRisks();
  const columns = useMemo((): Column<Order>[] => {
    const at = (minute: number): Date => instantOf(orders.starts_at, minute);
    return [
      { id: "order", title: t("order.order"), value: (one) => one.id },
      { id: "item", title: t("run.item"), value: (one) => one.item },
      { id: "family", title: t("run.family"), value: (one) => one.family },
      { id: "quantity", title: t("run.quantity"), value: (one) => one.quantity, show: (one) => format.number(one.quantity, 1), isNumber: true },
      { id: "due", title: t("order.due"), value: (one) => at(one.due), show: (one) => <span style={{ whiteSpace: "nowrap" }}>{format.instant(at(one.due))}</span> },
      { id: "late", title: t("order.late"), value: (one) => one.late, isNumber: true,
        show: (one) => <span className={one.late > 0 ? "bad" : undefined}>{one.late > 0 ? `▲ ${format.number(one.late, 1)}` : "0"}</span> },
      { id: "served", title: t("order.servedAt"), value: (one) => (one.served_at === null ? null : at(one.served_at)),
        show: (one) => (one.served_at === null ? t("order.never") : <span style={{ whiteSpace: "nowrap" }}>{format.instant(at(one.served_at))}</span>) },
      ...risks,
      { id: "weight", title: t("order.weight"), value: (one) => one.weight, show: (one) => format.number(one.weight, 2), isNumber: true },
      { id: "source", title: t("order.source"), value: (one) => t(`order.${one.source}`) },
    ];
  }, [orders.starts_at, t, format, risks]);
  const rows = onlyLate ? orders.orders.filter((one) => one.late > 0) : orders.orders;
  return (
    <DataTable name="orders" height={PAGE} rows={rows} columns={columns} idOf={(one) => one.id} sorting={[{ id: "late", desc: true }]}
      calendar={(one) => ({ id: `order-${one.id}`, title: `${one.id}: ${one.item} × ${one.quantity}`, place: "", note: t(`order.${one.source}`), start: instantOf(orders.starts_at, one.due), end: instantOf(orders.starts_at, one.due + DUE) })}
      toolbar={<Checkbox size="xs" label={t("gantt.onlyLate")} checked={onlyLate} onChange={(event) => {
        const { checked } = event.currentTarget;
        setSearch((old) => {
          const next = new URLSearchParams(old);
          if (checked) next.set("late", "1");
          else next.delete("late");
          return next;
        }, { replace: true });
      }} />}
      onPick={(one) => {
        const to = new URLSearchParams(search);
        to.delete("late");
        to.set("order", one.id);
        void navigate({ pathname: "/schedule", search: to.toString() });
      }} />
  );
}

/** The chance that an order will be late, and the weightiest reason, where a version was looked ahead of. */
function useRisks(): Column<Order>[] {
  const { t, language } = useWords();
  const format = useFormats();
  const { shown } = usePlan();
  const found = useQuery(outlookQuery(shown)).data?.orders;
  return useMemo(() => {
    if (!found || found.length === 0) return [];
    const by = new Map(found.map((one) => [one.order, one]));
    const why = (order: Order): string => by.get(order.id)?.reasons.map((one) => one[language]).join("; ") ?? "";
    return [
      { id: "chance", title: t("order.chance"), value: (order) => by.get(order.id)?.chance ?? null, isNumber: true,
        show: (order) => {
          const chance = by.get(order.id)?.chance;
          return chance === undefined ? "–" : <span className={chance >= 0.5 ? "bad" : undefined}>{chance >= 0.5 ? "▲ " : ""}{format.percent(chance)}</span>;
        } },
      { id: "why", title: t("order.why"), value: why,
        show: (order) => <Text size="xs" lineClamp={1} maw={190} title={why(order)}>{by.get(order.id)?.reasons[0]?.[language] ?? ""}</Text> },
    ];
  }, [found, t, format, language]);
}
