/** Which plan all pages show: the address says it, else the published one. */
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useSearchParams } from "react-router";

import type { Draft, VersionSummary } from "../api/records";
import { Problem } from "../api/client";
import { Empty, Loading, Trouble } from "../parts/states";
import { useWords } from "../words";
import { offsetOf, PlantClock } from "../words/format";
import { draftQuery, figuresQuery, latestQuery, type Shown } from "./queries";

export interface ShownPlan {
  shown: Shown;
  /** The version whose plant it is: the shown one, or the one that the draft changes. */
  version: number;
  latest: VersionSummary;
  draft: Draft | null;
  startsAt: string;
  horizon: number;
  currency: string;
  zones: { frozen: number; slush: number };
  plantName: string;
  kpis: Record<string, number | null>;
  cost: Record<string, number>;
}

const Plan = createContext<ShownPlan | null>(null);

export function usePlan(): ShownPlan {
  const plan = useContext(Plan);
  if (plan === null) throw new Error("usePlan: expected to stand inside PlanProvider");
  return plan;
}

export function PlanProvider({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const [search] = useSearchParams();
  const wanted = { draft: positive(search.get("draft")), version: positive(search.get("version")) };
  const latest = useQuery(latestQuery);
  const draft = useQuery({ ...draftQuery(wanted.draft ?? 0), enabled: wanted.draft !== null });
  const head = wanted.draft === null ? null : (draft.data ?? null);
  const version = head?.draft.version ?? wanted.version ?? latest.data?.version.number ?? null;
  const figures = useQuery({ ...figuresQuery(version ?? 0), enabled: version !== null });
  const plan = useMemo((): ShownPlan | null => {
    if (!latest.data || !figures.data || version === null) return null;
    if (wanted.draft !== null && head === null) return null;
    const shown: Shown = head ? { kind: "draft", number: head.draft.id } : { kind: "version", number: version };
    const zones = head?.draft.zones ?? figures.data.zones;
    return {
      shown, version, latest: latest.data, draft: head,
      startsAt: figures.data.starts_at, horizon: figures.data.horizon, currency: figures.data.currency,
      zones: { frozen: zones.frozen ?? 0, slush: zones.slush ?? 0 },
      plantName: head?.draft.plant_name ?? latest.data.version.plant_name,
      kpis: head?.kpis ?? figures.data.kpis,
      cost: head?.cost ?? figures.data.cost,
    };
  }, [latest.data, figures.data, head, version, wanted.draft]);
  if (plan)
    return (
      <Plan.Provider value={plan}>
        <PlantClock.Provider value={offsetOf(plan.startsAt)}>{children}</PlantClock.Provider>
      </Plan.Provider>
    );
  const failed = [latest, draft, figures].find((one) => one.error);
  if (failed?.error instanceof Problem && failed.error.code === "not_found" && failed === latest)
    return <Empty title={t("state.noPlan")} hint={t("state.noPlanHint")} />;
  if (failed?.error) return <Trouble error={failed.error} again={() => void failed.refetch()} />;
  return <Loading />;
}

function positive(text: string | null): number | null {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number > 0 ? number : null;
}
