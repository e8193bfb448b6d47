/** Runs as a sheet and as a calendar. */
import type { Run } from "../api/records";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { instantOf } from "../words/format";
import type { CalendarEntry, Sheet } from "./files";

interface Files {
  sheet: () => Sheet;
  calendar: () => CalendarEntry[];
}

export function useRunFiles(name: string, startsAt: string, runs: readonly Run[]): Files {
  const { t } = useWords();
  const { shown } = usePlan();
  const at = (minute: number): Date => instantOf(startsAt, minute);
  return {
    sheet: () => ({
      name,
      columns: [t("run.run"), t("run.line"), t("run.item"), t("run.family"), t("run.start"), t("run.end"), t("run.quantity"), t("run.lock"), t("run.changeover"), t("run.late")],
      rows: runs.map((run) => [run.id, run.line, run.item, run.family, at(run.start), at(run.end), run.quantity, t(`lock.${run.lock}`), run.changeover_minutes, run.late]),
    }),
    calendar: () =>
      runs.map((run) => ({
        id: `${shown.kind}-${shown.number}-${run.id}`, title: `${run.item} × ${run.quantity}`, place: run.line, note: run.id,
        start: at(run.start), end: at(run.end),
      })),
  };
}
