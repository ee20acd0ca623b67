import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decoderOf,
  filesNamed,
  formatByEnding,
  formatByName,
  formatsWhere,
  namesOf,
  PICTURE_FORMATS,
  PICTURES_ALONE,
  type PictureFormat,
} from "./formats-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-formats-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 8×8, one colour, so that no format loses much of it. */
const plain = sharp({ create: { width: 8, height: 8, channels: 3, background: "#336699" } });
const FORMATS: readonly Exclude<PictureFormat, "wav">[] = ["png", "jpeg", "webp", "tiff", "gif"];

describe.each(FORMATS)("%s", (format) => {
  test("is found by each of its endings, and decoded", async () => {
    const { endings, decoder } = PICTURE_FORMATS[format];
    for (const ending of endings) {
      const path = join(folder, `a${ending}`);
      await plain.clone().toFormat(format).toFile(path);
      expect(formatByEnding(path)).toBe(PICTURE_FORMATS[format]);
      expect(decoderOf(path)).toBe(decoder);
      const metadata = { format, width: 8, height: 8, grey: false, depth: 8, alpha: false, pages: 1 };
      expect(await decoder.metadata(path)).toMatchObject(format === "gif" ? { ...metadata, alpha: true } : metadata);
      const { data, ...shape } = await decoder.decode(path, {
        channels: 3,
        box: { x: 2, y: 1, width: 4, height: 5 },
      });
      expect(shape).toEqual({ width: 4, height: 5, channels: 3 });
      // the three planes; colours of a GIF and of JPEG are off by a few steps
      for (const [plane, value] of [0x33, 0x66, 0x99].entries()) {
        for (const byte of data.subarray(20 * plane, 20 * plane + 20)) expect(Math.abs(byte - value)).toBeLessThan(9);
      }
    }
  });
});

test("an ending counts in upper case too; what is in the file counts for libvips", async () => {
  expect(formatByEnding("a/B.JPEG")?.name).toBe("JPEG");
  expect(formatByEnding("a/b.csv")).toBeUndefined();
  const lying = join(folder, "lying.gif");
  await plain.clone().png().toFile(lying);
  expect(formatByName((await decoderOf(lying).metadata(lying)).format)?.name).toBe("PNG");
});

test("messages list what the table has", () => {
  expect(namesOf(PICTURES_ALONE)).toBe("PNG, JPEG, WebP, TIFF or GIF");
  expect(namesOf(formatsWhere(({ slides }) => slides))).toBe("PNG, JPEG or TIFF");
  expect(
    filesNamed(
      "a",
      formatsWhere(({ masks }) => masks),
    ),
  ).toBe("a.png, .tif or .tiff");
});
