import { Button, Menu } from "@mantine/core";
import { type ReactNode, useContext } from "react";

import { useWords } from "../words";
import { PlantClock } from "../words/format";
import { type CalendarEntry, saveCalendar, saveCsv, saveExcel, type Sheet } from "./files";

interface Props {
  sheet: () => Sheet;
  /** What of it has a time, where something has. */
  calendar?: (() => readonly CalendarEntry[]) | undefined;
  /** Further entries. */
  children?: ReactNode;
}

/** What is seen, as a file: comma-separated text, an Excel book, a calendar. */
export function ExportMenu({ sheet, calendar, children }: Props) {
  const { t } = useWords();
  const offset = useContext(PlantClock) ?? 0;
  return (
    <Menu shadow="md">
      <Menu.Target><Button size="xs" variant="default" className="no-print">{t("export.menu")}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saveCsv(sheet(), offset)}>{t("export.csv")}</Menu.Item>
        <Menu.Item onClick={() => void saveExcel(sheet(), offset)}>{t("export.excel")}</Menu.Item>
        {calendar && <Menu.Item onClick={() => void saveCalendar(sheet().name, calendar())}>{t("export.calendar")}</Menu.Item>}
        {children}
      </Menu.Dropdown>
    </Menu>
  );
}
