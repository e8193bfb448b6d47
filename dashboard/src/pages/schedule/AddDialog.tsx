import { Button, Group, Modal, NumberInput, Select, Stack } from "@mantine/core";
import { useState } from "react";

import type { Plant } from "../../api/records";
import { MinuteField } from "../../parts/MinuteField";
import { useEdits } from "../../plan/edits";
import { useWords } from "../../words";

/** A run more, by fields; only lines that can make the item are offered. */
export function AddDialog({ plant, at, close }: { plant: Plant; at: number; close: () => void }) {
  const { t } = useWords();
  const edits = useEdits();
  const [item, setItem] = useState<string | null>(null);
  const [line, setLine] = useState<string | null>(null);
  const [start, setStart] = useState(at);
  const [quantity, setQuantity] = useState<number | string>(100);
  const capabilities = plant.capabilities ?? [];
  const items = [...new Set(capabilities.map((one) => one.item))].sort();
  const lines = [...new Set(capabilities.filter((one) => one.item === item).map((one) => one.line))].sort();

  async function add(): Promise<void> {
    if (item && line && (await edits.edit({ kind: "add", item, line, start, quantity: Number(quantity), lock: "none" }))) close();
  }

  return (
    <Modal opened onClose={close} title={t("run.add")} closeButtonProps={{ "aria-label": t("common.close") }}>
      <Stack gap="xs">
        <Select label={t("run.item")} data={items} value={item} searchable limit={80} data-autofocus openOnFocus={false}
          onChange={(chosen) => { setItem(chosen); setLine(null); }} />
        <Select label={t("run.line")} data={lines} value={line} searchable onChange={setLine} disabled={!item} />
        <MinuteField label={t("run.start")} startsAt={plant.starts_at} minute={start} onChange={setStart} />
        <NumberInput label={t("run.quantity")} value={quantity} min={0} onChange={setQuantity} />
        <Group justify="flex-end">
          <Button disabled={!item || !line || !(Number(quantity) > 0)} loading={edits.busy} onClick={() => void add()}>{t("run.add")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
