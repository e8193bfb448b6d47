import { List, Stack, Text } from "@mantine/core";

import type { Figure, Verdict, Violation } from "../api/records";
import { useWords } from "../words";
import type { WordKey } from "../words/en";
import { useFormats } from "../words/format";
import { usePlan } from "./shown";

const MOST = 4;

/** What the referee says of a change: money, orders made late or saved, rules newly broken. */
export function VerdictView({ verdict, isShort = false }: { verdict: Verdict; isShort?: boolean }) {
  const { t } = useWords();
  const { currency } = usePlan();
  const format = useFormats();
  const total = verdict.cost["total"]?.change ?? 0;
  const parts = Object.entries(verdict.cost).filter(([name, figure]) => name !== "total" && Math.abs(figure.change) >= 0.005);
  const broken = [...verdict.new, ...verdict.grown];
  return (
    <Stack gap={2} data-testid="verdict">
      <Text size="sm" fw={600} c={tone(total)}>
        {Math.abs(total) < 0.005 ? t("verdict.none") : `${t("verdict.cost")} ${format.change(total, currency)}`}
      </Text>
      {!isShort && parts.map(([name, figure]) => (
        <Text size="xs" key={name} c="dimmed">{costName(t, name)} {format.change(figure.change, currency)}</Text>
      ))}
      {verdict.saved.length > 0 && <Text size="xs" c="teal.9" className="good">✓ {t("verdict.saved", { orders: some(verdict.saved) })}</Text>}
      {verdict.late.length > 0 && <Text size="xs">▲ {t("verdict.late", { orders: some(verdict.late) })}</Text>}
      {broken.length > 0 && (
        <>
          <Text size="xs" fw={600}>✕ {t("verdict.new")}</Text>
          <Breaches breaches={broken} />
        </>
      )}
      {!isShort && verdict.gone.length > 0 && (
        <Text size="xs" c="dimmed">{t("verdict.gone")}: {verdict.gone.length}</Text>
      )}
    </Stack>
  );
}

/** Broken rules by kind, record and amount; what the referee says of each is its title. */
export function Breaches({ breaches, most = MOST }: { breaches: readonly Violation[]; most?: number }) {
  const { t } = useWords();
  const format = useFormats();
  const say = (one: Violation): string => t(`breach.${one.kind}`, { record: one.record, amount: format.number(one.amount, 1) });
  return (
    <List size="xs" listStyleType="disc">
      {breaches.slice(0, most).map((one) => <List.Item key={`${one.kind} ${one.record}`}><span title={one.message}>{say(one)}</span></List.Item>)}
      {breaches.length > most && <List.Item>+ {breaches.length - most}</List.Item>}
    </List>
  );
}

export function costName(t: (key: WordKey) => string, name: string): string {
  return t(`cost.${name}` as WordKey);
}

export function changeOf(figure: Figure | undefined): number {
  return figure?.change ?? 0;
}

/** Less money is good; the sign says it too, so that colour is not needed. */
export function tone(change: number): string | undefined {
  if (Math.abs(change) < 0.005) return undefined;
  return change < 0 ? "var(--takt-good)" : "var(--takt-bad)";
}

function some(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} … (${names.length})` : names.join(", ");
}
