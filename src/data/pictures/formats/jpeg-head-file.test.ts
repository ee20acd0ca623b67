import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jpegHead } from "./jpeg-head-file.js";
import { sharpDecoder } from "./sharp-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-jpeg-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const colour = (): Sharp => sharp({ create: { width: 30, height: 20, channels: 3, background: "#336699" } });

describe("heads say what libvips says", () => {
  const orientations = [1, 2, 3, 4, 5, 6, 7, 8].map((orientation): [string, Sharp] => [
    `turned ${orientation}`,
    colour().withMetadata({ orientation }).jpeg(),
  ]);
  test.each<[string, Sharp]>([
    ["coloured", colour().jpeg()],
    ["grey", colour().toColourspace("b-w").jpeg()],
    ["in passes", colour().jpeg({ progressive: true })],
    ["optimised", colour().jpeg({ mozjpeg: true, chromaSubsampling: "4:4:4" })],
    ["with a profile", colour().withIccProfile("p3").jpeg()],
    [
      "with Exif, not turned",
      colour()
        .withExif({ IFD0: { Copyright: "nobody" } })
        .jpeg(),
    ],
    ...orientations,
  ])("%s", async (_, picture) => {
    const bytes = new Uint8Array(await picture.toBuffer());
    const path = join(folder, "a.JPG");
    await writeFile(path, bytes);
    const expected = await sharpDecoder.metadata(path);
    expect(await jpegHead(path)).toEqual(expected);
    expect(await jpegHead(bytes)).toEqual(expected);
  });
});

test("other pictures, and those that are not plain, are left to libvips", async () => {
  const other = async (made: Sharp): Promise<unknown> => jpegHead(new Uint8Array(await made.toBuffer()));
  expect(await other(colour().png())).toBeUndefined();
  expect(await other(colour().toColourspace("cmyk").jpeg())).toBeUndefined();
  const path = join(folder, "a.png");
  await writeFile(path, await colour().jpeg().toBuffer());
  expect(await jpegHead(path)).toBeUndefined();
  expect(await jpegHead(join(folder, "none.jpg"))).toBeUndefined();
  expect(await jpegHead(new Uint8Array(0))).toBeUndefined();
});

test("damaged heads are no reason to fail, and a head that is cut off says nothing", async () => {
  const whole = new Uint8Array(await colour().withMetadata({ orientation: 6 }).jpeg().toBuffer());
  const head = await jpegHead(whole);
  expect(head).toMatchObject({ width: 20, height: 30 });
  for (let length = 0; length < 400; length++) {
    const cut = await jpegHead(whole.subarray(0, length));
    expect(cut === undefined || JSON.stringify(cut) === JSON.stringify(head)).toBe(true);
  }
  const place = fc.integer({ min: 0, max: 700 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 6 }), async (changes) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      const found = await jpegHead(bytes);
      if (found) expect(found.width * found.height).toBeGreaterThan(0);
    }),
  );
});
