import sharp from "sharp";
import { stream } from "../../src/random/stream.js";
import { folderOf } from "./picture-folder.js";

/** A grey picture of 16×16 with stripes that lie or stand, of a random period and phase, and some noise. */
async function stripes(standing: boolean, number: number): Promise<Buffer> {
  const random = stream(1, "stripes", standing ? 1 : 0, number);
  const [period, phase] = [3 + 3 * random.uniform(), 10 * random.uniform()];
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => {
    const along = standing ? i % 16 : Math.floor(i / 16);
    return 128 + 90 * Math.sin((2 * Math.PI * along) / period + phase) + 30 * (random.uniform() - 0.5);
  });
  return sharp(bytes, { raw: { width: 16, height: 16, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();
}

/**
 * A folder of striped pictures in two classes, "lying" and "standing", named after patients: each has four pictures of either class,
 * so far as there are so many. The caller removes it.
 */
export async function stripesFolder(lying: number, standing: number): Promise<string> {
  const files: Record<string, Buffer> = {};
  for (const [name, count] of [["lying", lying] as const, ["standing", standing] as const]) {
    for (let i = 0; i < count; i++) {
      files[`${name}/patient${Math.floor(i / 4)}-${i % 4}.png`] = await stripes(name === "standing", i);
    }
  }
  return folderOf(files);
}
