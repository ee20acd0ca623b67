import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { greyFromColour, type Image, pixelsFromPlanes, planesFromPixels } from "./image.js";
import { readImage, writePng } from "./image-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "image-"));
});
afterAll(() => rm(folder, { recursive: true }));

// 2×1 pixels: red and a dark blue
const PIXELS = Uint8Array.from([255, 0, 0, 10, 20, 100]);
const PLANES = [255, 10, 0, 20, 0, 100];
// 0.299 · 255 = 76.2; 0.299 · 10 + 0.587 · 20 + 0.114 · 100 = 26.1
const GREY = [76, 26];
const colour = () => sharp(PIXELS, { raw: { width: 2, height: 1, channels: 3 } });

async function file(name: string, content: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const bytes = async (path: string, channels: 1 | 3): Promise<number[]> => [
  ...(await readImage(path, { channels })).data,
];

describe("planes", () => {
  it("and pixels are the same bytes in another order", () => {
    expect([...planesFromPixels(PIXELS, 3)]).toEqual(PLANES);
    expect(pixelsFromPlanes(Uint8Array.from(PLANES), 3)).toEqual(PIXELS);
  });

  it.each([4, 5, 8, 10, 12])("of %i pixels have byte i·3 + c at c·pixels + i, wherever they lie", (area) => {
    const expected = Array.from({ length: 3 * area }, (_, i) => 255 - (3 * (i % area) + Math.floor(i / area)));
    for (const offset of [0, 1, 4]) {
      const pixels = Uint8Array.from({ length: offset + 3 * area }, (_, i) => 255 - (i - offset)).subarray(offset);
      expect([...planesFromPixels(pixels, 3)]).toEqual(expected);
      const planes = new Uint8Array(offset + 3 * area).subarray(offset);
      expect(planesFromPixels(pixels, 3, planes)).toBe(planes);
      expect([...planes]).toEqual(expected);
    }
  });

  it("of equal channels are their own grey", () => {
    const ramp = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(greyFromColour(new Uint8Array([...ramp, ...ramp, ...ramp]))).toEqual(ramp);
  });
});

describe("readImage", () => {
  it.each<[string, () => Sharp]>([
    ["png", () => colour().png()],
    ["tiff", () => colour().tiff({ compression: "lzw" })],
    ["webp", () => colour().webp({ lossless: true })],
    ["gif", () => colour().gif()],
  ])("decodes %s to planes, and to grey", async (format, picture) => {
    const path = await file(`two.${format}`, await picture().toBuffer());
    expect(await readImage(path, { channels: 3 })).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.from(PLANES),
    });
    expect(await bytes(path, 1)).toEqual(GREY);
  });

  it("decodes a JPEG and turns it as its EXIF says", async () => {
    // black above, white below; orientation 6: turned a quarter clockwise for display, so black to the right
    const upright = { raw: { width: 16, height: 32, channels: 1 as const } };
    const picture = sharp(new Uint8Array(512).fill(255, 256), upright).withMetadata({ orientation: 6 });
    const { width, height, data } = await readImage(await file("turned.jpg", await picture.jpeg().toBuffer()), {
      channels: 1,
    });
    expect([width, height]).toEqual([32, 16]);
    expect(data[5]).toBeGreaterThan(250);
    expect(data[26]).toBeLessThan(5);
  });

  it("takes the upper half of 16 bits", async () => {
    const deep = sharp(Uint16Array.from([0, 0x8000, 0xffff]), { raw: { width: 3, height: 1, channels: 1 } });
    const path = await file("deep.png", await deep.toColourspace("grey16").png().toBuffer());
    expect((await sharp(path).metadata()).depth).toBe("ushort");
    expect(await bytes(path, 1)).toEqual([0, 128, 255]);
    expect(await bytes(path, 3)).toEqual([0, 128, 255, 0, 128, 255, 0, 128, 255]);
  });

  it("lays transparent parts on white", async () => {
    // opaque black, half transparent black (128/255), invisible red
    const pixels = Uint8Array.from([0, 0, 0, 255, 0, 0, 0, 128, 255, 0, 0, 0]);
    const picture = sharp(pixels, { raw: { width: 3, height: 1, channels: 4 } });
    const [black, half, white] = await bytes(await file("glass.png", await picture.png().toBuffer()), 1);
    expect([black, white]).toEqual([0, 255]);
    expect(Math.abs(half - 127)).toBeLessThanOrEqual(1);
  });

  it("lays transparent grey of 16 bits on white", async () => {
    const pixels = Uint16Array.from([0, 0xffff, 0, 0]);
    const picture = sharp(pixels, { raw: { width: 2, height: 1, channels: 2 } }).toColourspace("grey16");
    expect(await bytes(await file("deep-glass.png", await picture.png().toBuffer()), 1)).toEqual([0, 255]);
  });

  describe("to a size", () => {
    // 4 columns of 0, 100, 200 and 255, two rows
    const columns = sharp(Uint8Array.from([0, 100, 200, 255, 0, 100, 200, 255]), {
      raw: { width: 4, height: 2, channels: 1 },
    });

    it.each([
      ["squash", [0, 100, 200, 255].flatMap((v) => [v, v]), 8, 2],
      ["crop", [100, 200, 100, 200], 2, 2],
      ["pad", [255, 255, 255, 255, 0, 100, 200, 255, 0, 100, 200, 255, 255, 255, 255, 255], 4, 4],
    ] as const)("%s", async (fit, expected, width, height) => {
      const path = await file("columns.png", await columns.png().toBuffer());
      const { data } = await readImage(path, { channels: 1, size: { width, height, fit } });
      // interpolation between columns keeps their order and their ends
      if (fit !== "squash") expect([...data]).toEqual(expected);
      else expect([...data.subarray(0, 8)]).toEqual([...data.subarray(0, 8)].sort((a, b) => a - b));
      expect(data).toHaveLength(width * height);
    });

    it("takes a box out of the picture as a camera's rotation shows it", async () => {
      // 2×1, turned a quarter clockwise: 1×2, the left pixel on top
      const path = await file(
        "box.tiff",
        await colour().withMetadata({ orientation: 6 }).tiff({ compression: "lzw" }).toBuffer(),
      );
      const lower = { x: 0, y: 1, width: 1, height: 1 };
      expect([...(await readImage(path, { channels: 3, box: lower })).data]).toEqual([10, 20, 100]);
      await expect(readImage(path, { channels: 3, box: { ...lower, width: 2 } })).rejects.toThrow(
        /but its box 0 1 2 1 reaches beyond it \(1×2\)\.$/,
      );
    });

    it("takes pictures of one pixel, and very wide ones, and refuses those that no memory holds", async () => {
      const size = { width: 8, height: 8, fit: "squash" } as const;
      const one = await file(
        "one.png",
        await sharp(Uint8Array.of(7), { raw: { width: 1, height: 1, channels: 1 } })
          .png()
          .toBuffer(),
      );
      expect([...(await readImage(one, { channels: 1, size })).data]).toEqual(new Array(64).fill(7));
      const long = { create: { width: 30_000, height: 2, channels: 3 as const, background: "#0a0b0c" } };
      const wide = await file("wide.png", await sharp(long).png().toBuffer());
      expect([...(await readImage(wide, { channels: 3, size })).data.subarray(0, 64)]).toEqual(new Array(64).fill(10));
      // only its head says 30 000 × 30 000: after signature, length and "IHDR", the width and the height; a checksum closes it
      const huge = Buffer.from(await readFile(wide));
      huge.writeUInt32BE(30_000, 20);
      huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
      await expect(readImage(await file("huge.png", huge), { channels: 1, size })).rejects.toThrow(
        "it measures 30000×30000: expected at most 268 million pixels.",
      );
    });
  });

  it("sees that a file has changed", async () => {
    const path = await file(
      "changing.png",
      await sharp(Uint8Array.of(1), { raw: { width: 1, height: 1, channels: 1 } })
        .png()
        .toBuffer(),
    );
    expect(await bytes(path, 1)).toEqual([1]);
    await file(
      "changing.png",
      await sharp(Uint8Array.of(2), { raw: { width: 1, height: 1, channels: 1 } })
        .png()
        .toBuffer(),
    );
    expect(await bytes(path, 1)).toEqual([2]);
  });

  it("says what it found where there is no picture", async () => {
    const read = (path: string) => readImage(path, { channels: 1 });
    const missing = join(folder, "none.png");
    await expect(read(missing)).rejects.toThrow(
      `Cannot read the picture ${missing}: expected a PNG, JPEG, WebP, TIFF or GIF picture, but it cannot be opened (there is no such file or folder`,
    );
    await expect(read(folder)).rejects.toThrow(/but it is a folder\.$/);
    await expect(read(await file("empty.png", new Uint8Array()))).rejects.toThrow(/but the file is empty\.$/);
    await expect(read(await file("text.png", Buffer.from("dear diary")))).rejects.toThrow(
      /text\.png: .* but its 10 bytes cannot be decoded \(.*unsupported image format\)\.$/,
    );
  });

  it.each(["png", "jpeg", "webp", "gif", "tiff"] as const)("says when a %s is cut off", async (format) => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 251);
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    const path = await file(`cut.${format}`, whole.subarray(0, whole.length >> 1));
    await expect(readImage(path, { channels: 3 })).rejects.toThrow(/cut\.\w+: expected .* cannot be decoded \(/);
  });
});

