/** Okabe and Ito's colours (2008), which the colour-blind tell apart, without the yellow, which is lost on white. */
const FEW = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"];
/** As far as possible from all hues before: the golden section of a turn. */
const TURN = 137.508;
const SATURATION = 0.7;

/**
 * A colour for each of so many classes. More than seven cannot be told by colours alone: names must stand beside them.
 *
 * @example
 * classColours(2); // ["#0072b2", "#d55e00"]
 */
export const classColours = (count: number): readonly string[] =>
  count <= FEW.length
    ? FEW.slice(0, count)
    : Array.from({ length: count }, (_, k) => hexOf(k * TURN, SATURATION, [0.42, 0.58][k % 2]));

/** CSS's hsl(), which not all that draw SVG know: of each of red, green and blue L − a·max(−1, min(k − 3, 9 − k, 1)), a = S·min(L, 1 − L), k = (n + hue/30) mod 12. */
function hexOf(hue: number, saturation: number, lightness: number): string {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const parts = [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
  return `#${parts.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
