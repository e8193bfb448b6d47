/** What watches the models: drift verdicts, and the way to the runs that made them. */
import { Anchor, Badge, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Drift } from "../api/records";
import { type Column, DataTable } from "../parts/DataTable";
import { Empty, Shown } from "../parts/states";
import { driftQuery } from "../plan/queries";
import { useWords } from "../words";
import { useFormats } from "../words/format";

const KEY = "takt.mlflow";

export default function Models() {
  const { t } = useWords();
  const [address, setAddress] = useState(() => localStorage.getItem(KEY) ?? "");
  const base = /^https?:\/\/[^\s]+$/.test(address) ? address.replace(/\/+$/, "") : null;
  return (
    <Stack p="md">
      <Title order={1} size="h3">{t("nav.models")}</Title>
      <TextInput label={t("model.mlflow")} description={t("model.mlflowHint")} value={address} maw={520} type="url"
        onChange={(event) => {
          setAddress(event.currentTarget.value);
          localStorage.setItem(KEY, event.currentTarget.value);
        }} />
      {base && <Anchor href={base} target="_blank" rel="noreferrer">{base}</Anchor>}
      <Title order={2} size="h4">{t("model.drift")}</Title>
      <Shown query={useQuery(driftQuery)}>
        {(found) => found.length === 0 ? <Empty title={t("model.none")} hint={t("model.noneHint")} /> : <Verdicts found={found} base={base} />}
      </Shown>
    </Stack>
  );
}

function Verdicts({ found, base }: { found: Drift[]; base: string | null }) {
  const { t } = useWords();
  const format = useFormats();
  const columns = useMemo((): Column<Drift>[] => [
    { id: "at", title: t("model.at"), value: (one) => new Date(one.at), show: (one) => format.instant(one.at) },
    { id: "kind", title: t("model.kind"), value: (one) => one.kind },
    { id: "verdict", title: t("model.verdict"), value: (one) => one.verdict,
      show: (one) => <Badge size="sm" variant="light" color={one.verdict === "drift" ? "orange" : "gray"}>{one.verdict}</Badge> },
    { id: "statistic", title: t("model.statistic"), value: (one) => one.statistic, show: (one) => (one.statistic === null ? "–" : format.number(one.statistic, 3)), isNumber: true },
    { id: "threshold", title: t("model.threshold"), value: (one) => one.threshold, show: (one) => (one.threshold === null ? "–" : format.number(one.threshold, 3)), isNumber: true },
    { id: "run", title: t("model.run"), value: (one) => one.mlflow_run_id ?? null,
      show: (one) => one.mlflow_run_id
        ? base ? <Anchor size="sm" href={`${base}/#/runs/${one.mlflow_run_id}`} target="_blank" rel="noreferrer">{t("model.openRun")}</Anchor> : <Text size="xs" ff="monospace">{one.mlflow_run_id}</Text>
        : "–" },
  ], [t, format, base]);
  return <DataTable name="drift" rows={found} columns={columns} idOf={(one) => `${one.kind} ${one.at}`} height={520} />;
}
