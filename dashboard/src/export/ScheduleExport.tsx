import { Button, Menu } from "@mantine/core";
import { Link, useSearchParams } from "react-router";

import type { Run } from "../api/records";
import type { Chart } from "../gantt/chart";
import { usePlan } from "../plan/shown";
import { useWords } from "../words";
import { instantOf } from "../words/format";
import { saveCalendar, saveCsv, saveExcel, type Sheet } from "./files";

/** The runs that are shown, as files; and the way to a line's day on paper. */
export function ScheduleExport({ chart, runs }: { chart: Chart; runs: readonly Run[] }) {
  const { t } = useWords();
  const { shown } = usePlan();
  const [search] = useSearchParams();
  const name = `takt-${shown.kind}-${shown.number}-runs`;
  const at = (minute: number): Date => instantOf(chart.startsAt, minute);
  const sheet = (): Sheet => ({
    name,
    columns: [t("run.run"), t("run.line"), t("run.item"), t("run.family"), t("run.start"), t("run.end"), t("run.quantity"), t("run.lock"), t("run.changeover"), t("run.late")],
    rows: runs.map((run) => [run.id, run.line, run.item, run.family, at(run.start), at(run.end), run.quantity, t(`lock.${run.lock}`), run.changeover_minutes, run.late]),
  });
  const calendar = () =>
    saveCalendar(name, runs.map((run) => ({
      id: `${shown.kind}-${shown.number}-${run.id}`, title: `${run.item} × ${run.quantity}`, place: run.line, note: run.id,
      start: at(run.start), end: at(run.end),
    })));
  return (
    <Menu shadow="md">
      <Menu.Target><Button size="xs" variant="default">{t("export.menu")}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saveCsv(sheet())}>{t("export.csv")}</Menu.Item>
        <Menu.Item onClick={() => void saveExcel(sheet())}>{t("export.excel")}</Menu.Item>
        <Menu.Item onClick={() => void calendar()}>{t("export.calendar")}</Menu.Item>
        <Menu.Item component={Link} to={{ pathname: "/day", search: search.toString() }}>{t("export.print")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
