import { describe, expect, it } from "vitest";

import { toCalendar, toCsv } from "./files";

describe("comma-separated text", () => {
  it("quotes what must be quoted", () => {
    expect(toCsv({ name: "", columns: ["a", "b"], rows: [['x "y"', "1,2"], ["line\nbreak", null]] })).toBe(
      'a,b\r\n"x ""y""","1,2"\r\n"line\nbreak",\r\n',
    );
  });

  it("disarms text that spreadsheets would run, and leaves numbers alone", () => {
    expect(toCsv({ name: "", columns: ["a"], rows: [["=cmd()"], [-5]] })).toBe("a\r\n'=cmd()\r\n-5\r\n");
  });

  it("writes instants in UTC", () => {
    expect(toCsv({ name: "", columns: ["a"], rows: [[new Date("2026-01-05T06:00:00Z")]] })).toContain("2026-01-05T06:00:00.000Z");
  });
});

describe("instants in comma-separated text", () => {
  const sheet = { name: "", columns: ["a"], rows: [[new Date("2026-01-05T21:00:00Z")]] };
  it("are by the plant's clocks, with their distance from UTC", () => {
    expect(toCsv(sheet, 540)).toContain("2026-01-06T06:00:00.000+09:00");
    expect(toCsv(sheet, -210)).toContain("2026-01-05T17:30:00.000-03:30");
  });
});

describe("a calendar", () => {
  it("holds each run with its instants in UTC", async () => {
    const text = await toCalendar([
      { id: "version-2-R1", title: "A, 10", place: "L1", note: "R1", start: new Date("2026-01-05T06:00:00Z"), end: new Date("2026-01-05T07:30:00Z") },
    ]);
    expect(text).toContain("BEGIN:VEVENT");
    expect(text).toContain("UID:version-2-R1@takt");
    expect(text).toContain("DTSTART:20260105T060000Z");
    expect(text).toContain("DTEND:20260105T073000Z");
    expect(text).toContain("SUMMARY:A\\, 10");
  });
});
