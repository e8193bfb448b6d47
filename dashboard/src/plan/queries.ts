/** What is asked of the service about a plan, and under which key it is kept. */
import { queryOptions } from "@tanstack/react-query";

import { client, got } from "../api/client";

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

export const runsQuery = (shown: Shown) =>
  options(shown, ["runs"], () =>
    shown.kind === "draft"
      ? got(client.GET("/api/drafts/{number}/runs", at(shown)))
      : got(client.GET("/api/versions/{number}/runs", at(shown))),
  );

export const ordersQuery = (shown: Shown) =>
  options(shown, ["orders"], () =>
    shown.kind === "draft"
      ? got(client.GET("/api/drafts/{number}/orders", at(shown)))
      : got(client.GET("/api/versions/{number}/orders", at(shown))),
  );

export const linesQuery = (shown: Shown) =>
  options(shown, ["lines"], () =>
    shown.kind === "draft"
      ? got(client.GET("/api/drafts/{number}/lines", at(shown)))
      : got(client.GET("/api/versions/{number}/lines", at(shown))),
  );

export const stocksQuery = (shown: Shown) =>
  options(shown, ["stocks"], () =>
    shown.kind === "draft"
      ? got(client.GET("/api/drafts/{number}/stocks", at(shown)))
      : got(client.GET("/api/versions/{number}/stocks", at(shown))),
  );

export const stockQuery = (shown: Shown, item: string) =>
  options(shown, ["stock", item], () => {
    const asked = { params: { path: { number: shown.number }, query: { item } } };
    return shown.kind === "draft"
      ? got(client.GET("/api/drafts/{number}/stock", asked))
      : got(client.GET("/api/versions/{number}/stock", asked));
  });

export const exceptionsQuery = (shown: Shown) =>
  options(shown, ["exceptions"], () =>
    shown.kind === "draft"
      ? got(client.GET("/api/drafts/{number}/exceptions", at(shown)))
      : got(client.GET("/api/versions/{number}/exceptions", at(shown))),
  );

export const chainQuery = (shown: Shown, of: { order?: string; run?: string }) =>
  options(shown, ["chain", of], () => {
    const asked = { params: { path: { number: shown.number }, query: of } };
    return shown.kind === "draft"
      ? got(client.GET("/api/drafts/{number}/chain", asked))
      : got(client.GET("/api/versions/{number}/chain", asked));
  });

export const fixesQuery = (version: number, exception: string) =>
  queryOptions({
    queryKey: ["version", version, "fixes", exception],
    queryFn: () =>
      got(
        client.GET("/api/versions/{number}/fixes", {
          params: { path: { number: version }, query: { exception } },
        }),
      ),
    ...ALWAYS,
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
