import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createCanvas, GlobalFonts, loadImage } from "@napi-rs/canvas";
import { LIGHT, resolveColours } from "../../../drawing/theme.js";

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
  const { width, height } = sizeOf(svg);
  const factor = Math.min(scale, 4000 / Math.max(width, height));
  // Loaded at its final size: an SVG is drawn once, when it is loaded, and would be blurred by stretching it afterwards.
  const text = resolveColours(svg)
    .replaceAll("currentColor", LIGHT.ink)
    .replace(/ width="[^"]*"/, ` width="${width * factor}"`)
    .replace(/ height="[^"]*"/, ` height="${height * factor}"`)
    .replace("<svg ", `<svg font-family="${FAMILY}" fill="${LIGHT.ink}" `);
  const canvas = createCanvas(Math.ceil(width * factor), Math.ceil(height * factor));
  const context = canvas.getContext("2d");
  context.fillStyle = LIGHT.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(await loadImage(Buffer.from(text)), 0, 0, width * factor, height * factor);
  // Not every version of the rasteriser draws the pictures inside an SVG: they are put in here, pixel by pixel.
  context.imageSmoothingEnabled = false;
  for (const [element] of svg.matchAll(/<image [^>]*>/g)) {
    const [x, y, across, down] = ["x", "y", "width", "height"].map(
      (name) => Number(attributeOf(element, name)) * factor,
    );
    const data = attributeOf(element, "href").replace(/^data:image\/png;base64,/, "");
    context.drawImage(await loadImage(Buffer.from(data, "base64")), x, y, across, down);
  }
  const png = canvas.toBuffer("image/png");
  // Its pixels would stay until the garbage collector sees a small object.
  canvas.width = canvas.height = 1;
  return png;
}

const attributeOf = (element: string, name: string): string =>
  new RegExp(` ${name}="([^"]*)"`).exec(element)?.[1] ?? "";

/** The width and height that an SVG states. */
function sizeOf(svg: string): { readonly width: number; readonly height: number } {
  const start = /<svg [^>]*>/.exec(svg)?.[0] ?? "";
  return { width: Number(attributeOf(start, "width")), height: Number(attributeOf(start, "height")) };
}
