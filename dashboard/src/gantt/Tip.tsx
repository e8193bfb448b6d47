import type { ReactNode } from "react";

import type { View } from "./view";

/** Tells of what is at a place of the canvas, on the side where there is room. */
export function Tip({ x, y, view, children }: { x: number; y: number; view: View; children: ReactNode }) {
  const isRight = x > view.width * 0.62;
  const isLow = y > view.height * 0.6;
  return (
    <div className="tip" role="tooltip" style={{
      ...(isRight ? { right: view.width - x + 10 } : { left: Math.max(4, x + 12) }),
      ...(isLow ? { bottom: view.height - y + (isRight ? 0 : 10) + 8 } : { top: y + 14 }),
    }}>{children}</div>
  );
}
