/** What if, and what else: asked for, their progress, and their results side by side. */
import { Badge, Button, Checkbox, Group, Progress, Stack, Table, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { client, got } from "../api/client";
import type { Job } from "../api/records";
import { mayEdit, useSession } from "../app/session";
import { Empty, LookOnly, Shown, Trouble } from "../parts/states";
import { jobsQuery, plantQuery } from "../plan/queries";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { useFormats } from "../words/format";
import { New, NewAlternatives } from "./scenarios/New";
import { Results } from "./scenarios/Results";

export default function Scenarios() {
  const { t } = useWords();
  const { version } = usePlan();
  const session = useSession();
  const plant = useQuery(plantQuery(version));
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const tick = (id: string): void => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  return (
    <Stack p="md">
      <Title order={1} size="h3">{t("nav.scenarios")}</Title>
      {!mayEdit(session) && <LookOnly />}
      {mayEdit(session) && plant.data && (
        <Group align="stretch"><New plant={plant.data} version={version} /><NewAlternatives version={version} /></Group>
      )}
      {plant.error && <Trouble error={plant.error} again={() => void plant.refetch()} />}
      <Shown query={useQuery({ ...jobsQuery, refetchInterval: (query) => (query.state.data?.some(isGoing) ? 2000 : false) })}>
        {(jobs) => jobs.length === 0 ? <Empty title={t("scenario.none")} hint={t("scenario.noneHint")} /> : <Jobs jobs={jobs} ticked={ticked} tick={tick} />}
      </Shown>
      <Results ids={[...ticked]} />
    </Stack>
  );
}

function isGoing(job: Job): boolean {
  return job.status === "queued" || job.status === "running";
}

function Jobs({ jobs, ticked, tick }: { jobs: Job[]; ticked: ReadonlySet<string>; tick: (id: string) => void }) {
  const { t } = useWords();
  const format = useFormats();
  const session = useSession();
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: (id: string) => got(client.POST("/api/jobs/{id}/cancel", { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  return (
    <Table fz="sm" verticalSpacing={4}>
      <Table.Tbody>
        {jobs.map((job) => (
          <Table.Tr key={job.id}>
            <Table.Td w={34}><Checkbox size="xs" aria-label={job.title} checked={ticked.has(job.id)} disabled={job.status !== "done"} onChange={() => tick(job.id)} /></Table.Td>
            <Table.Td><Badge size="sm" variant="light" color="gray">{t(job.kind === "alternatives" ? "job.alternatives" : "job.what_if")}</Badge></Table.Td>
            <Table.Td>{job.title}</Table.Td><Table.Td>{job.author}</Table.Td><Table.Td>{format.instant(job.created_at)}</Table.Td>
            <Table.Td>{t(`job.${job.status}`)}{job.message && job.message !== job.status ? ` · ${job.message}` : ""}</Table.Td>
            <Table.Td w={160}>{isGoing(job) && <Progress value={job.progress * 100} aria-label={job.title} />}</Table.Td>
            <Table.Td>{isGoing(job) && mayEdit(session) && (
              <Button size="compact-xs" variant="default" disabled={job.cancel_asked} onClick={() => cancel.mutate(job.id)}>{t("scenario.cancel")}</Button>
            )}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
