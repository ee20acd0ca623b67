/** A picture of what each class looks like. */

import { createCanvas } from "@napi-rs/canvas";
import { GRADES } from "./grades.js";
import { WIDTH } from "./slide.js";

const TILE = 128;
const COLUMNS = 8;
const GAP = 4;
const LEFT = 130;
const TOP = 34;

/**
 * Some of the points of each class with what is around them, and above it that the tissue is synthetic.
 *
 * @param {{ pixels: Uint8Array, points: { x: number, y: number, label: string }[] }[]} slides
 * @returns {Buffer} PNG
 */
export function overview(slides) {
  const canvas = createCanvas(LEFT + COLUMNS * (TILE + GAP), TOP + GRADES.length * (TILE + GAP));
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#1b1f24";
  context.textBaseline = "middle";
  context.font = "bold 16px sans-serif";
  context.fillText("SYNTHETIC tissue, painted by a program", LEFT, TOP / 2);
  context.font = "15px sans-serif";
  GRADES.forEach(({ name }, row) => {
    const y = TOP + row * (TILE + GAP);
    context.fillText(name, 10, y + TILE / 2);
    const own = slides.map((slide) => ({ slide, points: slide.points.filter(({ label }) => label === name) }));
    for (let i = 0; i < COLUMNS; i++) {
      // a slide after the other, so that many patients are seen
      const { slide, points } = own[i % own.length];
      const point = points[Math.floor(i / own.length)];
      if (point) context.putImageData(around(context, slide.pixels, point), LEFT + i * (TILE + GAP), y);
    }
  });
  return canvas.toBuffer("image/png");
}

function around(context, /** @type {Uint8Array} */ pixels, /** @type {{ x: number, y: number }} */ { x, y }) {
  const image = context.createImageData(TILE, TILE);
  for (let row = 0; row < TILE; row++) {
    for (let column = 0; column < TILE; column++) {
      const from = 3 * ((y - TILE / 2 + row) * WIDTH + x - TILE / 2 + column);
      image.data.set([...pixels.subarray(from, from + 3), 255], 4 * (row * TILE + column));
    }
  }
  return image;
}
