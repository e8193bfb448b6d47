import { Group, Popover, Button, SimpleGrid, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useComputedColorScheme } from "@mantine/core";

import type { Lock } from "../../api/records";
import { SCHEMES } from "../../gantt/colours";
import { draw } from "../../gantt/draw";
import { buildChart } from "../../gantt/chart";
import { AXIS, GUTTER } from "../../gantt/view";
import { useWords } from "../../words";

/** What colours, hatchings and badges mean: drawn by the same code as the schedule. */
export function Legend({ families }: { families: readonly string[] }) {
  const { t } = useWords();
  const scheme = SCHEMES[useComputedColorScheme("light")];
  const locks: Lock[] = ["line", "start", "all"];
  return (
    <Popover width={420} position="bottom-end" shadow="md">
      <Popover.Target><Button size="xs" variant="default">{t("gantt.legend")}</Button></Popover.Target>
      <Popover.Dropdown>
        <SimpleGrid cols={2} spacing={4}>
          {families.slice(0, 21).map((family, index) => (
            <Group key={family} gap={6}><Sample family={index} families={families} /><Text size="xs">{family}</Text></Group>
          ))}
          {locks.map((lock) => (
            <Group key={lock} gap={6}><Sample families={families} lock={lock} /><Text size="xs">{t(`lock.${lock}`)}</Text></Group>
          ))}
          <Group gap={6}><Sample families={families} late={1} /><Text size="xs">{t("gantt.late")}</Text></Group>
          <Group gap={6}><Sample families={families} changeover={9} /><Text size="xs">{t("gantt.changeover")}</Text></Group>
          {([["off", "gantt.off"], ["overtime", "gantt.overtime"], ["frozen", "gantt.frozen"], ["slush", "gantt.slush"]] as const).map(([name, word]) => (
            <Group key={name} gap={6}><span style={{ width: 34, height: 14, background: scheme[name], border: `1px solid ${scheme.grid}` }} /><Text size="xs">{t(word)}</Text></Group>
          ))}
        </SimpleGrid>
        <Text size="xs" mt="xs" c="dimmed">{t("gantt.hint")}</Text>
      </Popover.Dropdown>
    </Popover>
  );
}

function Sample({ families, family = 0, lock = "none", late = 0, changeover = 0 }: {
  families: readonly string[]; family?: number; lock?: Lock; late?: number; changeover?: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = SCHEMES[useComputedColorScheme("light")];
  useEffect(() => {
    const ctx = canvas.current?.getContext("2d");
    if (!ctx) return;
    const name = families[family] ?? "";
    const at = "2026-01-01T00:00:00Z";
    const items = families.map((one) => ({ id: one, family: one }));
    const capabilities = families.map((one) => ({ line: "", item: one, rate: 1 }));
    const plant = { currency: "", horizon: 34, starts_at: at, items, capabilities, lines: [{ id: "", shifts: [{ start: 0, end: 34 }] }] };
    const run = {
      id: "", item: "", line: "", start: changeover, end: 34, quantity: 1, lock, family: name, orders: 0, late,
      changeover_minutes: changeover, changeover_start: 0, changeover_cost: 0,
    };
    const chart = buildChart(plant as Parameters<typeof buildChart>[0], { starts_at: at, horizon: 34, runs: [run] });
    ctx.setTransform(1, 0, 0, 1, -GUTTER, -AXIS);
    const marks = {
      selected: new Set<string>(), hovered: null, lit: null, pegs: [], zones: { frozen: 0, slush: 0 }, now: -99, ghosts: [],
      places: null, before: null, language: "en", brush: null,
    };
    draw(ctx, chart, { left: 0, scale: 1, top: 0, rowHeight: 18, width: GUTTER + 34, height: AXIS + 18 }, marks, scheme);
  }, [families, family, lock, late, changeover, scheme]);
  return <canvas ref={canvas} width={34} height={18} aria-hidden />;
}
