import { expect, it } from "vitest";

import { en, type WordKey } from "./en";
import { clockOf, formats, fromField, instantOf, minuteOf, offsetOf, toField } from "./format";
import { ko } from "./ko";

const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((one) => one[1] as string).sort();

it("fills the same holes in Korean as in English", () => {
  for (const key of Object.keys(en) as WordKey[]) expect([key, holes(ko[key])]).toEqual([key, holes(en[key])]);
});

it("leaves nothing untranslated but names and signs", () => {
  const same = (Object.keys(en) as WordKey[]).filter((key) => ko[key] === en[key]);
  expect(same).toEqual(["export.csv", "export.excel", "export.calendar", "print.title"]);
});

it("writes numbers, money and days by language", () => {
  expect(formats("en").money(12345.6, "EUR")).toBe("EUR 12,346");
  expect(formats("en").change(-42.25, "EUR")).toBe("EUR -42.3");
  expect(formats("ko").day("2026-11-21T12:00:00")).toContain("11월 21일");
  expect(formats("en").day("2026-11-21T12:00:00")).toContain("21 Nov");
});

it("goes from minutes to instants and back", () => {
  const start = "2026-01-05T06:00:00+09:00";
  expect(minuteOf(start, instantOf(start, 4711))).toBe(4711);
});

it("shows the plant's time, wherever the browser is", () => {
  const start = "2026-01-05T06:00:00+09:00";
  const seoul = formats("en", offsetOf(start));
  expect(seoul.instant(start)).toContain("06:00");
  expect(seoul.instant(instantOf(start, 18 * 60))).toContain("6 Jan");
  expect(formats("en", offsetOf("2026-01-05T06:00:00-03:30")).time(Date.parse("2026-01-05T09:30:00Z"))).toBe("06:00");
  expect(formats("en", offsetOf("2026-01-05T06:00:00Z")).time(Date.parse("2026-01-05T06:00:00Z"))).toBe("06:00");
  expect(clockOf(start, 60).toISOString()).toBe("2026-01-05T07:00:00.000Z");
  expect(seoul.date("2026-01-05")).toContain("5 Jan");
});

it("takes the plant's time from a field and gives it back", () => {
  for (const start of ["2026-01-05T06:00:00+09:00", "2026-01-05T06:00:00-03:30", "2026-01-05T06:00:00Z"]) {
    expect(toField(start, 0)).toBe("2026-01-05T06:00");
    expect(fromField(start, toField(start, 4711))).toBe(4711);
  }
  expect(fromField("2026-01-05T06:00:00Z", "")).toBeNull();
});
