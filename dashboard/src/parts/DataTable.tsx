/** A table that sorts, searches, exports what is seen, and draws only the rows that show. */
import { Group, Table, Text, TextInput, UnstyledButton } from "@mantine/core";
import { type ColumnDef, flexRender, getCoreRowModel, getFilteredRowModel, getSortedRowModel, type SortingState, useReactTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef, useState } from "react";

import { ExportMenu } from "../export/ExportMenu";
import type { CalendarEntry, Cell } from "../export/files";
import { useWords } from "../words";

export interface Column<T> {
  id: string;
  title: string;
  /** What is sorted, searched and exported. */
  value: (row: T) => Cell;
  /** What is shown, where that is something else. */
  show?: (row: T) => ReactNode;
  isNumber?: boolean;
  /** Something to press: shown, not exported. */
  isAction?: boolean;
}

interface Props<T> {
  name: string;
  rows: readonly T[];
  columns: Column<T>[];
  idOf: (row: T) => string;
  picked?: string | null;
  onPick?: (row: T) => void;
  sorting?: SortingState;
  toolbar?: ReactNode;
  /** A row as an entry of a calendar, where rows have a time. */
  calendar?: (row: T) => CalendarEntry;
  height?: number | string;
}

const ROW = 30;

export function DataTable<T>({ name, rows, columns, idOf, picked, onPick, sorting: first = [], toolbar, calendar, height = "100%" }: Props<T>) {
  const { t } = useWords();
  const [sorting, setSorting] = useState<SortingState>(first);
  const [filter, setFilter] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const data = useMemo(() => [...rows], [rows]);
  const defs = useMemo(
    () => columns.map((column): ColumnDef<T> => ({
      id: column.id, header: column.title, accessorFn: column.value, sortUndefined: "last", sortDescFirst: column.isNumber ?? false,
      sortingFn: (one, other, id) => compare(one.getValue(id), other.getValue(id)),
      cell: (cell) => (column.show ? column.show(cell.row.original) : String(cell.getValue() ?? "–")),
    })),
    [columns],
  );
  const table = useReactTable({
    data, columns: defs, state: { sorting, globalFilter: filter }, onSortingChange: setSorting, onGlobalFilterChange: setFilter,
    getRowId: idOf, getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel(), getFilteredRowModel: getFilteredRowModel(),
    globalFilterFn: (row, id, wanted: string) => String(row.getValue(id) ?? "").toLowerCase().includes(wanted.toLowerCase()),
    getColumnCanGlobalFilter: () => true,
  });
  const shown = table.getRowModel().rows;
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12 });
  const items = virtual.getVirtualItems();
  const told = columns.filter((column) => !column.isAction);
  const sheet = () => ({
    name: `takt-${name}`,
    columns: told.map((column) => column.title),
    rows: shown.map((row) => told.map((column) => column.value(row.original))),
  });
  const numeric = new Set(columns.filter((column) => column.isNumber).map((column) => column.id));
  return (
    <div style={{ display: "flex", flexDirection: "column", height, minHeight: 0 }}>
      <Group gap="xs" p="xs" justify="space-between" className="no-print">
        <Group gap="xs">
          <TextInput size="xs" w={200} placeholder={t("table.search")} aria-label={t("table.search")} value={filter} onChange={(event) => setFilter(event.currentTarget.value)} />
          <Text size="xs" c="dimmed" role="status">
            {shown.length === rows.length ? t("table.rows", { count: rows.length }) : t("table.filtered", { shown: shown.length, count: rows.length })}
          </Text>
          {toolbar}
        </Group>
        <ExportMenu sheet={sheet} calendar={calendar && (() => shown.map((row) => calendar(row.original)))} />
      </Group>
      <div ref={scroller} style={{ flex: 1, overflow: "auto", minHeight: 120 }} tabIndex={0} role="region" aria-label={name}>
        <Table stickyHeader highlightOnHover={onPick !== undefined} fz="sm" verticalSpacing={4} aria-rowcount={shown.length + 1}>
          <Table.Thead>
            {table.getHeaderGroups().map((group) => (
              <Table.Tr key={group.id}>
                {group.headers.map((header) => {
                  const sorted = header.column.getIsSorted();
                  return (
                    <Table.Th key={header.id} ta={numeric.has(header.column.id) ? "right" : undefined} aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}>
                      <UnstyledButton fz="sm" fw={600} onClick={header.column.getToggleSortingHandler()}>
                        {flexRender(header.column.columnDef.header, header.getContext())}
                        {sorted ? <span aria-hidden>{sorted === "asc" ? " ▲" : " ▼"}</span> : null}
                      </UnstyledButton>
                    </Table.Th>
                  );
                })}
              </Table.Tr>
            ))}
          </Table.Thead>
          <Table.Tbody>
            {items[0] && items[0].start > 0 && <tr style={{ height: items[0].start }} aria-hidden />}
            {items.map((item) => {
              const row = shown[item.index];
              if (!row) return null;
              return (
                <Table.Tr key={row.id} ref={virtual.measureElement} data-index={item.index} className="table-row" data-picks={onPick ? "" : undefined} bg={row.id === picked ? "var(--mantine-primary-color-light)" : undefined}
                  aria-selected={onPick ? row.id === picked : undefined} tabIndex={onPick ? 0 : undefined} h={ROW}
                  onClick={() => onPick?.(row.original)}
                  onKeyDown={(event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); onPick?.(row.original); } }}>
                  {row.getVisibleCells().map((cell) => (
                    <Table.Td key={cell.id} ta={numeric.has(cell.column.id) ? "right" : undefined} style={numeric.has(cell.column.id) ? { whiteSpace: "nowrap" } : undefined}>{flexRender(cell.column.columnDef.cell, cell.getContext())}</Table.Td>
                  ))}
                </Table.Tr>
              );
            })}
            {items.length > 0 && <tr style={{ height: virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0) }} aria-hidden />}
          </Table.Tbody>
        </Table>
        {shown.length === 0 && <Text p="md" c="dimmed">{t("state.empty")}</Text>}
      </div>
    </div>
  );
}

/** Numbers and instants by size, text by its letters and numbers; nothing comes last. */
export function compare(one: unknown, other: unknown): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
  if (typeof one === "string" && typeof other === "string") return one.localeCompare(other, undefined, { numeric: true });
  return Number(one) - Number(other);
}
