import { expect, it } from "vitest";

import { luminance, paintOf } from "./colours";

it("paints no two of the first 21 families alike", () => {
  const paints = Array.from({ length: 21 }, (_, family) => `${paintOf(family).fill} ${paintOf(family).hatch}`);
  expect(new Set(paints).size).toBe(21);
});

it("writes on every family in ink that can be read", () => {
  for (let family = 0; family < 7; family++) {
    const { fill, ink } = paintOf(family);
    const [dark, light] = [luminance(fill), luminance(ink === "#fff" ? "#ffffff" : "#111111")].sort((one, other) => one - other) as [number, number];
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThan(4.5);
  }
});
