import { ScrollArea } from "@mantine/core";
import type { ReactNode } from "react";

export const PAGE = "calc(100dvh - 3rem)";

/** A list beside what is told of the picked one, where one is: two columns, each scrolling by itself. */
export function Beside({ list, detail, width = 400 }: { list: ReactNode; detail: ReactNode | null; width?: number }) {
  return (
    <div style={{ display: "flex", height: PAGE }}>
      <div style={{ flex: 1, minWidth: 0 }}>{list}</div>
      {detail !== null && <ScrollArea w={width} type="auto" style={{ borderLeft: "1px solid var(--mantine-color-default-border)" }} p="sm">{detail}</ScrollArea>}
    </div>
  );
}
