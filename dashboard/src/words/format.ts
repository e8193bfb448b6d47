/** Numbers, money and instants as the reader's language writes them; minutes count from a plan's start. */
import { useMemo } from "react";

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
  time(value: number | Date): string;
}

export function formats(language: Language): Formats {
  const locale = language === "ko" ? "ko-KR" : "en-GB";
  const instant = new Intl.DateTimeFormat(locale, {
    month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const day = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", weekday: "short" });
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
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
    instant: (value) => instant.format(new Date(value)),
    day: (value) => day.format(new Date(value)),
    time: (value) => time.format(value),
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
  return useMemo(() => formats(language), [language]);
}

/** The instant of a plan's minute. */
export function instantOf(startsAt: string, minute: number): Date {
  return new Date(Date.parse(startsAt) + minute * MINUTE);
}

/** The plan's minute of an instant, whole. */
export function minuteOf(startsAt: string, instant: Date | string): number {
  return Math.round((new Date(instant).getTime() - Date.parse(startsAt)) / MINUTE);
}

/** An instant as `<input type="datetime-local">` takes it, in the browser's time. */
export function toField(instant: Date): string {
  const local = new Date(instant.getTime() - instant.getTimezoneOffset() * MINUTE);
  return local.toISOString().slice(0, 16);
}
