import type { Edit } from "../api/records";
import type { Words } from "../words";

/** An edit in a few words. */
export function sayEdit(t: Words, edit: Edit | undefined): string {
  switch (edit?.kind) {
    case "move": return `${t("run.move")}: ${edit.run} → ${edit.line}`;
    case "split": return `${t("run.split")}: ${edit.run}`;
    case "merge": return `${t("run.merge")}: ${edit.run} + ${edit.other}`;
    case "resize": return `${t("run.resize")}: ${edit.run} = ${edit.quantity}`;
    case "lock": return `${edit.run}: ${t(`lock.${edit.lock}`)}`;
    case "add": return `${t("run.add")}: ${edit.item}, ${edit.line}`;
    case "cancel": return `${t("run.cancel")}: ${edit.run}`;
    case "replace": return t("repair.moves", { count: (edit.put ?? []).length + (edit.remove ?? []).length });
    case "group": return edit.edits.map((one) => sayEdit(t, one)).join("; ");
    default: return "";
  }
}
