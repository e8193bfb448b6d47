import { Alert, Anchor, AppShell, Badge, Burger, Button, Group, NavLink, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, useEffect, useState } from "react";
import { Link, Navigate, Route, Routes, useLocation, useNavigate } from "react-router";

import { Login } from "../pages/Login";
import { Day } from "../pages/Day";
import { Boundary } from "../parts/Boundary";
import { Empty, Loading } from "../parts/states";
import { LanguageSwitch, ThemeSwitch } from "../parts/switches";
import { PlanPicker } from "../plan/PlanPicker";
import { EditsProvider } from "../plan/edits";
import { figuresQuery, latestQuery } from "../plan/queries";
import { PlanProvider } from "../plan/shown";
import { useWords } from "../words";
import { offsetOf, zoneOf } from "../words/format";
import { follow, onNotice, useLink } from "./live";
import { loadAhead, PAGES } from "./pages";
import { logOut, type Session, useSession } from "./session";

const AHEAD = 2000; // ms after which the other pages are fetched

export function App() {
  const session = useSession();
  return session ? <Shell session={session} key={session.user} /> : <Login />;
}

function Shell({ session }: { session: Session }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const link = useLink();
  useEffect(() => {
    const stop = follow(queries);
    return () => {
      stop();
      queries.clear(); // what the next user may see is asked for anew
    };
  }, [queries]);
  useTellOfOthers(session.user);
  useEffect(() => {
    const timer = setTimeout(loadAhead, AHEAD);
    return () => clearTimeout(timer);
  }, []);
  const { pathname } = useLocation();
  return (
    <AppShell header={{ height: 48 }} navbar={{ width: 156, breakpoint: "md", collapsed: { mobile: !open } }}>
      <Anchor href="#main" className="skip">{t("app.skip")}</Anchor>
      <AppShell.Header px="sm" className="no-print">
        <Group h="100%" gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={() => setOpen(!open)} hiddenFrom="md" size="sm" aria-label={t("plan.shown")} />
            <Text fw={700} size="lg">Takt</Text>
            <PlanPicker />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <PlantTime />
            <LinkBadge />
            <LanguageSwitch />
            <ThemeSwitch />
            <Text size="sm" visibleFrom="lg">{session.user} ({t(`role.${session.role}`)})</Text>
            <Button size="xs" variant="default" onClick={() => void logOut()}>{t("login.out")}</Button>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p={4} className="no-print"><Navigation close={() => setOpen(false)} /></AppShell.Navbar>
      <AppShell.Main id="main">
        {link === "offline" && <Alert color="yellow" variant="light" role="alert" p="xs">{t("state.offline")}</Alert>}
        <PlanProvider>
          <EditsProvider><Boundary key={pathname}><Suspense fallback={<Loading />}><Routes>
              <Route path="/" element={<Navigate to="/schedule" replace />} />
              {PAGES.map(({ path, view: View }) => <Route key={path} path={path} element={<View />} />)}
              <Route path="/day" element={<Day />} />
              <Route path="*" element={<Empty title={t("state.notFound")} />} />
          </Routes></Suspense></Boundary></EditsProvider>
        </PlanProvider>
      </AppShell.Main>
    </AppShell>
  );
}

function Navigation({ close }: { close: () => void }) {
  const { t } = useWords();
  const { pathname, search } = useLocation();
  const kept = new URLSearchParams(search);
  for (const name of [...kept.keys()]) if (name !== "draft" && name !== "version") kept.delete(name);
  return PAGES.map(({ path, word }) => (
    <NavLink key={path} component={Link} to={{ pathname: path, search: kept.toString() }} label={t(word)}
      active={pathname === path} aria-current={pathname === path ? "page" : undefined} onClick={close} py={6} />
  ));
}

/** Says whose clocks are shown, where the plant's are not the browser's. */
function PlantTime() {
  const { t } = useWords();
  const number = useQuery(latestQuery).data?.version.number;
  const startsAt = useQuery({ ...figuresQuery(number ?? 0), enabled: number !== undefined }).data?.starts_at;
  if (startsAt === undefined || offsetOf(startsAt) === -new Date().getTimezoneOffset()) return null;
  return <Text size="xs" c="dimmed" visibleFrom="lg" title={t("plan.timeHint")}>{t("plan.time", { zone: zoneOf(startsAt) })}</Text>;
}

function LinkBadge() {
  const { t } = useWords();
  const link = useLink();
  const color = { live: "teal", polling: "teal", connecting: "gray", offline: "orange" }[link];
  return <Badge color={color} variant="light" role="status" data-link={link}>{t(`link.${link}`)}</Badge>;
}

/** Says when somebody else publishes, with the way there, or edits the draft that is shown. */
function useTellOfOthers(user: string): void {
  const { t } = useWords();
  const navigate = useNavigate();
  useEffect(
    () =>
      onNotice((notice) => {
        const author = String(notice.data["author"] ?? "");
        const shown = new URLSearchParams(window.location.search).get("draft");
        if (notice.kind === "draft.changed" && author !== user && notice.subject === shown)
          notifications.show({ id: `draft-${shown}`, message: t("draft.changed", { author }) });
        if (notice.kind !== "version.published" || author === user) return;
        notifications.show({
          id: `version-${notice.subject}`,
          autoClose: 15_000,
          message: (
            <Group justify="space-between">
              <Text size="sm">{t("plan.newVersion", { number: notice.subject, author })}</Text>
              <Button size="compact-xs" onClick={() => void navigate("/schedule")}>{t("plan.show")}</Button>
            </Group>
          ),
        });
      }),
    [t, navigate, user],
  );
}