describe("writePng", () => {
  it.each<Image>([
    { width: 2, height: 1, channels: 3, data: Uint8Array.from(PLANES) },
    { width: 1, height: 3, channels: 1, data: Uint8Array.from([0, 100, 255]) },
  ])("writes $channels channels without loss, in a folder that it makes", async (image) => {
    const path = join(folder, "made", `${image.channels}.png`);
    await writePng(path, image);
    expect(await readImage(path, { channels: image.channels })).toEqual(image);
    expect((await sharp(path).metadata()).channels).toBe(image.channels);
  });

  it("replaces a file and leaves nothing beside it, or leaves the old one", async () => {
    const home = join(folder, "replace");
    await mkdir(home);
    const path = join(home, "picture.png");
    await writeFile(path, "old");
    const wrong = writePng(path, { width: 2, height: 2, channels: 1, data: new Uint8Array(3) });
    await expect(wrong).rejects.toThrow(/an image of 1×2×2 has 4 bytes, got 3/);
    expect(await readFile(path, "utf8")).toBe("old");
    await writePng(path, { width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
    expect(await readdir(home)).toEqual(["picture.png"]);
    expect(await bytes(path, 1)).toEqual([0]);
    await writePng(path, { width: 1, height: 1, channels: 1, data: Uint8Array.from([9]) });
    expect(await bytes(path, 1)).toEqual([9]);
  });
});
