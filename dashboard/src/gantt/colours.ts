/** Colours of families after Okabe and Ito, told apart also by those who see few colours, then by hatching. */

const FAMILIES = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#4a86c5", "#b3b3b3"];
const HATCHES = ["plain", "stripes", "dots"] as const;

export type Hatch = (typeof HATCHES)[number];

export interface Paint {
  fill: string;
  hatch: Hatch;
  ink: string;
}

/** How a family is painted, by its place; no two of the first 21 alike. */
export function paintOf(family: number): Paint {
  const fill = FAMILIES[family % FAMILIES.length] as string;
  const hatch = HATCHES[Math.floor(family / FAMILIES.length) % HATCHES.length] as Hatch;
  return { fill, hatch, ink: luminance(fill) > 0.18 ? "#111" : "#fff" };
}

export interface Scheme {
  paper: string;
  ink: string;
  faint: string;
  grid: string;
  band: string;
  off: string;
  overtime: string;
  frozen: string;
  slush: string;
  late: string;
  select: string;
  legal: string;
  doubtful: string;
  refused: string;
  now: string;
  changeover: string;
}

export const SCHEMES: Record<"light" | "dark", Scheme> = {
  light: {
    paper: "#ffffff", ink: "#1a1b1e", faint: "#5c636a", grid: "#dee2e6", band: "#f8f9fa", off: "#e4e7eb",
    overtime: "#fdf3d8", frozen: "rgba(70,90,160,0.20)", slush: "rgba(70,90,160,0.07)", late: "#b3261e",
    select: "#0b3d91", legal: "rgba(0,158,115,0.22)", doubtful: "rgba(230,159,0,0.22)", refused: "#b3261e",
    now: "#b3261e", changeover: "#495057",
  },
  dark: {
    paper: "#1a1b1e", ink: "#e9ecef", faint: "#a6adb4", grid: "#373a40", band: "#202226", off: "#2f3237",
    overtime: "#3a331f", frozen: "rgba(130,160,255,0.22)", slush: "rgba(130,160,255,0.08)", late: "#ff6b5e",
    select: "#ffffff", legal: "rgba(0,200,140,0.22)", doubtful: "rgba(255,190,60,0.20)", refused: "#ff6b5e",
    now: "#ff6b5e", changeover: "#adb5bd",
  },
};

/** The relative luminance of a colour, 0 to 1, after WCAG. */
export function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
