import { ActionIcon, SegmentedControl, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";

import { type Language, speak, useWords } from "../words";

export function LanguageSwitch() {
  const { t, language } = useWords();
  return (
    <SegmentedControl size="xs" aria-label={t("language.switch")} value={language}
      onChange={(chosen) => speak(chosen as Language)}
      data={[{ value: "en", label: "English" }, { value: "ko", label: "한국어" }]} />
  );
}

export function ThemeSwitch() {
  const { t } = useWords();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  return (
    <ActionIcon variant="default" size="md" aria-label={t("theme.switch")} title={t("theme.switch")}
      onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden>
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
      </svg>
    </ActionIcon>
  );
}
