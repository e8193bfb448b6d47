/**
 * Numbers, money and instants as the reader's language writes them; minutes count from a plan's start.
 *
 * Times are the plant's, wherever the browser is: a plan's `starts_at` says how far its clocks are from UTC.
 */
import { createContext, useContext, useMemo } from "react";

import { type Language, useWords } from "./index";

const MINUTE = 60_000;

export interface Formats {
  number(value: number, digits?: number): string;
  signed(value: number, digits?: number): string;
  percent(value: number): string;
  money(value: number, currency: string): string;
  change(value: number, currency: string): string;
  instant(value: string | number | Date): string;
  day(value: string | number | Date): string;
  /** A day of the calendar, such as 2026-01-05. */
  date(day: string): string;
  time(value: number | Date): string;
}

/** Minutes that the plant's clocks are ahead of UTC; null, and the browser's own time, where no plan is shown. */
export const PlantClock = createContext<number | null>(null);

export function formats(language: Language, offset: number | null = null): Formats {
  const locale = language === "ko" ? "ko-KR" : "en-GB";
  const zone = offset === null ? {} : { timeZone: "UTC" };
  const local = (value: string | number | Date): Date => new Date(new Date(value).getTime() + (offset ?? 0) * MINUTE);
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const calendar = { month: "short", day: "numeric", weekday: "short" } as const;
  const instant = new Intl.DateTimeFormat(locale, { ...calendar, ...clock, ...zone });
  const day = new Intl.DateTimeFormat(locale, { ...calendar, ...zone });
  const date = new Intl.DateTimeFormat(locale, { ...calendar, timeZone: "UTC" });
  const time = new Intl.DateTimeFormat(locale, { ...clock, ...zone });
  const share = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const number = (value: number, digits = 0): string => numbers(locale, digits, "auto").format(value);
  const money = (value: number, currency: string): string =>
    Number.isFinite(value) ? `${currency} ${number(value, Math.abs(value) < 100 ? 1 : 0)}` : "–";
  return {
    number,
    signed: (value, digits = 0) => numbers(locale, digits, "exceptZero").format(value),
    percent: (value) => `${share.format(value * 100)} %`,
    money,
    change: (value, currency) =>
      `${currency} ${numbers(locale, Math.abs(value) < 100 ? 1 : 0, "exceptZero").format(value)}`,
    instant: (value) => instant.format(local(value)),
    day: (value) => day.format(local(value)),
    date: (value) => date.format(midnightOf(value)),
    time: (value) => time.format(local(value)),
  };
}

const kept = new Map<string, Intl.NumberFormat>();

function numbers(locale: string, digits: number, sign: "auto" | "exceptZero"): Intl.NumberFormat {
  const key = `${locale} ${digits} ${sign}`;
  let found = kept.get(key);
  if (!found) kept.set(key, (found = new Intl.NumberFormat(locale, { maximumFractionDigits: digits, signDisplay: sign })));
  return found;
}

export function useFormats(): Formats {
  const { language } = useWords();
  const offset = useContext(PlantClock);
  return useMemo(() => formats(language, offset), [language, offset]);
}

/** How far the clocks of a plan's plant are ahead of UTC, in minutes. */
export function offsetOf(startsAt: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(startsAt) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}

/** The plant's zone by its distance from UTC: UTC+09:00. */
export function zoneOf(startsAt: string): string {
  const [sign] = /[+-]\d\d:\d\d$/.exec(startsAt) ?? [""];
  return offsetOf(startsAt) === 0 ? "UTC" : `UTC${sign}`;
}

/** The instant of a plan's minute. */
export function instantOf(startsAt: string, minute: number): Date {
  return new Date(Date.parse(startsAt) + minute * MINUTE);
}

/** What the plant's clocks show at a plan's minute, as a date whose UTC parts say it: for axes. */
export function clockOf(startsAt: string, minute: number): Date {
  return instantOf(startsAt, minute + offsetOf(startsAt));
}

/** A day of the calendar as a date whose UTC parts say it. */
export function midnightOf(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

/** The plan's minute of an instant, whole. */
export function minuteOf(startsAt: string, instant: Date | string): number {
  return Math.round((new Date(instant).getTime() - Date.parse(startsAt)) / MINUTE);
}

/** A plan's minute as `<input type="datetime-local">` takes it, in the plant's time. */
export function toField(startsAt: string, minute: number): string {
  return clockOf(startsAt, minute).toISOString().slice(0, 16);
}

/** The plan's minute of such a field, or null where it holds no time. */
export function fromField(startsAt: string, text: string): number | null {
  const shown = Date.parse(`${text}Z`);
  return Number.isNaN(shown) ? null : minuteOf(startsAt, new Date(shown)) - offsetOf(startsAt);
}
