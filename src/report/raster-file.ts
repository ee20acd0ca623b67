import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createCanvas, GlobalFonts, loadImage } from "@napi-rs/canvas";
import { LIGHT, resolved } from "./theme.js";

const WEIGHTS = [400, 700] as const;

/** The name under which the rasteriser knows the report's font, which no installed font has. */
const FAMILY = "bellpepper-report";

/** The font files of the report, so that it looks the same where no font is installed: Lato, under the SIL Open Font License. */
export async function reportFonts(): Promise<{ readonly weight: number; readonly woff2: Uint8Array }[]> {
  const { resolve } = createRequire(import.meta.url);
  return Promise.all(
    WEIGHTS.map(async (weight) => ({
      weight,
      woff2: await readFile(resolve(`@fontsource/lato/files/lato-latin-${weight}-normal.woff2`)),
    })),
  );
}

let registered = false;

/**
 * Draws an SVG as PNG, on the light theme's paper, with its text in the report's own font.
 *
 * @param svg with its width and height; colours may be `var(--…)` of the theme
 * @param scale pixels for each of its units; 2, but at most 4000 pixels wide or high
 */
export async function pngFromSvg(svg: string, scale = 2): Promise<Uint8Array> {
  if (!registered) {
    for (const { woff2 } of await reportFonts()) GlobalFonts.register(Buffer.from(woff2), FAMILY);
    registered = true;
  }
  const text = resolved(svg)
    .replaceAll("currentColor", LIGHT.ink)
    .replace("<svg ", `<svg font-family="${FAMILY}" fill="${LIGHT.ink}" `);
  const image = await loadImage(Buffer.from(text));
  const factor = Math.min(scale, 4000 / Math.max(image.width, image.height));
  const canvas = createCanvas(Math.ceil(image.width * factor), Math.ceil(image.height * factor));
  const context = canvas.getContext("2d");
  context.fillStyle = LIGHT.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, image.width * factor, image.height * factor);
  return canvas.toBuffer("image/png");
}
