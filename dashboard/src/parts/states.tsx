/** What stands where there is nothing to show yet: loading, empty, failed, offline, not allowed. */
import { Alert, Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Problem, Unreachable } from "../api/client";
import { useWords, type Words } from "../words";

export function Loading() {
  const { t } = useWords();
  return (
    <Center mih={240} role="status">
      <Stack align="center" gap="xs">
        <Loader size="md" aria-hidden />
        <Text c="dimmed">{t("state.loading")}</Text>
      </Stack>
    </Center>
  );
}

export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <Center mih={200} p="md">
      <Stack align="center" gap="xs" maw={460}>
        <Title order={2} size="h4" ta="center">{title}</Title>
        {hint && <Text c="dimmed" ta="center">{hint}</Text>}
        {children}
      </Stack>
    </Center>
  );
}

/** Says to whoever may only look that this page can do more, and who gives the role for it. */
export function LookOnly() {
  const { t } = useWords();
  return <Alert color="yellow" variant="light" p="xs" role="note">{t("state.lookOnly")}</Alert>;
}

/** What went wrong: its kind in the reader's language, and what the service says of it. */
export function sayProblem(t: Words, error: unknown): string {
  if (error instanceof Unreachable) return t("state.offline");
  if (!(error instanceof Problem)) return String((error as Error).message);
  const { code, detail } = error.document;
  return [code ? t(`problem.${code}`) : "", detail ?? error.message].filter(Boolean).join(" ");
}

export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useWords();
  const forbidden = error instanceof Problem && error.document.status === 403;
  return (
    <Alert m="md" color={forbidden ? "yellow" : "red"} variant="light" role="alert"
      title={forbidden ? t("state.forbidden") : t("state.error")}>
      <Text size="sm">{sayProblem(t, error)}</Text>
      {again && !forbidden && (
        <Button mt="sm" size="xs" variant="default" onClick={again}>{t("state.again")}</Button>
      )}
    </Alert>
  );
}

/** The answer once it is there; until then, or instead, the state that says why not. */
export function Shown<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Trouble error={query.error} again={() => void query.refetch()} />;
  return <Loading />;
}
