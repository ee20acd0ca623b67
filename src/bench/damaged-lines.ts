/** Lines of text as they come out of cameras, scanners and screens: in many sizes, and with damages of many kinds. */

import { Canvas, GlobalFonts, loadImage } from "@napi-rs/canvas";
import { LETTERS } from "../data/letters/letters.js";
import { type Image, planesFromPixels } from "../data/pictures/image.js";
import { type Stream, stream } from "../random/stream.js";

/** How a line is drawn, and what happens to it; every field has a default. */
export interface Damage {
  /** from the highest ascent to the deepest descent over a–z, in pixels; 32 */
  readonly extent?: number;
  /** degrees by which letters lean to the right */
  readonly slant?: number;
  /** degrees by which the line is turned counter-clockwise */
  readonly rotate?: number;
  /** more room between letters, as a share of the extent */
  readonly spacing?: number;
  /** width of the letters; 1 */
  readonly stretch?: number;
  readonly color?: string;
  readonly background?: string;
  /** how much of the light is left at the right end; 1 */
  readonly light?: number;
  /** the Gaussian's deviation, as a share of the extent */
  readonly blur?: number;
  /** the noise's deviation in levels */
  readonly noise?: number;
  /** quality of a JPEG that the picture goes through */
  readonly jpeg?: number;
  /** free room around the ink, as a share of the extent; 0.5 */
  readonly margin?: number;
}

let opened = 0;

/** A font for {@link drawDamaged}: the name by which the rasteriser knows it. @throws Error when it is no font */
export function registerFont(path: string): string {
  const alias = `bellpepper-lines-${opened++}`;
  if (!GlobalFonts.registerFromPath(path, alias)) throw new Error(`${path} is no font.`);
  return alias;
}

/** Draws lines of text, one below the other, and damages the picture. */
export async function drawDamaged(
  text: string | readonly string[],
  font: string,
  damage: Damage,
  random: Stream,
): Promise<Image> {
  const { extent = 32, slant = 0, rotate = 0, spacing = 0, stretch = 1, margin = 0.5 } = damage;
  const lines = typeof text === "string" ? [text] : text;
  const context = new Canvas(1, 1).getContext("2d");
  context.font = `100px "${font}"`;
  const letters = LETTERS.map((letter) => context.measureText(letter));
  const ascent = Math.max(...letters.map((m) => m.actualBoundingBoxAscent));
  const descent = Math.max(...letters.map((m) => m.actualBoundingBoxDescent));
  const size = (100 * extent) / (ascent + descent);
  context.font = `${size}px "${font}"`;
  context.letterSpacing = `${spacing * extent}px`;
  const wide = Math.max(...lines.map((line) => context.measureText(line).width)) * stretch;
  const [angle, lean] = [(Math.PI / 180) * rotate, Math.tan((Math.PI / 180) * slant)];
  const pitch = 1.35 * extent;
  const high = extent + pitch * (lines.length - 1);
  const free = margin * extent;
  const width = Math.ceil(wide + lean * extent + high * Math.abs(Math.sin(angle)) + 2 * free);
  const height = Math.ceil(high + wide * Math.abs(Math.sin(angle)) + 2 * free);
  const canvas = new Canvas(width, height);
  const page = canvas.getContext("2d");
  page.fillStyle = damage.background ?? "#ffffff";
  page.fillRect(0, 0, width, height);
  page.fillStyle = damage.color ?? "#000000";
  page.font = context.font;
  page.letterSpacing = context.letterSpacing;
  page.translate(width / 2, height / 2);
  page.rotate(-angle);
  page.transform(stretch, 0, -lean, 1, 0, 0);
  lines.forEach((line, i) => {
    page.fillText(line, -wide / stretch / 2, -high / 2 + (ascent * size) / 100 + i * pitch);
  });
  return damagePixels(canvas, damage, extent, random);
}

