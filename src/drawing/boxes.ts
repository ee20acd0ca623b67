import type { Image } from "../data/pictures/image.js";
import type { Box } from "../data/sources/dataset.js";
import { html, type Markup } from "./markup.js";

/**
 * A box as lines of SVG, on a white ground so that it is seen on any picture.
 *
 * @param stroke a colour of CSS
 * @param line the width of its line
 */
export function boxMarkup({ x, y, width, height }: Box, stroke: string, line: number): Markup {
  const one = (colour: string, thick: number): Markup =>
    html`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${colour}" stroke-width="${thick}"/>`;
  return html`${one("#fff", line + 2)}${one(stroke, line)}`;
}

/** A box in a picture's pixels, and how it is drawn. */
export interface DrawnBox {
  readonly box: Box;
  /** red, green, blue */
  readonly colour: readonly [number, number, number];
  /** pixels that its line is wide */
  readonly line: number;
}

/**
 * A picture with boxes in its pixels, each on a white ground a pixel wider. What reaches beyond the picture is cut off.
 *
 * @example
 * const picture = { width: 8, height: 8, channels: 1, data: new Uint8Array(64) } as const;
 * withBoxes(picture, [{ box: { x: 1, y: 1, width: 6, height: 6 }, colour: [194, 54, 27], line: 1 }]).channels; // 3
 */
export function withBoxes(picture: Image, boxes: readonly DrawnBox[]): Image {
  const { width, height, channels } = picture;
  const area = width * height;
  const data = new Uint8Array(3 * area);
  for (let c = 0; c < 3; c++)
    data.set(picture.data.subarray(...(channels === 3 ? [c * area, (c + 1) * area] : [0])), c * area);
  const paint = ({ x, y, width: w, height: h }: Box, colour: readonly number[], line: number): void => {
    const half = line / 2;
    const [left, top, right, bottom] = [x, y, x + w, y + h];
    for (let py = Math.max(0, Math.floor(top - half)); py < Math.min(height, bottom + half); py++) {
      for (let px = Math.max(0, Math.floor(left - half)); px < Math.min(width, right + half); px++) {
        const [mx, my] = [px + 0.5, py + 0.5];
        const within = mx >= left - half && mx <= right + half && my >= top - half && my <= bottom + half;
        const inside = mx > left + half && mx < right - half && my > top + half && my < bottom - half;
        if (within && !inside) for (let c = 0; c < 3; c++) data[c * area + py * width + px] = colour[c];
      }
    }
  };
  for (const { box, colour, line } of boxes) {
    paint(box, [255, 255, 255], line + 2);
    paint(box, colour, line);
  }
  return { width, height, channels: 3, data };
}
