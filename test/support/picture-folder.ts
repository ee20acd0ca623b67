import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { onTestFinished } from "vitest";

/** A colour: red, green, blue. */
export type Colour = readonly [number, number, number];

/** A picture of one colour, as a file's bytes. */
export async function flat(format: "png" | "jpeg", width: number, height: number, colour: Colour): Promise<Buffer> {
  const [r, g, b] = colour;
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .toFormat(format)
    .toBuffer();
}

/** A picture with a pattern of its own for each number, as smooth as a photograph. */
export async function photo(number: number, width = 96, height = 72, format: "png" | "jpeg" = "jpeg"): Promise<Buffer> {
  const value = (i: number): number => (((number + 1) * 2654435761 + i * 40503 * (number + 3)) >>> 7) % 256;
  const coarse = Uint8Array.from({ length: 6 * 5 * 3 }, (_, i) => value(i));
  return sharp(coarse, { raw: { width: 6, height: 5, channels: 3 } })
    .resize(width, height, { fit: "fill" })
    .toFormat(format)
    .toBuffer();
}

/** A new folder with files; `/` in a name makes folders. The caller removes it. */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-pictures-"));
  await addFiles(folder, files);
  return folder;
}

/** A new folder with files, which is removed when the test that runs has ended. */
export async function passingFolder(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await folderOf(files);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a folder. */
export async function addFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** The bytes of an IDX file. */
export function idx(sizes: readonly number[], values: Iterable<number>): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  head.setUint16(2, 0x0800 + sizes.length);
  sizes.forEach((size, i) => {
    head.setUint32(4 + 4 * i, size);
  });
  return Uint8Array.from([...new Uint8Array(head.buffer), ...values]);
}
