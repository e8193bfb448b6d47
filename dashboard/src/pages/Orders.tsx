/** All orders with what becomes of them; a click lights the order's chain in the schedule. */
import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";

import type { Order, Orders as AllOrders } from "../api/records";
import { type Column, DataTable } from "../parts/DataTable";
import { PAGE } from "../parts/Scroll";
import { Shown } from "../parts/states";
import { ordersQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { instantOf, useFormats } from "../words/format";

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
  const columns = useMemo((): Column<Order>[] => {
    const at = (minute: number): Date => instantOf(orders.starts_at, minute);
    return [
      { id: "order", title: t("order.order"), value: (one) => one.id },
      { id: "item", title: t("run.item"), value: (one) => one.item },
      { id: "family", title: t("run.family"), value: (one) => one.family },
      { id: "quantity", title: t("run.quantity"), value: (one) => one.quantity, show: (one) => format.number(one.quantity, 1), isNumber: true },
      { id: "due", title: t("order.due"), value: (one) => at(one.due), show: (one) => format.instant(at(one.due)) },
      { id: "late", title: t("order.late"), value: (one) => one.late, isNumber: true,
        show: (one) => <span className={one.late > 0 ? "bad" : undefined}>{one.late > 0 ? `▲ ${format.number(one.late, 1)}` : "0"}</span> },
      { id: "served", title: t("order.servedAt"), value: (one) => (one.served_at === null ? null : at(one.served_at)),
        show: (one) => (one.served_at === null ? t("order.never") : format.instant(at(one.served_at))) },
      { id: "weight", title: t("order.weight"), value: (one) => one.weight, show: (one) => format.number(one.weight, 2), isNumber: true },
      { id: "source", title: t("order.source"), value: (one) => t(`order.${one.source}`) },
    ];
  }, [orders.starts_at, t, format]);
  const rows = onlyLate ? orders.orders.filter((one) => one.late > 0) : orders.orders;
  return (
    <DataTable name="orders" height={PAGE} rows={rows} columns={columns} idOf={(one) => one.id} sorting={[{ id: "late", desc: true }]}
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
