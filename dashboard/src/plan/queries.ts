/** What is asked of the service about a plan, and under which key it is kept. */
import { queryOptions } from "@tanstack/react-query";

import { client, got, Problem } from "../api/client";

/** The plan that is shown: a version, which never changes, or a draft. */
export interface Shown {
  kind: "version" | "draft";
  number: number;
}

const ALWAYS = { staleTime: Infinity };

function keyOf(shown: Shown, ...rest: unknown[]): readonly unknown[] {
  return [shown.kind, shown.number, ...rest];
}

function options<T>(shown: Shown, part: readonly unknown[], ask: () => Promise<T>) {
  const lasting = shown.kind === "version" ? ALWAYS : {};
  return queryOptions({ queryKey: keyOf(shown, ...part), queryFn: ask, ...lasting });
}

const at = (shown: Shown) => ({ params: { path: { number: shown.number } } });

/** A part of a plan has the same shape for a version and a draft, under addresses that differ by the noun. */
const pathOf = <P extends string>(shown: Shown, part: P) => `/api/${shown.kind}s/{number}/${part}` as `/api/versions/{number}/${P}`;

const asking = <Q extends object>(shown: Shown, query: Q) => ({ params: { path: { number: shown.number }, query } });

export const runsQuery = (shown: Shown) =>
  options(shown, ["runs"], () => got(client.GET(pathOf(shown, "runs"), at(shown))));

export const ordersQuery = (shown: Shown) =>
  options(shown, ["orders"], () => got(client.GET(pathOf(shown, "orders"), at(shown))));

export const linesQuery = (shown: Shown) =>
  options(shown, ["lines"], () => got(client.GET(pathOf(shown, "lines"), at(shown))));

export const stocksQuery = (shown: Shown) =>
  options(shown, ["stocks"], () => got(client.GET(pathOf(shown, "stocks"), at(shown))));

export const stockQuery = (shown: Shown, item: string) =>
  options(shown, ["stock", item], () => got(client.GET(pathOf(shown, "stock"), asking(shown, { item }))));

export const exceptionsQuery = (shown: Shown) =>
  options(shown, ["exceptions"], () => got(client.GET(pathOf(shown, "exceptions"), at(shown))));

export const chainQuery = (shown: Shown, of: { order?: string; run?: string }) =>
  options(shown, ["chain", of], () => got(client.GET(pathOf(shown, "chain"), asking(shown, of))));

export const fixesQuery = (shown: Shown, exception: string) =>
  options(shown, ["fixes", exception], () => got(client.GET(pathOf(shown, "fixes"), asking(shown, { exception }))));

/** What was made of a version's plan: it grows by the minute. */
export const outputQuery = (version: number) =>
  queryOptions({
    queryKey: ["output", version],
    queryFn: () => got(client.GET("/api/versions/{number}/output", { params: { path: { number: version } } })),
    refetchInterval: 60_000,
  });

/** What is foreseen of a version, looked at anew now and then, as it is made after it; of a draft nothing is. */
export const outlookQuery = (shown: Shown) =>
  queryOptions({
    queryKey: ["outlook", shown.kind, shown.number],
    queryFn: () => got(client.GET("/api/versions/{number}/outlook", { params: { path: { number: shown.number } } })),
    staleTime: 60_000,
    enabled: shown.kind === "version",
  });

export const plantQuery = (version: number) =>
  queryOptions({
    queryKey: ["version", version, "plant"],
    queryFn: () => got(client.GET("/api/versions/{number}/plant", { params: { path: { number: version } } })),
    ...ALWAYS,
  });

export const figuresQuery = (version: number) =>
  queryOptions({
    queryKey: ["version", version, "figures"],
    queryFn: () => got(client.GET("/api/versions/{number}/figures", { params: { path: { number: version } } })),
    ...ALWAYS,
  });

export const compareQuery = (before: number, after: number) =>
  queryOptions({
    queryKey: ["version", after, "compare", before],
    queryFn: () =>
      got(
        client.GET("/api/versions/{number}/compare/{other}", {
          params: { path: { number: before, other: after } },
        }),
      ),
    ...ALWAYS,
  });

export const latestQuery = queryOptions({
  queryKey: ["versions", "latest"],
  queryFn: () => got(client.GET("/api/versions/latest")),
});

export const versionsQuery = queryOptions({
  queryKey: ["versions", "list"],
  queryFn: () => got(client.GET("/api/versions", { params: { query: { limit: 50 } } })),
});

export const draftsQuery = queryOptions({
  queryKey: ["drafts"],
  queryFn: () => got(client.GET("/api/drafts")),
});

export const draftQuery = (number: number) =>
  queryOptions({
    queryKey: ["draft", number, "head"],
    queryFn: () => got(client.GET("/api/drafts/{number}", { params: { path: { number } } })),
  });

export const changesQuery = (number: number) =>
  queryOptions({
    queryKey: ["draft", number, "changes"],
    queryFn: () => got(client.GET("/api/drafts/{number}/changes", { params: { path: { number } } })),
  });

export const historyQuery = (number: number) =>
  queryOptions({
    queryKey: ["draft", number, "history"],
    queryFn: () => got(client.GET("/api/drafts/{number}/history", { params: { path: { number } } })),
  });

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: () => got(client.GET("/api/jobs", { params: { query: { limit: 50 } } })),
});

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: () => got(client.GET("/api/jobs/{id}", { params: { path: { id } } })),
  });

export const notesQuery = (plantName: string) =>
  queryOptions({
    queryKey: ["notes", plantName],
    queryFn: () => got(client.GET("/api/notes", { params: { query: { plant_name: plantName } } })),
  });

export const liveQuery = queryOptions({
  queryKey: ["live"],
  queryFn: () => got(client.GET("/api/live")),
});

export const forecastsQuery = queryOptions({
  queryKey: ["forecasts"],
  queryFn: () => got(client.GET("/api/forecasts")),
});

export const forecastQuery = (item: string) =>
  queryOptions({
    queryKey: ["forecast", item],
    queryFn: () => got(client.GET("/api/forecast", { params: { query: { item, days: 90 } } })),
  });

export const driftQuery = queryOptions({
  queryKey: ["drift"],
  queryFn: () => got(client.GET("/api/drift", { params: { query: { limit: 100 } } })),
});

export const targetsQuery = queryOptions({
  queryKey: ["targets"],
  queryFn: () => got(client.GET("/api/targets")),
  staleTime: Infinity,
});

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: () => got(client.GET("/api/models")),
});

export const retrainingsQuery = queryOptions({
  queryKey: ["retrainings"],
  queryFn: () => got(client.GET("/api/retrainings", { params: { query: { limit: 100 } } })),
});

/** Where the drift report opens for a minute; null where there is none. Asked for anew each time it is shown. */
export const reportQuery = queryOptions({
  queryKey: ["report"],
  queryFn: () =>
    got(client.POST("/api/reports/drift")).catch((error: unknown) => {
      if (error instanceof Problem && error.code === "not_found") return null;
      throw error;
    }),
  staleTime: 0,
  gcTime: 0,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
});
