import { Alert, Button, Group, Loader, Modal, Radio, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { client, got } from "../../api/client";
import type { PlainRun } from "../../api/records";
import { Trouble } from "../../parts/states";
import { useEdits } from "../../plan/edits";
import { usePlan } from "../../plan/shown";
import { VerdictView } from "../../plan/VerdictView";
import { useWords } from "../../words";
import { instantOf, useFormats } from "../../words/format";

type Scope = "line" | "follows" | "all";
const SCOPES: readonly Scope[] = ["line", "follows", "all"];

/** Looks for a plan that holds around a run, shows its difference, and does it only when it is accepted. */
export function RepairDialog({ run, startsAt, close }: { run: string; startsAt: string; close: () => void }) {
  const { t } = useWords();
  const format = useFormats();
  const edits = useEdits();
  const { draft } = usePlan();
  const [scope, setScope] = useState<Scope>("follows");
  const number = draft?.draft.id ?? 0;
  const repair = useMutation({
    mutationFn: () =>
      got(client.POST("/api/drafts/{number}/repair", { params: { path: { number } }, body: { run, scope, seconds: 1 } })),
  });
  const found = repair.data;
  const place = (one: PlainRun | null | undefined): string =>
    one ? `${one.line}, ${format.instant(instantOf(startsAt, one.start))}, ${format.number(one.quantity)}` : "–";

  async function accept(): Promise<void> {
    if (found && (await edits.edit(found.edit, `${t("repair.title")}: ${run}`))) close();
  }

  return (
    <Modal opened onClose={close} size="xl" title={`${t("repair.title")}: ${run}`} closeButtonProps={{ "aria-label": t("common.close") }}>
      <Stack>
        <Radio.Group label={t("repair.scope")} value={scope} onChange={(chosen) => { setScope(chosen as Scope); repair.reset(); }}>
          <Group mt={4}>{SCOPES.map((one) => <Radio key={one} size="sm" value={one} label={t(`repair.${one}`)} />)}</Group>
        </Radio.Group>
        {!found && !repair.isPending && <Button onClick={() => repair.mutate()} data-autofocus>{t("repair.go")}</Button>}
        {repair.isPending && <Group role="status"><Loader size="sm" /><Text size="sm">{t("repair.looking")}</Text></Group>}
        {repair.error && <Trouble error={repair.error} />}
        {found && (
          <>
            {!found.verdict.feasible && <Alert color="yellow" variant="light">{t("repair.notFeasible")}</Alert>}
            <VerdictView verdict={found.verdict} />
            {found.given_up.map((what) => <Alert key={what} color="yellow" variant="light" p="xs">{t("repair.givenUp", { what })}</Alert>)}
            <Text size="sm" fw={600}>{found.runs.length === 0 ? t("repair.none") : t("repair.moves", { count: found.runs.length })}</Text>
            {found.runs.length > 0 && (
              <ScrollArea.Autosize mah={300}>
                <Table fz="xs" stickyHeader>
                  <Table.Thead><Table.Tr>
                    <Table.Th>{t("run.run")}</Table.Th><Table.Th>{t("repair.before")}</Table.Th>
                    <Table.Th>{t("repair.after")}</Table.Th><Table.Th>{t("repair.why")}</Table.Th>
                  </Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {found.runs.map((one) => (
                      <Table.Tr key={(one.after ?? one.before)?.id}>
                        <Table.Td>{(one.after ?? one.before)?.id} ({t(`repair.what.${one.what}`)})</Table.Td>
                        <Table.Td>{place(one.before)}</Table.Td><Table.Td>{place(one.after)}</Table.Td><Table.Td>{one.why}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </ScrollArea.Autosize>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>{t("repair.leave")}</Button>
              <Button onClick={() => void accept()} loading={edits.busy}>{t("repair.accept")}</Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  );
}
