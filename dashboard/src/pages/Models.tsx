/** What watches the models: who is champion, drift verdicts, the last drift report, and the way to MLflow. */
import { Alert, Anchor, Badge, Button, Group, Stack, Tabs, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Drift, Models as Registered, ModelVersion, Retraining } from "../api/records";
import { type Column, DataTable } from "../parts/DataTable";
import { Empty, Loading, Shown, Trouble } from "../parts/states";
import { driftQuery, modelsQuery, reportQuery, retrainingsQuery } from "../plan/queries";
import { useWords, type Words } from "../words";
import { en, type WordKey } from "../words/en";
import { useFormats } from "../words/format";

const KEY = "takt.mlflow";
const TALL = "calc(100dvh - 250px)";

export default function Models() {
  const { t } = useWords();
  const models = useQuery(modelsQuery);
  const [address, setAddress] = useState(() => localStorage.getItem(KEY) ?? "");
  const own = /^https?:\/\/[^\s]+$/.test(address) ? address.replace(/\/+$/, "") : null;
  const base = own ?? models.data?.address ?? null;
  return (
    <Stack p="md" gap="xs">
      <Group justify="space-between" align="end">
        <Title order={1} size="h3">{t("nav.models")}</Title>
        <Group align="end" gap="sm">
          {base && <Anchor size="sm" href={base} target="_blank" rel="noreferrer">{t("model.open")}</Anchor>}
          <TextInput size="xs" w={260} label={t("model.mlflow")} title={t("model.mlflowHint")} placeholder={models.data?.address ?? "http://127.0.0.1:5000"} value={address} type="url"
            onChange={(event) => {
              setAddress(event.currentTarget.value);
              localStorage.setItem(KEY, event.currentTarget.value);
            }} />
        </Group>
      </Group>
      <Tabs defaultValue="drift" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="drift">{t("model.drift")}</Tabs.Tab>
          <Tabs.Tab value="report">{t("model.report")}</Tabs.Tab>
          <Tabs.Tab value="models">{t("model.registered")}</Tabs.Tab>
          <Tabs.Tab value="retrainings">{t("model.retrainings")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="drift">
          <Shown query={useQuery(driftQuery)}>
            {(found) => found.length === 0 ? <Empty title={t("model.none")} hint={t("model.noneHint")} /> : <Verdicts found={found} base={base} />}
          </Shown>
        </Tabs.Panel>
        <Tabs.Panel value="report"><Report /></Tabs.Panel>
        <Tabs.Panel value="models"><Shown query={models}>{(found) => <Versions found={found} base={base} />}</Shown></Tabs.Panel>
        <Tabs.Panel value="retrainings">
          <Shown query={useQuery(retrainingsQuery)}>
            {(found) => found.length === 0 ? <Empty title={t("model.noRetrainings")} hint={t("model.noneHint")} /> : <Retrainings found={found} />}
          </Shown>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** What drift decided about fitting models anew, and what came of it. */
function Retrainings({ found }: { found: Retraining[] }) {
  const { t } = useWords();
  const format = useFormats();
  const columns = useMemo((): Column<Retraining>[] => [
    { id: "at", title: t("model.at"), value: (one) => new Date(one.at), show: (one) => <span style={{ whiteSpace: "nowrap" }}>{format.instant(one.at)}</span> },
    { id: "name", title: t("model.name"), value: (one) => one.model },
    { id: "due", title: t("model.decision"), value: (one) => t(one.is_due ? "model.fitAnew" : "model.keep"),
      show: (one) => <Badge size="sm" variant="light" color={one.is_due ? "orange" : "gray"}>{t(one.is_due ? "model.fitAnew" : "model.keep")}</Badge> },
    { id: "why", title: t("model.why"), value: (one) => one.reason },
    { id: "done", title: t("model.followed"), value: (one) => (one.done_at ? new Date(one.done_at) : null), show: (one) => (one.done_at ? format.instant(one.done_at) : "–") },
    { id: "outcome", title: t("model.outcome"), value: (one) => one.outcome ?? null },
  ], [t, format]);
  return <DataTable name="retrainings" rows={found} columns={columns} idOf={(one) => String(one.id)} height={TALL} />;
}

function Run({ id, base }: { id: string | null | undefined; base: string | null }) {
  const { t } = useWords();
  if (!id) return <>–</>;
  if (!base) return <Text size="xs" ff="monospace">{id.slice(0, 8)}</Text>;
  return <Anchor size="sm" href={`${base}/#/runs/${id}`} target="_blank" rel="noreferrer">{t("model.openRun")}</Anchor>;
}

/** The reader's word, or what the service says where there is none. */
function wordOr(t: Words, key: string, said: string): string {
  return key in en ? t(key as WordKey) : said;
}

function Verdicts({ found, base }: { found: Drift[]; base: string | null }) {
  const { t } = useWords();
  const format = useFormats();
  const columns = useMemo((): Column<Drift>[] => [
    { id: "at", title: t("model.at"), value: (one) => new Date(one.at), show: (one) => format.instant(one.at) },
    { id: "kind", title: t("model.kind"), value: (one) => wordOr(t, `drift.${one.kind}`, one.kind) },
    { id: "verdict", title: t("model.verdict"), value: (one) => wordOr(t, `drift.${one.verdict}`, one.verdict),
      show: (one) => <Badge size="sm" variant="light" color={one.verdict === "ok" ? "gray" : "orange"}>{one.verdict === "drift" ? "▲ " : one.verdict === "warn" ? "△ " : ""}{wordOr(t, `drift.${one.verdict}`, one.verdict)}</Badge> },
    { id: "statistic", title: t("model.statistic"), value: (one) => one.statistic, show: (one) => (one.statistic === null ? "–" : format.number(one.statistic, 3)), isNumber: true },
    { id: "threshold", title: t("model.threshold"), value: (one) => one.threshold, show: (one) => (one.threshold === null ? "–" : format.number(one.threshold, 3)), isNumber: true },
    { id: "why", title: t("model.why"), value: (one) => String(one.details["reason"] ?? "") },
    { id: "run", title: t("model.run"), value: (one) => one.mlflow_run_id ?? null, show: (one) => <Run id={one.mlflow_run_id} base={base} /> },
  ], [t, format, base]);
  return <DataTable name="drift" rows={found} columns={columns} idOf={(one) => `${one.kind} ${one.at}`} height={TALL} />;
}

/** Evidently's page in a frame of no origin: its address opens for a minute, and what it runs reaches nothing. */
function Report() {
  const { t } = useWords();
  const report = useQuery(reportQuery);
  if (report.data === null) return <Empty title={t("model.noReport")} hint={t("model.noneHint")} />;
  if (report.error) return <Trouble error={report.error} again={() => void report.refetch()} />;
  if (!report.data || report.isFetching) return <Loading />;
  return (
    <>
      <Group py={6}><Button size="compact-xs" variant="default" onClick={() => void report.refetch()}>{t("model.reload")}</Button></Group>
      <iframe title={t("model.report")} src={report.data.address} sandbox="allow-scripts" referrerPolicy="no-referrer"
        style={{ width: "100%", height: TALL, border: "1px solid var(--mantine-color-default-border)", background: "#fff" }} />
    </>
  );
}

interface Row {
  name: string;
  version: ModelVersion;
  standing: "champion" | "challenger" | "";
  held: string | null | undefined;
}

function Versions({ found, base }: { found: Registered; base: string | null }) {
  const { t } = useWords();
  const format = useFormats();
  const rows = useMemo(
    () => found.models.flatMap((model) => model.versions.map((version): Row => ({
      name: model.name, version, held: model.held,
      standing: version.version === model.champion ? "champion" : version.version === model.challenger ? "challenger" : "",
    }))),
    [found],
  );
  const columns = useMemo((): Column<Row>[] => [
    { id: "name", title: t("model.name"), value: (one) => one.name },
    { id: "version", title: t("version.number"), value: (one) => one.version.version, isNumber: true },
    { id: "standing", title: t("model.standing"), value: (one) => (one.standing ? t(`model.${one.standing}`) : null),
      show: (one) => one.standing && <Badge size="sm" variant="light" color={one.standing === "champion" ? "teal" : "gray"}>{one.standing === "champion" ? "★ " : ""}{t(`model.${one.standing}`)}</Badge> },
    { id: "at", title: t("model.at"), value: (one) => new Date(one.version.registered_at), show: (one) => <span style={{ whiteSpace: "nowrap" }}>{format.instant(one.version.registered_at)}</span> },
    { id: "verdict", title: t("model.verdict"), value: (one) => one.version.verdict },
    { id: "why", title: t("model.why"), value: (one) => [one.version.reason, one.held].filter(Boolean).join("; ") },
    { id: "run", title: t("model.run"), value: (one) => one.version.run_id, show: (one) => <Run id={one.version.run_id} base={base} /> },
  ], [t, format, base]);
  if (found.status === "failed") return <Alert m="md" color="red" variant="light" role="alert" title={t("model.unreachable")}>{found.reason}</Alert>;
  if (rows.length === 0) return <Empty title={t("model.noModels")} hint={t(found.status === "none" ? "model.noMlflow" : "forecast.noneHint")} />;
  return <DataTable name="models" rows={rows} columns={columns} idOf={(one) => `${one.name} ${one.version.version}`} height={TALL} />;
}
