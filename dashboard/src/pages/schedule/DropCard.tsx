import { Button, Group, Paper, Text, Title } from "@mantine/core";

import { VerdictView } from "../../plan/VerdictView";
import { useWords } from "../../words";
import type { Refused } from "./moving";

/** Why a drop was put back, and the way to have it all the same: place it and repair what it breaks. */
export function DropCard({ refused, forget, place }: { refused: Refused; forget: () => void; place: () => void }) {
  const { t } = useWords();
  return (
    <Paper withBorder shadow="md" p="sm" role="alert" data-testid="refused"
      style={{ position: "absolute", left: 96, bottom: 12, zIndex: 6, maxWidth: 460 }}>
      <Title order={3} size="h6" className="bad">{t("drop.title")}</Title>
      {refused.refusal ? <Text size="sm">{refused.refusal}</Text> : refused.verdict && <VerdictView verdict={refused.verdict} isShort />}
      <Group mt="xs" gap="xs">
        <Button size="xs" variant="default" onClick={forget}>{t("drop.back")}</Button>
        {!refused.refusal && <Button size="xs" onClick={place}>{t("drop.anyway")}</Button>}
      </Group>
    </Paper>
  );
}
