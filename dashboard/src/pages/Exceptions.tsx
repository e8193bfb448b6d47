/** What a planner should look at: why it is so, what would fix it, whose it is and until when it may rest. */
import { Badge, Button, Card, Checkbox, Group, List, Stack, Text, Textarea, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { client, got } from "../api/client";
import type { Fix, Handling, PlanException, Said } from "../api/records";
import { mayEdit, useSession } from "../app/session";
import { type Column, DataTable } from "../parts/DataTable";
import { Beside } from "../parts/Scroll";
import { Empty, Shown, Trouble } from "../parts/states";
import { useEdits } from "../plan/edits";
import { exceptionsQuery, fixesQuery, notesQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { useFormats } from "../words/format";

const DAY = 86_400_000;
const RANK = { high: 0, medium: 1, low: 2 };

export default function Exceptions() {
  const { shown } = usePlan();
  return <Shown query={useQuery(exceptionsQuery(shown))}>{(found) => <Page found={found} />}</Shown>;
}

function useSay(): (said: Said) => string {
  const { language } = useWords();
  return (said) => said[language];
}

function Page({ found }: { found: PlanException[] }) {
  const { t } = useWords();
  const say = useSay();
  const format = useFormats();
  const { plantName, currency } = usePlan();
  const notes = useQuery(notesQuery(plantName)).data ?? {};
  const [search, setSearch] = useSearchParams();
  const [withSnoozed, setWithSnoozed] = useState(false);
  const rows = found.filter((one) => withSnoozed || !isSnoozed(notes[one.id]));
  const kind = search.get("kind");
  const kinds = kind ? rows.filter((one) => one.kind === kind) : rows;
  const picked = found.find((one) => one.id === search.get("exception")) ?? null;
  const columns = useMemo((): Column<PlanException>[] => [
    { id: "severity", title: t("exception.severity"), value: (one) => RANK[one.severity], show: (one) => <Severity of={one} /> },
    { id: "kind", title: t("exception.kind"), value: (one) => t(`kind.${one.kind}`) },
    { id: "what", title: t("exception.what"), value: (one) => say(one.said) },
    { id: "money", title: t("exception.money"), value: (one) => one.money, show: (one) => format.money(one.money, currency), isNumber: true },
    { id: "owner", title: t("exception.owner"), value: (one) => notes[one.id]?.owner ?? null },
  ], [t, say, format, currency, notes]);
  if (found.length === 0) return <Empty title={t("exception.none")} />;
  const pick = (one: PlanException): void => setSearch((old) => {
    const next = new URLSearchParams(old);
    next.set("exception", one.id);
    return next;
  }, { replace: true });
  return (
    <Beside width={430}
      list={<DataTable name="exceptions" rows={kinds} columns={columns} idOf={(one) => one.id} picked={picked?.id ?? null} onPick={pick}
        sorting={[{ id: "money", desc: true }]}
        toolbar={<Checkbox size="xs" label={t("exception.showSnoozed")} checked={withSnoozed} onChange={(event) => setWithSnoozed(event.currentTarget.checked)} />} />}
      detail={picked ? <Detail key={picked.id} one={picked} handling={notes[picked.id]} /> : <Text size="sm" c="dimmed">{t("exception.select")}</Text>} />
  );
}

function Severity({ of }: { of: PlanException }) {
  const { t } = useWords();
  const mark = { high: "▲", medium: "■", low: "●" }[of.severity];
  return <Badge size="sm" variant="light" color={{ high: "red", medium: "orange", low: "gray" }[of.severity]}>{mark} {t(`severity.${of.severity}`)}</Badge>;
}

function Detail({ one, handling }: { one: PlanException; handling: Handling | undefined }) {
  const { t } = useWords();
  const say = useSay();
  const [search] = useSearchParams();
  const to = new URLSearchParams();
  for (const name of ["draft", "version"]) if (search.get(name)) to.set(name, search.get(name) ?? "");
  const run = one.chain.flatMap((link) => link.runs)[0];
  if (one.kind === "late") to.set("order", one.record);
  if (run) to.set("run", run);
  return (
    <Stack gap="sm">
      <Group justify="space-between"><Severity of={one} /><Button size="xs" component={Link} to={{ pathname: "/schedule", search: to.toString() }}>{t("exception.show")}</Button></Group>
      <Title order={2} size="h5">{say(one.said)}</Title>
      {one.why && <Text size="sm"><strong>{t("exception.why")}: </strong>{say(one.why.said)}</Text>}
      {one.chain.length > 0 && (
        <List type="ordered" size="sm" spacing={2} data-testid="chain">
          {one.chain.map((link, index) => <List.Item key={index}>{say(link.said)}</List.Item>)}
        </List>
      )}
      <Fixes one={one} />
      <Notes one={one} handling={handling} />
    </Stack>
  );
}

function Fixes({ one }: { one: PlanException }) {
  const { t } = useWords();
  const { shown } = usePlan();
  const more = useQuery({ ...fixesQuery(shown, one.id), enabled: one.fixes === null && one.kind === "late" });
  if (one.kind !== "late") return null;
  const fixes = one.fixes ?? more.data;
  return (
    <div>
      <Title order={3} size="h6">{t("exception.fixes")}</Title>
      {more.error && <Trouble error={more.error} />}
      {!fixes && more.isLoading && <Text size="sm">{t("state.loading")}</Text>}
      {fixes?.length === 0 && <Text size="sm" c="dimmed">{t("exception.noFixes")}</Text>}
      <Stack gap="xs" mt={4}>{fixes?.map((fix, index) => <FixCard key={index} fix={fix} />)}</Stack>
    </div>
  );
}

function FixCard({ fix }: { fix: Fix }) {
  const { t } = useWords();
  const say = useSay();
  const format = useFormats();
  const { currency } = usePlan();
  const session = useSession();
  const edits = useEdits();
  const isEdit = fix.edit !== null && fix.change === null; // else runs alone would lean on what is not arranged yet
  async function apply(): Promise<void> {
    if (!fix.edit) return;
    const draft = await edits.editAnywhere(fix.edit, say(fix.said));
    if (draft !== null) notifications.show({ color: "teal", message: t("exception.applied", { number: draft }) });
  }
  return (
    <Card withBorder p="xs">
      <Text size="sm">{say(fix.said)}</Text>
      <Group justify="space-between" mt={4} wrap="nowrap">
        <Text size="xs" c="dimmed">
          {fix.units > 0 ? `${t("exception.less", { units: format.number(fix.units, 1) })} · ` : ""}
          {t("exception.effect", { money: format.change(-fix.money, currency) })}
        </Text>
        {isEdit && mayEdit(session) && <Button size="compact-xs" style={{ flexShrink: 0 }} onClick={() => void apply()} loading={edits.busy}>{t("exception.apply")}</Button>}
      </Group>
      {!isEdit && <Text size="xs">{t("exception.outside")}</Text>}
    </Card>
  );
}

function Notes({ one, handling }: { one: PlanException; handling: Handling | undefined }) {
  const { t } = useWords();
  const format = useFormats();
  const session = useSession();
  const { plantName } = usePlan();
  const queries = useQueryClient();
  const [comment, setComment] = useState("");
  const note = useMutation({
    mutationFn: (more: { owner?: string; comment?: string; snoozed_until?: string }) =>
      got(client.POST("/api/notes", { body: { plant_name: plantName, key: one.id, comment: "", ...more } })),
    onSuccess: () => {
      setComment("");
      return queries.invalidateQueries({ queryKey: ["notes"] });
    },
  });
  const until = (days: number): string => new Date(Date.now() + days * DAY).toISOString();
  const mine = handling?.owner === session?.user;
  return (
    <Stack gap="xs">
      <Title order={3} size="h6">{t("exception.owner")}: {handling?.owner || "–"}</Title>
      {isSnoozed(handling) && <Text size="sm">{t("exception.snoozed", { time: format.instant(handling?.snoozed_until ?? "") })}</Text>}
      {mayEdit(session) && (
        <>
          <Group gap={6}>
            <Button size="compact-xs" variant="default" onClick={() => note.mutate({ owner: mine ? "" : (session?.user ?? "") })}>{t(mine ? "exception.leave" : "exception.take")}</Button>
            {isSnoozed(handling) ? (
              <Button size="compact-xs" variant="default" onClick={() => note.mutate({ snoozed_until: until(0) })}>{t("exception.wake")}</Button>
            ) : (
              <>
                <Button size="compact-xs" variant="default" onClick={() => note.mutate({ snoozed_until: until(1) })}>{t("exception.snooze")} {t("exception.snoozeDay")}</Button>
                <Button size="compact-xs" variant="default" onClick={() => note.mutate({ snoozed_until: until(7) })}>{t("exception.snooze")} {t("exception.snoozeWeek")}</Button>
              </>
            )}
          </Group>
          <Textarea size="xs" label={t("exception.comment")} value={comment} onChange={(event) => setComment(event.currentTarget.value)} autosize minRows={2} maxLength={2000} />
          <Button size="xs" variant="default" disabled={!comment.trim()} loading={note.isPending} onClick={() => note.mutate({ comment })}>{t("exception.note")}</Button>
          {note.error && <Trouble error={note.error} />}
        </>
      )}
      {[...(handling?.notes ?? [])].reverse().filter((one) => one.comment).map((one) => (
        <Text size="xs" key={one.at}><strong>{one.author}</strong> {format.instant(one.at)}: {one.comment}</Text>
      ))}
    </Stack>
  );
}

export function isSnoozed(handling: Handling | undefined): boolean {
  return Boolean(handling?.snoozed_until && Date.parse(handling.snoozed_until) > Date.now());
}
