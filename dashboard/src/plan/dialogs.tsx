/** What is told of edits that did not simply go through: others were faster, or some could not be carried over. */
import { Button, Group, List, Modal, Text } from "@mantine/core";

import type { Carried, Edit } from "../api/records";
import { useWords } from "../words";
import { useFormats } from "../words/format";
import { sayEdit } from "./sayEdit";

export interface Stale {
  changes: Record<string, unknown>[];
  repeat: () => Promise<unknown>;
}

export function StaleDialog({ stale, close }: { stale: Stale; close: () => void }) {
  const { t } = useWords();
  const format = useFormats();
  return (
    <Modal opened onClose={close} title={t("stale.title")} closeButtonProps={{ "aria-label": t("common.close") }}>
      <Text size="sm">{t("stale.text")}</Text>
      <List my="sm" size="sm">
        {stale.changes.map((change, index) => (
          <List.Item key={index}>
            {String(change["author"] ?? "")} · {change["at"] ? format.instant(String(change["at"])) : ""} · {sayEdit(t, change["edit"] as Edit | undefined)}
            {change["reason"] ? ` (${String(change["reason"])})` : ""}
          </List.Item>
        ))}
      </List>
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>{t("stale.drop")}</Button>
        <Button onClick={() => { close(); void stale.repeat(); }}>{t("stale.repeat")}</Button>
      </Group>
    </Modal>
  );
}

/** What of a draft stands in the new one, and what does not, with its reason. */
export function CarriedDialog({ carried, close }: { carried: Carried; close: () => void }) {
  const { t } = useWords();
  const { draft, left } = carried;
  return (
    <Modal opened onClose={close} title={t("carry.title", { version: draft.draft.version })} closeButtonProps={{ "aria-label": t("common.close") }}>
      <Text size="sm">{t("carry.done", { count: draft.draft.revision, left: left.length })}</Text>
      <List my="sm" size="sm">
        {left.map(({ entry, why }) => <List.Item key={entry.revision}>{sayEdit(t, entry.edit)}: {why}</List.Item>)}
      </List>
      {!draft.feasible && <Text size="sm">{t("draft.breaches", { count: draft.violations.length })}</Text>}
      <Group justify="flex-end" mt="sm"><Button onClick={close} data-autofocus>{t("carry.go")}</Button></Group>
    </Modal>
  );
}
