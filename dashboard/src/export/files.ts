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

const MINUTE = 60_000;
const FORMULA = /^[=+\-@\t\r]/;

/**
 * RFC 4180 text. Text that a spreadsheet would take for a formula gets an apostrophe before it; instants are
 * written by clocks that are `offset` minutes ahead of UTC, with that distance.
 */
export function toCsv({ columns, rows }: Sheet, offset = 0): string {
  const lines = [columns, ...rows].map((row) => row.map((cell) => csvCell(cell, offset)).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function csvCell(cell: Cell, offset: number): string {
  if (cell === null) return "";
  if (cell instanceof Date) return isoWith(cell, offset);
  if (typeof cell === "number") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isoWith(at: Date, offset: number): string {
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  const zone = offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
  return shifted(at, offset).toISOString().replace("Z", zone);
}

function shifted(at: Date, offset: number): Date {
  return new Date(at.getTime() + offset * MINUTE);
}

export function saveCsv(sheet: Sheet, offset = 0): void {
  save(new Blob(["\ufeff", toCsv(sheet, offset)], { type: "text/csv;charset=utf-8" }), `${sheet.name}.csv`);
}

/** An Excel book. Its cells know no zone, so that instants are as clocks `offset` minutes ahead of UTC show them. */
export async function saveExcel(sheet: Sheet, offset = 0): Promise<void> {
  const { default: write } = await import("write-excel-file/universal");
  const head = sheet.columns.map((value) => ({ value, fontWeight: "bold" as const }));
  const rows = sheet.rows.map((row) => row.map((cell) => excelCell(cell instanceof Date ? shifted(cell, offset) : cell)));
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
