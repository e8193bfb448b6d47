import { Menu } from "@mantine/core";
import { Link, useSearchParams } from "react-router";

import type { Run } from "../api/records";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { ExportMenu } from "./ExportMenu";
import { useRunFiles } from "./runs";

/** The runs that are shown, as files; and the way to a line's day on paper. */
export function ScheduleExport({ startsAt, runs }: { startsAt: string; runs: readonly Run[] }) {
  const { t } = useWords();
  const { shown } = usePlan();
  const [search] = useSearchParams();
  const files = useRunFiles(`takt-${shown.kind}-${shown.number}-runs`, startsAt, runs);
  return (
    <ExportMenu {...files}>
      <Menu.Item component={Link} to={{ pathname: "/day", search: search.toString() }}>{t("export.print")}</Menu.Item>
    </ExportMenu>
  );
}
