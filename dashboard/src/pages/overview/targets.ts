/** The tiles, the lists behind them, and targets as this browser keeps them. */
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

const key = (tile: Tile): string => `takt.target.${tile.name}`;

export const targets = {
  get(tile: Tile): number {
    const kept = localStorage.getItem(key(tile));
    const number = Number(kept);
    return kept !== null && Number.isFinite(number) ? number : tile.target;
  },
  set(tile: Tile, value: number): void {
    localStorage.setItem(key(tile), String(value));
  },
};

export function isReached(tile: Tile, value: number, target: number): boolean {
  return tile.isMore ? value >= target : value <= target;
}
