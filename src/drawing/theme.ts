/** The colours of the report. Markup names them as `var(--ink)`; where no page resolves that, {@link resolveColours} does. */

/** Light, for the screen, for print and for the pictures that are files. */
export const LIGHT = {
  paper: "#ffffff",
  panel: "#f6f6f4",
  ink: "#1b1f24",
  soft: "#5d6670",
  quiet: "#98a1ab",
  line: "#e3e5e8",
  accent: "#c2361b",
} as const;

/** A colour by its part in the report: the one accent, and greys. */
export type Colour = keyof typeof LIGHT;

export const DARK: Readonly<Record<Colour, string>> = {
  paper: "#14171b",
  panel: "#1c2026",
  ink: "#e8eaed",
  soft: "#a5adb7",
  quiet: "#757e89",
  line: "#2f353d",
  accent: "#ff7d5c",
};

/** The colour as CSS. */
export const colour = (name: Colour): string => `var(--${name})`;

/**
 * Markup with every `var(--…)` replaced by the light colour, so that a drawing stands by itself.
 *
 * @example
 * resolveColours("fill='var(--paper)'"); // "fill='#ffffff'"
 */
export function resolveColours(markup: string): string {
  const names: Readonly<Record<string, string>> = LIGHT;
  return markup.replace(/var\(--([a-z]+)\)/g, (whole, name: string) => names[name] ?? whole);
}
