import { Alert, Button, Center, Paper, PasswordInput, Stack, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { LoginRefused, logIn } from "../app/session";
import { LanguageSwitch } from "../parts/switches";
import { useWords } from "../words";

export function Login() {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    setBusy(true);
    setRefusal(null);
    try {
      await logIn(String(given.get("name")), String(given.get("password")));
    } catch (error) {
      if (error instanceof LoginRefused && error.status === 429)
        setRefusal(t("login.wait", { minutes: Math.max(1, Math.ceil(error.wait / 60)) }));
      else setRefusal(error instanceof LoginRefused && error.status < 500 ? t("login.refused") : t("state.offline"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder shadow="sm" p="xl" w={380}>
        <form onSubmit={(event) => void submit(event)}>
          <Stack>
            <Title order={1} size="h3">{t("login.title")}</Title>
            <TextInput name="name" label={t("login.name")} required autoFocus autoComplete="username" />
            <PasswordInput name="password" label={t("login.password")} required autoComplete="current-password" />
            {refusal && <Alert color="red" variant="light" role="alert">{refusal}</Alert>}
            <Button type="submit" loading={busy}>{t("login.go")}</Button>
            <LanguageSwitch />
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
