/** Moving runs: the service's verdict while they are dragged, and what becomes of a drop. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";

import { client, got } from "../../api/client";
import type { Edit, Plant, Run, Verdict } from "../../api/records";
import type { Chart } from "../../gantt/chart";
import type { Target, Trial } from "../../gantt/grab";
import { sayProblem } from "../../parts/states";
import { useEdits } from "../../plan/edits";
import { usePlan } from "../../plan/shown";
import { useWords } from "../../words";
import { instantOf, useFormats } from "../../words/format";

export interface Judged {
  target: Target;
  verdict: Verdict | null;
  /** Why nothing can be dropped there, before the service is asked. */
  refusal: string | null;
}

/** A drop that was put back, with what it would have broken. */
export interface Refused extends Judged {
  edit: Edit;
}

export function useMoving(chart: Chart, plant: Plant) {
  const { t } = useWords();
  const format = useFormats();
  const { draft, zones } = usePlan();
  const edits = useEdits();
  const queries = useQueryClient();
  const [judged, setJudged] = useState<Judged | null>(null);
  const [places, setPlaces] = useState<ReadonlyMap<number, boolean> | null>(null);
  const [refused, setRefused] = useState<Refused | null>(null);
  const wanted = useRef<Target | null>(null);
  const asking = useRef<Promise<void> | null>(null);
  const placed = useRef("");
  const number = draft?.draft.id ?? 0;

  const capable = useMemo(() => {
    const lines = new Map<string, number[]>();
    for (const one of plant.capabilities ?? []) {
      const row = chart.rowOf.get(one.line);
      if (row !== undefined) lines.set(one.item, [...(lines.get(one.item) ?? []), row]);
    }
    return lines;
  }, [plant, chart.rowOf]);

  const refusalOf = useCallback(
    (target: Target): string | null => {
      const bars = target.runs.flatMap((id) => chart.bars.get(id) ?? []);
      const frozen = bars.some(({ run }) => run.start < zones.frozen || run.start + target.delta < zones.frozen);
      if (zones.frozen > 0 && frozen)
        return t("drop.frozen", { time: format.instant(instantOf(chart.startsAt, zones.frozen)) });
      const held = bars.find(({ run }) => isHeld(run, target));
      if (held) return t("drop.locked", { run: held.run.id, lock: t(`lock.${held.run.lock}`) });
      const lead = chart.bars.get(target.lead)?.run;
      const row = chart.rowOf.get(target.line);
      if (lead && row !== undefined && !(capable.get(lead.item) ?? []).includes(row))
        return t("drop.capability", { line: target.line, item: lead.item });
      return null;
    },
    [chart, zones.frozen, capable, t, format],
  );

  const judge = useCallback(
    async (target: Target): Promise<Judged> => {
      const refusal = refusalOf(target);
      if (refusal) return { target, verdict: null, refusal };
      try {
        const body = { edit: editOf(target, chart) };
        const verdict = await got(client.POST("/api/drafts/{number}/preview", { params: { path: { number } }, body }));
        return { target, verdict, refusal: null };
      } catch (error) {
        return { target, verdict: null, refusal: sayProblem(t, error) };
      }
    },
    [refusalOf, chart, number, t],
  );

  /** Judge the newest target, one request at a time. */
  const follow = useCallback(async (): Promise<void> => {
    while (wanted.current) {
      const target = wanted.current;
      const made = await judge(target);
      if (wanted.current === target) {
        setJudged(made);
        break;
      }
    }
    asking.current = null;
  }, [judge]);

  const findPlaces = useCallback(
    (target: Target): void => {
      const lead = chart.bars.get(target.lead);
      if (!lead || target.runs.length > 1) return;
      const key = `${target.lead} ${Math.round(target.start / 30)}`;
      if (placed.current === key) return;
      placed.current = key;
      setPlaces((before) => before ?? new Map((capable.get(lead.run.item) ?? []).map((row) => [row, true])));
      const query = { run: target.lead, start: target.start };
      queries
        .fetchQuery({
          queryKey: ["draft", number, "places", query],
          queryFn: () => got(client.GET("/api/drafts/{number}/places", { params: { path: { number }, query } })),
        })
        .then((found) => {
          if (placed.current !== key) return;
          const rows = found.flatMap((one): [number, boolean][] => {
            const row = chart.rowOf.get(one.line);
            return row === undefined ? [] : [[row, one.is_legal]];
          });
          setPlaces(new Map(rows));
        })
        .catch(() => undefined); // the capable lines stay marked
    },
    [capable, chart, number, queries],
  );

  const onTry = useCallback(
    (target: Target): void => {
      setRefused(null);
      wanted.current = target;
      findPlaces(target);
      asking.current ??= follow();
    },
    [follow, findPlaces],
  );

  const onLeave = useCallback((): void => {
    wanted.current = null;
    placed.current = "";
    setJudged(null);
    setPlaces(null);
  }, []);

  const onDrop = useCallback(
    async (target: Target): Promise<void> => {
      onLeave();
      const made = judged && isSame(judged.target, target) ? judged : await judge(target);
      const broken = made.verdict ? made.verdict.new.length + made.verdict.grown.length : 0;
      const edit = editOf(target, chart);
      if (made.refusal || broken > 0) setRefused({ ...made, edit });
      else await edits.edit(edit);
    },
    [judged, judge, chart, edits, onLeave],
  );

  const trial: Trial | null = useMemo(
    () =>
      judged && {
        target: judged.target,
        state: judged.refusal || (judged.verdict && judged.verdict.new.length + judged.verdict.grown.length > 0) ? "refused" : "legal",
        ends: new Map((judged.verdict?.runs ?? []).flatMap((one) => (one.after ? [[one.id, one.after.end]] : []))),
      },
    [judged],
  );
  return { trial, judged, places, refused, forget: () => setRefused(null), onTry, onDrop, onLeave };
}

/** The edit that does it: one move, or all in a group. */
export function editOf(target: Target, chart: Chart): Edit {
  const moves = target.runs.flatMap((id) => {
    const run = chart.bars.get(id)?.run;
    if (!run) return [];
    const line = id === target.lead ? target.line : run.line;
    return [{ kind: "move" as const, run: id, line, start: Math.max(0, run.start + target.delta) }];
  });
  return moves.length === 1 ? (moves[0] as Edit) : { kind: "group", edits: moves };
}

function isHeld(run: Run, target: Target): boolean {
  if (run.lock === "all") return true;
  if (run.lock === "start") return target.delta !== 0;
  return run.lock === "line" && run.id === target.lead && run.line !== target.line;
}

function isSame(one: Target, other: Target): boolean {
  return one.lead === other.lead && one.line === other.line && one.start === other.start && one.runs.length === other.runs.length;
}
