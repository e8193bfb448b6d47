import { Badge, Button, Drawer, Group, Text, Timeline } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { mayEdit, useSession } from "../app/session";
import { Shown } from "../parts/states";
import { useWords } from "../words";
import { useFormats } from "../words/format";
import { type ReviewStep, useEdits } from "./edits";
import { changesQuery, historyQuery, versionsQuery } from "./queries";
import { sayEdit } from "./sayEdit";
import { usePlan } from "./shown";
import { Breaches, tone } from "./VerdictView";

const STEPS: Record<string, readonly ReviewStep[]> = {
  open: ["submit", "discard"],
  rejected: ["submit", "discard"],
  submitted: ["approve", "reject", "withdraw"],
  approved: ["withdraw"],
};

/** What can be done with the draft as a whole: undo, review, publish; or opening one. */
export function DraftBar() {
  const { t } = useWords();
  const { draft, latest } = usePlan();
  const follows = useFollowed(draft?.draft.version);
  const edits = useEdits();
  const session = useSession();
  const [history, setHistory] = useState(false);
  useUndoKeys(draft !== null && edits.isOpen, edits.undo, edits.redo);
  if (!mayEdit(session)) return <Text size="xs" c="dimmed" title={t("state.lookOnly")}>{t("state.looking")}</Text>;
  if (!draft)
    return <Button size="xs" onClick={() => void edits.open()} loading={edits.busy}>{t("draft.open")}</Button>;
  const { status } = draft.draft;
  return (
    <Group gap={6}>
      <Button.Group>
        <Button size="xs" variant="default" disabled={!edits.isOpen || draft.undoable === 0} onClick={() => void edits.undo()} title="Ctrl+Z">{t("draft.undo")}</Button>
        <Button size="xs" variant="default" disabled={!edits.isOpen || draft.redoable === 0} onClick={() => void edits.redo()} title="Ctrl+Y">{t("draft.redo")}</Button>
      </Button.Group>
      <Standing />
      <Badge variant="outline" color="gray">{t(`status.${status}`)}</Badge>
      {follows !== undefined && latest.version.number !== follows && STEPS[status] && (
        <>
          <Badge variant="light" color="orange">△ {t("draft.superseded", { number: latest.version.number })}</Badge>
          <Button size="xs" loading={edits.busy} onClick={() => void edits.carry()}>{t("carry.start")}</Button>
        </>
      )}
      {(STEPS[status] ?? []).map((step) => (
        <Button key={step} size="xs" variant={step === "submit" || step === "approve" ? "filled" : "default"}
          disabled={step === "approve" && !draft.feasible}
          onClick={() => { if (step !== "discard" || window.confirm(t("draft.discardSure"))) void edits.review(step); }}>
          {t(`draft.${step}`)}
        </Button>
      ))}
      {status === "approved" && <Button size="xs" color="teal.9" loading={edits.busy} onClick={() => void edits.publish()}>{t("draft.publish")}</Button>}
      <Button size="xs" variant="subtle" onClick={() => setHistory(true)}>{t("draft.history")} ({draft.draft.revision})</Button>
      <Drawer opened={history} onClose={() => setHistory(false)} position="right" title={t("draft.history")}
        closeButtonProps={{ "aria-label": t("common.close") }}>
        {history && <History draft={draft.draft.id} />}
      </Drawer>
    </Group>
  );
}

/** The version that has to be the published one for a draft of a version to be published: of a recommendation its base. */
function useFollowed(version: number | undefined): number | null | undefined {
  const versions = useQuery(versionsQuery).data?.versions ?? [];
  const changes = versions.find((one) => one.version.number === version)?.version;
  return changes?.status === "draft" ? changes.base : version;
}

/** How the draft stands: what it changes in money, and whether it holds all rules. */
function Standing() {
  const { t } = useWords();
  const format = useFormats();
  const { draft, currency } = usePlan();
  const changes = useQuery({ ...changesQuery(draft?.draft.id ?? 0), enabled: draft !== null });
  const [open, setOpen] = useState(false);
  if (!draft) return null;
  const change = changes.data?.cost["total"]?.change ?? 0;
  return (
    <Group gap={6}>
      <Text size="sm" fw={600} c={tone(change)} data-testid="draft-cost">
        {t("verdict.cost")} {format.money(draft.cost["total"] ?? 0, currency)} ({format.signed(change, Math.abs(change) < 100 ? 1 : 0)})
      </Text>
      <Badge component="button" style={{ cursor: "pointer", border: 0 }} color={draft.feasible ? "teal" : "red"} variant="light" onClick={() => setOpen(!draft.feasible)} data-testid="feasible">
        {draft.feasible ? `✓ ${t("draft.feasible")}` : `✕ ${t("draft.breaches", { count: draft.violations.length })}`}
      </Badge>
      <Drawer opened={open} onClose={() => setOpen(false)} position="right" title={t("draft.breaches", { count: draft.violations.length })}
        closeButtonProps={{ "aria-label": t("common.close") }}>
        <Breaches breaches={draft.violations} most={200} />
      </Drawer>
    </Group>
  );
}

function History({ draft }: { draft: number }) {
  const { t } = useWords();
  const format = useFormats();
  const { currency } = usePlan();
  const query = useQuery(historyQuery(draft));
  return (
    <Shown query={query}>
      {(entries) => entries.length === 0 ? <Text>{t("state.empty")}</Text> : (
        <Timeline bulletSize={14} lineWidth={2}>
          {[...entries].reverse().map((entry) => (
            <Timeline.Item key={entry.revision} title={<Text size="sm">{entry.kind === "edit" ? sayEdit(t, entry.edit) : t(`draft.${entry.kind}`)}</Text>}>
              <Text size="xs" c="dimmed">{entry.author} · {format.instant(entry.at)} · {format.change(entry.cost_after - entry.cost_before, currency)}</Text>
              {entry.reason && <Text size="xs">{entry.reason}</Text>}
            </Timeline.Item>
          ))}
        </Timeline>
      )}
    </Shown>
  );
}

function useUndoKeys(isOn: boolean, undo: () => Promise<void>, redo: () => Promise<void>): void {
  useEffect(() => {
    if (!isOn) return;
    const pressed = (event: KeyboardEvent): void => {
      const field = event.target as HTMLElement | null;
      if (!(event.ctrlKey || event.metaKey) || field?.closest("input, textarea, select, [contenteditable]")) return;
      if (event.code === "KeyZ" || event.code === "KeyY") { // the keys' places: Korean input names them otherwise
        event.preventDefault();
        void (event.code === "KeyY" || event.shiftKey ? redo() : undo());
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [isOn, undo, redo]);
}
