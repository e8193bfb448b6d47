/** The language: Korean or English, as chosen in this browser, else as the browser prefers. */
import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

import { en, type WordKey } from "./en";
import { ko } from "./ko";

export type Language = "en" | "ko";
export type Words = (key: WordKey, values?: Record<string, string | number>) => string;

const KEY = "takt.language";

export function startWords(): void {
  const chosen = localStorage.getItem(KEY) ?? navigator.language.slice(0, 2);
  void i18next.use(initReactI18next).init({
    lng: chosen === "ko" ? "ko" : "en",
    fallbackLng: "en",
    keySeparator: false,
    nsSeparator: false,
    resources: { en: { translation: en }, ko: { translation: ko } },
    interpolation: { escapeValue: false }, // React escapes
    initAsync: false,
  });
  document.documentElement.lang = i18next.language;
}

export function speak(language: Language): void {
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

export function useWords(): { t: Words; language: Language } {
  const { t, i18n } = useTranslation();
  return { t: t as unknown as Words, language: i18n.language as Language };
}
