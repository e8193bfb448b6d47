/** The tiles, the lists behind them, and targets: the user's own where there are, else the usual ones. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { client, got } from "../../api/client";
import { targetsQuery } from "../../plan/queries";

export interface Tile {
  name: string;
  list: string;
  search: string;
  target: number;
  isMore: boolean; // whether more is better
  isShare?: boolean;
}

export const TILES: readonly Tile[] = [
  { name: "on_time_in_full", list: "/orders", search: "late=1", target: 0.95, isMore: true, isShare: true },
  { name: "orders_late", list: "/exceptions", search: "kind=late", target: 10, isMore: false },
  { name: "tardiness_unit_days", list: "/exceptions", search: "kind=late", target: 1000, isMore: false },
  { name: "utilisation", list: "/lines", search: "", target: 0.8, isMore: true, isShare: true },
  { name: "changeovers", list: "/lines", search: "", target: 100, isMore: false },
  { name: "overtime_hours", list: "/exceptions", search: "kind=overtime", target: 200, isMore: false },
  { name: "mean_stock", list: "/inventory", search: "", target: 500_000, isMore: false },
  { name: "moves", list: "/versions", search: "", target: 20, isMore: false },
];

interface Targets {
  of: (tile: Tile) => number;
  set: (tile: Tile, value: number) => void;
  error: Error | null;
}

export function useTargets(): Targets {
  const queries = useQueryClient();
  const kept = useQuery(targetsQuery);
  const change = useMutation({
    mutationFn: ({ kpi, value }: { kpi: string; value: number }) =>
      got(client.PUT("/api/targets/{kpi}", { params: { path: { kpi } }, body: { value } })),
    onSuccess: (all) => queries.setQueryData(targetsQuery.queryKey, all),
  });
  return {
    of: (tile) => kept.data?.[tile.name] ?? tile.target,
    set: (tile, value) => change.mutate({ kpi: tile.name, value }),
    error: change.error ?? kept.error,
  };
}

export function isReached(tile: Tile, value: number, target: number): boolean {
  return tile.isMore ? value >= target : value <= target;
}
