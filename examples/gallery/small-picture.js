import sharp from "sharp";

/** Pixels between pictures. */
const GAP = 12;

/**
 * Pictures beside or below each other as one, smaller, in few colours.
 *
 * @param {Buffer[]} files
 * @param {{ readonly below?: boolean, readonly scale?: number }} how
 */
export async function smallPicture(files, { below = false, scale = 1 }) {
  const sizes = await Promise.all(files.map((file) => sharp(file).metadata()));
  const [widths, heights] = [sizes.map((size) => size.width), sizes.map((size) => size.height)];
  const before = (/** @type {number[]} */ lengths, /** @type {number} */ count) =>
    lengths.slice(0, count).reduce((sum, length) => sum + length + GAP, 0);
  const along = (/** @type {number[]} */ lengths) => before(lengths, lengths.length) - GAP;
  const width = below ? Math.max(...widths) : along(widths);
  const height = below ? along(heights) : Math.max(...heights);
  const placed = files.map((input, i) => {
    return { input, left: below ? 0 : before(widths, i), top: below ? before(heights, i) : 0 };
  });
  const whole = await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite(placed)
    .png()
    .toBuffer();
  return sharp(whole)
    .resize({ width: Math.round(width * scale) })
    .png({ palette: true, quality: 40, dither: 0, effort: 10, compressionLevel: 9 })
    .toBuffer();
}
