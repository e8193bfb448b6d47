/** The pages: their address, their word and what is drawn, loaded when first opened. */
import { type ComponentType, lazy, type LazyExoticComponent } from "react";

import { Schedule } from "../pages/Schedule";
import type { WordKey } from "../words/en";

interface Page {
  path: string;
  word: WordKey;
  view: LazyExoticComponent<ComponentType> | ComponentType;
}

const LOADS = {
  Overview: () => import("../pages/Overview"),
  Exceptions: () => import("../pages/Exceptions"),
  Orders: () => import("../pages/Orders"),
  Inventory: () => import("../pages/Inventory"),
  Lines: () => import("../pages/Lines"),
  Forecast: () => import("../pages/Forecast"),
  Versions: () => import("../pages/Versions"),
  Scenarios: () => import("../pages/Scenarios"),
  Models: () => import("../pages/Models"),
} as const;

export const PAGES: readonly Page[] = [
  { path: "/schedule", word: "nav.schedule", view: Schedule },
  { path: "/overview", word: "nav.overview", view: lazy(LOADS.Overview) },
  { path: "/exceptions", word: "nav.exceptions", view: lazy(LOADS.Exceptions) },
  { path: "/orders", word: "nav.orders", view: lazy(LOADS.Orders) },
  { path: "/inventory", word: "nav.inventory", view: lazy(LOADS.Inventory) },
  { path: "/lines", word: "nav.lines", view: lazy(LOADS.Lines) },
  { path: "/forecast", word: "nav.forecast", view: lazy(LOADS.Forecast) },
  { path: "/versions", word: "nav.versions", view: lazy(LOADS.Versions) },
  { path: "/scenarios", word: "nav.scenarios", view: lazy(LOADS.Scenarios) },
  { path: "/models", word: "nav.models", view: lazy(LOADS.Models) },
];

/** Fetch the other pages' files ahead, so that they open at once, and while the service is away. */
export function loadAhead(): void {
  for (const load of Object.values(LOADS)) load().catch(() => undefined); // opening it says so
}