async function damagePixels(canvas: Canvas, damage: Damage, extent: number, random: Stream): Promise<Image> {
  const { light = 1, blur = 0, noise = 0, jpeg } = damage;
  const { width, height } = canvas;
  const page = canvas.getContext("2d");
  const picture = page.getImageData(0, 0, width, height);
  const planes = Float64Array.from(planesFromPixels(new Uint8Array(picture.data), 4));
  const area = width * height;
  for (let c = 0; c < 3; c++) {
    const plane = planes.subarray(c * area, (c + 1) * area);
    if (blur > 0) blurPlane(plane, width, height, blur * extent);
    for (let i = 0; i < area; i++) {
      plane[i] *= 1 - (1 - light) * ((i % width) / width);
      if (noise > 0) plane[i] += noise * random.normal();
      picture.data[4 * i + c] = Math.min(255, Math.max(0, Math.round(plane[i])));
    }
  }
  if (jpeg !== undefined) {
    page.resetTransform();
    page.putImageData(picture, 0, 0);
    page.drawImage(await loadImage(canvas.toBuffer("image/jpeg", jpeg)), 0, 0);
    picture.data.set(page.getImageData(0, 0, width, height).data);
  }
  const data = planesFromPixels(new Uint8Array(picture.data), 4).subarray(0, 3 * area);
  return { width, height, channels: 3, data };
}

/** Rows, then columns, weighed by a Gaussian; beyond the border are the outermost pixels. */
function blurPlane(plane: Float64Array, width: number, height: number, deviation: number): void {
  const reach = Math.ceil(3 * deviation);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / deviation) ** 2));
  const sum = kernel.reduce((a, b) => a + b, 0);
  const along = (lines: number, length: number, start: number, step: number): void => {
    const row = new Float64Array(length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let value = 0;
        for (let k = -reach; k <= reach; k++) {
          const at = Math.min(length - 1, Math.max(0, i + k));
          value += kernel[k + reach] * plane[line * start + at * step];
        }
        row[i] = value / sum;
      }
      for (let i = 0; i < length; i++) plane[line * start + i * step] = row[i];
    }
  };
  along(height, width, width, 1);
  along(width, height, 1, width);
}

/** The kinds of damage that reading is measured by. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  "12 pixels": { extent: 12 },
  "16 pixels": { extent: 16 },
  "24 pixels": { extent: 24 },
  "60 pixels": { extent: 60 },
  "160 pixels": { extent: 160 },
  "light on dark": { color: "#f4f0e0", background: "#20303c" },
  "red on green": { color: "#ff0000", background: "#008200" },
  "grey on grey": { color: "#7a7a7a", background: "#a8a8a8" },
  "fading light": { light: 0.35, color: "#202020" },
  noise: { noise: 30 },
  blur: { blur: 0.055 },
  "turned left": { rotate: 2 },
  "turned right": { rotate: -2 },
  slanted: { slant: 12 },
  "slanted back": { slant: -8 },
  tight: { spacing: -0.02 },
  spaced: { spacing: 0.1 },
  narrow: { stretch: 0.8 },
  wide: { stretch: 1.25 },
  "poor JPEG": { jpeg: 20, extent: 24 },
  "small, turned and noisy": { extent: 20, rotate: 1, noise: 12 },
  "blurred, slanted and grey": { blur: 0.03, slant: 8, color: "#555555", background: "#d8d2c0" },
};

/** A line, what it says, and its kind. */
export interface DamagedLine {
  readonly kind: string;
  readonly face: string;
  readonly text: string;
  readonly image: Image;
}

/** Lines of each kind: `each` of them, in faces and with texts that take turns. */
export async function* damagedLines(
  faces: readonly string[],
  texts: readonly string[],
  each: number,
  seed: number,
  damages: Readonly<Record<string, Damage>> = DAMAGES,
): AsyncGenerator<DamagedLine> {
  const fonts = faces.map(registerFont);
  let turn = 0;
  for (const [kind, damage] of Object.entries(damages)) {
    for (let i = 0; i < each; i++, turn++) {
      // another text with each round of the faces
      const text = texts[(turn + Math.floor(turn / faces.length)) % texts.length];
      const at = turn % faces.length;
      const image = await drawDamaged(text, fonts[at], damage, stream(seed, "damaged lines", kind, i));
      yield { kind, face: faces[at], text, image };
    }
  }
}
