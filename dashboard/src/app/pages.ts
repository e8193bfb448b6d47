/** The pages: their address, their word and what is drawn, loaded when first opened. */
import { type ComponentType, lazy, type LazyExoticComponent } from "react";

import type { WordKey } from "../words/en";

interface Page {
  path: string;
  word: WordKey;
  view: LazyExoticComponent<ComponentType> | ComponentType;
}

import { Schedule } from "../pages/Schedule";

export const PAGES: readonly Page[] = [
  { path: "/schedule", word: "nav.schedule", view: Schedule },
  { path: "/overview", word: "nav.overview", view: lazy(() => import("../pages/Overview")) },
  { path: "/exceptions", word: "nav.exceptions", view: lazy(() => import("../pages/Exceptions")) },
  { path: "/orders", word: "nav.orders", view: lazy(() => import("../pages/Orders")) },
  { path: "/inventory", word: "nav.inventory", view: lazy(() => import("../pages/Inventory")) },
  { path: "/lines", word: "nav.lines", view: lazy(() => import("../pages/Lines")) },
  { path: "/forecast", word: "nav.forecast", view: lazy(() => import("../pages/Forecast")) },
  { path: "/versions", word: "nav.versions", view: lazy(() => import("../pages/Versions")) },
  { path: "/scenarios", word: "nav.scenarios", view: lazy(() => import("../pages/Scenarios")) },
  { path: "/models", word: "nav.models", view: lazy(() => import("../pages/Models")) },
];
