import type { Run } from "../../api/records";

export interface Wanted {
  text: string;
  family: string | null;
  onlyLate: boolean;
}

/** The ids of the runs that are wanted; null where all are. Each word must be in the line, item, family or run. */
export function matching(runs: readonly Run[], { text, family, onlyLate }: Wanted): ReadonlySet<string> | null {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && family === null && !onlyLate) return null;
  const found = runs.filter((run) => {
    if (family !== null && run.family !== family) return false;
    if (onlyLate && run.late <= 0) return false;
    const all = `${run.line} ${run.item} ${run.family} ${run.id}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  return new Set(found.map((run) => run.id));
}
