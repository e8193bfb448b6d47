import { expect, it } from "vitest";

import { run } from "../../gantt/runs";
import { matching } from "./finding";

const RUNS = [
  run("R1", "L01", 0, 10, { item: "P001", family: "F1" }),
  run("R2", "L02", 0, 10, { item: "P001", family: "F2", late: 5 }),
  run("R3", "L02", 10, 20, { item: "P002", family: "F2" }),
];
const found = (wanted: Partial<Parameters<typeof matching>[1]>) => matching(RUNS, { text: "", family: null, onlyLate: false, ...wanted });

it("shows all alike where nothing is asked for", () => expect(found({})).toBeNull());
it("finds by line, item and run, whatever their case", () => expect(found({ text: "l02 p001" })).toEqual(new Set(["R2"])));
it("finds by family", () => expect(found({ family: "F2" })).toEqual(new Set(["R2", "R3"])));
it("finds what is late", () => expect(found({ onlyLate: true })).toEqual(new Set(["R2"])));
it("says so where nothing is found", () => expect(found({ text: "nobody" })?.size).toBe(0));
