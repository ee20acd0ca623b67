import type { Font } from "./font-file.js";
import type { Ligature } from "./ligatures.js";

/** What typefaces set as one sign, or so close that the letters touch. */
const LIGATURES = ["fi", "fl", "ff", "ffi", "ffl", "ft", "tt", "fj"];
/** A column has ink where a byte in it is darker than this. */
const INK = 128;
/** A cut is made where there is least ink, so many columns from where the letters' own widths have it at most. */
const NEAR = 2;

/**
 * Draws letters that touch, each ligature with the middle of its ink in the middle of the picture. Its letters share its width as the widths of
 * the single letters are to each other; they are cut where there is least ink nearby. What is wider than the picture is left out.
 *
 * @param draw a picture of some text, as large and on the baseline of the letters; as wide as high
 */
export function drawLigatures(
  draw: (text: string) => Uint8Array,
  font: Pick<Font, "measure">,
): (Ligature & { readonly pixels: Uint8Array })[] {
  return LIGATURES.flatMap((letters) => {
    const pixels = draw(letters);
    const side = Math.sqrt(pixels.length);
    const ink = Array.from({ length: side }, (_, x) => {
      let sum = 0;
      for (let at = x; at < pixels.length; at += side) sum += 255 - pixels[at];
      return sum;
    });
    const isInk = ink.map((_, x) => pixels.some((byte, at) => at % side === x && byte < INK));
    const [first, end] = [isInk.indexOf(true), isInk.lastIndexOf(true) + 1];
    if (first <= 0 || end >= side) return [];
    const widths = [...letters].map((letter) => font.measure(letter, 100).advance);
    const total = widths.reduce((sum, width) => sum + width, 0);
    let begun = 0;
    const inner = widths.slice(0, -1).map((width) => {
      begun += width;
      const usual = Math.round(first + ((end - first) * begun) / total);
      const near = Array.from({ length: 2 * NEAR + 1 }, (_, i) => usual - NEAR + i);
      return near.reduce((best, x) => (ink[x] < ink[best] ? x : best), usual);
    });
    const cuts = [first, ...inner, end];
    return cuts.every((cut, i) => i === 0 || cut > cuts[i - 1]) ? [{ letters, cuts, pixels }] : [];
  });
}
