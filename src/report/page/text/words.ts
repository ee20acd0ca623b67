/** Numbers as people read them. Spaces inside a number do not break. */

const SPACE = "\u00a0";

/** 15470 → "15 470" */
export const countText = (value: number): string => `${value}`.replace(/\B(?=(\d{3})+$)/g, SPACE);

/** "1 letter", "26 letters" */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${countText(value)}${SPACE}${value === 1 ? one : many}`;

/** 812 → "812 bytes", 46_830_571 → "46.8 MB" */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return plural(bytes, "byte");
  const [divisor, unit] = bytes < 1e6 ? [1e3, "kB"] : bytes < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  return `${(bytes / divisor).toPrecision(3)}${SPACE}${unit}`;
}

/** 0.0367 → "3.67 %"; "–" where there is nothing to share */
export function percentText(share: number, digits = 2): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)}${SPACE}%` : "–";
}

/** A probability that never rounds to certainty: 0.9731 → "97 %", 0.99968 → "99.96 %", 0.004 → "< 1 %" */
export function confidenceText(p: number): string {
  if (p < 1 && p >= 0.99) return `${(Math.floor(p * 1e4) / 100).toFixed(2)}${SPACE}%`;
  if (p > 0 && p < 0.01) return `<${SPACE}1${SPACE}%`;
  return percentText(p, 0);
}

/** Three digits that count: 0.12612 → "0.126", 12.34 → "12.3" */
export const numberText = (value: number): string => {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4).replace("-", "−");
};

/** 74.2 → "1 min 14 s" */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}${SPACE}s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const units: [number, string][] =
    hours > 0
      ? [
          [hours, "h"],
          [minutes, "min"],
        ]
      : [
          [minutes, "min"],
          [rest, "s"],
        ];
  return units
    .filter(([value], i) => value > 0 || (i === 1 && hours === 0 && minutes === 0))
    .map(([value, unit]) => `${value}${SPACE}${unit}`)
    .join(SPACE);
}

/** A name of at most so many letters: ("chimpanzee", 6) → "chimp…" */
export const shortenName = (name: string, longest: number): string =>
  name.length > longest ? `${name.slice(0, longest - 1)}…` : name;

/** "weightDecay" → "weight decay" */
export const wordsOf = (key: string): string =>
  key.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

/** A setting as text: lists with commas, of objects their type and what else they say, the rest as JSON has it. */
export function settingText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(settingText).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => (key === "type" ? wordsOf(settingText(inner)) : `${wordsOf(key)} ${settingText(inner)}`))
      .join(", ");
  }
  return JSON.stringify(value) ?? "–";
}
