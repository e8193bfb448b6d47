/** What is seen, as files: comma-separated text, an Excel book, a calendar. */

export type Cell = string | number | Date | null;

export interface Sheet {
  name: string;
  columns: string[];
  rows: Cell[][];
}

export interface CalendarEntry {
  id: string;
  title: string;
  place: string;
  note: string;
  start: Date;
  end: Date;
}

const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180 text. Text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function toCsv({ columns, rows }: Sheet): string {
  const lines = [columns, ...rows].map((row) => row.map(csvCell).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (cell instanceof Date) return cell.toISOString();
  if (typeof cell === "number") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function saveCsv(sheet: Sheet): void {
  save(new Blob(["\ufeff", toCsv(sheet)], { type: "text/csv;charset=utf-8" }), `${sheet.name}.csv`);
}

export async function saveExcel(sheet: Sheet): Promise<void> {
  const { default: write } = await import("write-excel-file/universal");
  const head = sheet.columns.map((value) => ({ value, fontWeight: "bold" as const }));
  const rows = sheet.rows.map((row) => row.map((cell) => excelCell(cell)));
  const book = write([head, ...rows], { columns: sheet.columns.map(() => ({ width: 18 })), stickyRowsCount: 1 });
  save(await book.toBlob(), `${sheet.name}.xlsx`);
}

function excelCell(value: Cell) {
  if (value === null) return null;
  return value instanceof Date ? { value, type: Date, format: "yyyy-mm-dd hh:mm" } : { value };
}

/** An iCalendar document; instants in UTC, so that every calendar shows them in its own time. */
export async function toCalendar(entries: readonly CalendarEntry[]): Promise<string> {
  const { createEvents } = await import("ics");
  const { error, value } = createEvents(
    entries.map((one) => ({
      uid: `${one.id}@takt`,
      title: one.title,
      location: one.place,
      description: one.note,
      start: one.start.getTime(),
      end: one.end.getTime(),
      startOutputType: "utc" as const,
      endOutputType: "utc" as const,
    })),
    { productId: "takt/dashboard" },
  );
  if (error || !value) throw error ?? new Error("iCalendar: nothing was made");
  return value;
}

export async function saveCalendar(name: string, entries: readonly CalendarEntry[]): Promise<void> {
  save(new Blob([await toCalendar(entries)], { type: "text/calendar;charset=utf-8" }), `${name}.ics`);
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
