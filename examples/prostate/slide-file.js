/** Slides as files. */

import { createCanvas } from "@napi-rs/canvas";
import sharp from "sharp";
import { HEIGHT, WIDTH } from "./slide.js";

/** Pixels of the strip below the tissue, with what the slide is. */
const STRIP = 40;

/**
 * Writes a slide as scanners do, a TIFF of tiles in several sizes, with a strip that says what it is.
 *
 * @param {string} path
 * @param {Uint8Array} pixels RGB
 * @param {string} title
 */
export async function writeSlide(path, pixels, title) {
  const canvas = createCanvas(WIDTH, STRIP);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, WIDTH, STRIP);
  context.fillStyle = "black";
  context.font = "24px sans-serif";
  context.fillText(`${title} (painted by a program; not for diagnosis)`, 12, 28);
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 };
  // a microscope is never quite sharp
  const blurred = await sharp(pixels, { raw }).blur(0.6).removeAlpha().raw().toBuffer();
  await sharp(blurred, { raw })
    .extend({ bottom: STRIP, background: "white" })
    .composite([{ input: canvas.toBuffer("image/png"), left: 0, top: HEIGHT }])
    .removeAlpha()
    .tiff({ compression: "jpeg", quality: 92, tile: true, tileWidth: 256, tileHeight: 256, pyramid: true })
    .toFile(path);
}

/**
 * Writes a mask of the slide's size: a grey value for each class, 0 below the tissue.
 *
 * @param {string} path
 * @param {Uint8Array} mask
 */
export async function writeMask(path, mask) {
  await sharp(mask, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .extend({ bottom: STRIP, background: "black" })
    .toColourspace("b-w")
    .png()
    .toFile(path);
}
