import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CraftedPage, craftPng, craftTiff, greyPage } from "../../../test/support/crafted.js";
import { openDataset } from "../sources/open-dataset-file.js";
import { cutPatches } from "./cut-file.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-cut-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A new folder to work in. */
let places = 0;
async function place(): Promise<string> {
  const path = join(folder, `${places++}`);
  await mkdir(path);
  return path;
}

/** A slide whose pixels say where they are: red x, green y, blue both by their higher digits. */
function telling(width: number, height: number) {
  const data = Buffer.alloc(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[at++] = x & 255;
      data[at++] = y & 255;
      data[at++] = ((x >> 8) << 4) | (y >> 8);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** What a pixel of a telling slide has. */
const told = (x: number, y: number): number[] => [x & 255, y & 255, ((x >> 8) << 4) | (y >> 8)];

async function pixel(path: string, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  const at = info.channels * (y * info.width + x);
  return [...data.subarray(at, at + info.channels)];
}

/** A mask of grey values by a rule. */
function mask(width: number, height: number, of: (x: number, y: number) => number) {
  const data = Buffer.from(Array.from({ length: width * height }, (_, i) => of(i % width, Math.floor(i / width))));
  return sharp(data, { raw: { width, height, channels: 1 } }).toColourspace("b-w");
}

describe("patches around points", () => {
  it("are the slide's own pixels, in a folder for each class, with a list", async () => {
    const at = await place();
    await telling(400, 300).png().toFile(join(at, "slide.png"));
    await writeFile(join(at, "p.csv"), "x,y,label\n50,60,leaf\n350,250,petal\n");
    const cut = await cutPatches(join(at, "slide.png"), join(at, "out"), { points: join(at, "p.csv"), size: 20 });
    expect([cut.count, cut.slides, cut.groups, [...cut.classes]]).toEqual([
      ...[2, 1, 1],
      [
        ["leaf", 1],
        ["petal", 1],
      ],
    ]);
    const path = join(at, "out", "petal", "slide-x350-y250.png");
    expect(await pixel(path, 0, 0)).toEqual(told(340, 240));
    expect(await pixel(path, 19, 19)).toEqual(told(359, 259));
    expect((await readFile(cut.list, "utf8")).split("\n")).toEqual([
      "path,label,group,x,y",
      "leaf/slide-x50-y60.png,leaf,slide,50,60",
      "petal/slide-x350-y250.png,petal,slide,350,250",
      "",
    ]);
  });

  it("of several slides belong to the patient that the list names, and make a data set", async () => {
    const at = await place();
    await mkdir(join(at, "slides", "b"), { recursive: true });
    await telling(100, 100)
      .tiff()
      .toFile(join(at, "slides", "a.tif"));
    await telling(100, 100)
      .jpeg()
      .toFile(join(at, "slides", "b", "c.jpg"));
    const lines = ["slide;x;y;label;patient", "a.tif;50;50;one;p1", "b/c;40;40;two;p2", "c.jpg;60;60;one;p2"];
    await writeFile(join(at, "p.csv"), lines.join("\n"));
    const cut = await cutPatches(join(at, "slides"), join(at, "out"), { points: join(at, "p.csv"), size: 16 });
    expect([cut.count, cut.slides, cut.groups]).toEqual([3, 2, 2]);
    const { classes, items, problems } = await openDataset(cut.list);
    expect(problems).toEqual([]);
    expect(classes).toEqual(["one", "two"]);
    expect(items.map(({ group }) => group).sort()).toEqual(["p1", "p2", "p2"]);
  });

  it("belong to what a pattern finds in the slide's path, where the list does not say", async () => {
    const at = await place();
    await mkdir(join(at, "s"));
    for (const name of ["anna-1", "anna-2", "ben-1"])
      await telling(64, 64)
        .png()
        .toFile(join(at, "s", `${name}.png`));
    const lines = ["anna-1", "anna-2", "ben-1"].map((name) => `${name}.png,32,32,a`);
    await writeFile(join(at, "p.csv"), ["slide,x,y,label", ...lines].join("\n"));
    const groupOf = (slide: string): string => slide.split("-")[0];
    const cut = await cutPatches(join(at, "s"), join(at, "out"), { points: join(at, "p.csv"), size: 8, groupOf });
    expect(cut.groups).toBe(2);
  });

  it("cover more of the slide at a smaller scale, and less at a larger one", async () => {
    const at = await place();
    await telling(200, 200).png().toFile(join(at, "slide.png"));
    await writeFile(join(at, "p.csv"), "x,y,label\n100,100,a\n");
    const points = join(at, "p.csv");
    const name = join("a", "slide-x100-y100.png");
    const slide = join(at, "slide.png");
    await cutPatches(slide, join(at, "half"), { points, size: 20, scale: 0.5 });
    await cutPatches(slide, join(at, "twice"), { points, size: 20, scale: 2 });
    const { width, height } = await sharp(join(at, "half", name)).metadata();
    expect([width, height]).toEqual([20, 20]);
    // pixel 5 of 20 stands for 90 and 91 of the slide
    expect((await pixel(join(at, "half", name), 5, 10))[0]).toBeCloseTo(90.5, -0.5);
    // pixel 5 of 20 lies in 97 of the slide
    expect((await pixel(join(at, "twice", name), 5, 10))[0]).toBeCloseTo(97.5, -0.5);
  });

  it("of two labels at one place are said", async () => {
    const at = await place();
    await telling(100, 80).png().toFile(join(at, "slide.png"));
    await writeFile(join(at, "p.csv"), "x,y,label\n50,40,a\n49.5,40.5,b\n50,41,a\n20,20,b\n");
    const { notes, count } = await cutPatches(join(at, "slide.png"), join(at, "out"), {
      points: join(at, "p.csv"),
      size: 10,
    });
    expect(count).toBe(4);
    expect(notes).toEqual([
      `2 pairs of points of ${join(at, "slide.png")} are less than a pixel apart and have different labels: 50, 40 'a' and 49.5, 40.5 'b', 49.5, 40.5 'b' and 50, 41 'a'.`,
    ]);
  });

  it("that reach beyond the slide are left out and reported, or filled up with white", async () => {
    const at = await place();
    await telling(100, 80).png().toFile(join(at, "slide.png"));
    await writeFile(join(at, "p.csv"), "x,y,label\n50,40,a\n2,3,a\n500,40,a\nfour,4,a\n50,40,a\n");
    const points = join(at, "p.csv");
    const skip = await cutPatches(join(at, "slide.png"), join(at, "skip"), { points, size: 10 });
    expect(skip.count).toBe(1);
    expect(skip.skipped).toEqual([
      { path: "p.csv:5", reason: "expected numbers x and y, got 'four' and '4'" },
      { path: "p.csv:6", reason: "the same point stands in p.csv:2 already" },
      { path: "p.csv:3", reason: "the patch at 2, 3 reaches beyond the slide (100×80)" },
      { path: "p.csv:4", reason: "the point 500, 40 lies outside the slide (100×80)" },
    ]);
    const pad = await cutPatches(join(at, "slide.png"), join(at, "pad"), { points, size: 10, border: "pad" });
    expect(pad.count).toBe(2);
    const padded = join(at, "pad", "a", "slide-x2-y3.png");
    expect(await pixel(padded, 0, 9)).toEqual([255, 255, 255]);
    expect(await pixel(padded, 3, 2)).toEqual(told(0, 0));
    expect(await pixel(padded, 9, 9)).toEqual(told(6, 7));
  });

  it("are grey where the slide is, and 8 bits where it has 16", async () => {
    const at = await place();
    const grey = Uint16Array.from({ length: 64 * 64 }, (_, i) => 1040 * (i % 64));
    const raw = sharp(grey, { raw: { width: 64, height: 64, channels: 1 } });
    await raw.toColourspace("grey16").tiff().toFile(join(at, "grey.tif"));
    await writeFile(join(at, "p.csv"), "x,y,label\n32,32,a\n");
    await cutPatches(join(at, "grey.tif"), join(at, "out"), { points: join(at, "p.csv"), size: 4 });
    const path = join(at, "out", "a", "grey-x32-y32.png");
    expect((await sharp(path).metadata()).space).toBe("b-w");
    // 31200 of 65535
    expect((await pixel(path, 0, 0))[0]).toBe(121);
  });

  it("share the range of their slides, where those have other numbers than bytes", async () => {
    const at = await place();
    await mkdir(join(at, "slides"));
    const ramp = (most: number) => Array.from({ length: 64 * 64 }, (_, i) => Math.round((most * (i % 64)) / 63));
    const twelve = (most: number) => greyPage(64, 64, 16, new Uint8Array(Uint16Array.from(ramp(most)).buffer));
    await writeFile(join(at, "slides/a.tif"), craftTiff([twelve(4000)]));
    await writeFile(join(at, "slides/b.tif"), craftTiff([twelve(819)]));
    const floating = new Uint8Array(Float32Array.from(ramp(63), (value) => value / 63).buffer);
    await writeFile(join(at, "slides/c.tif"), craftTiff([greyPage(64, 64, 32, floating, { 339: 3 })]));
    await writeFile(join(at, "p.csv"), "slide,x,y,label\na.tif,62,32,x\nb.tif,62,32,x\nc.tif,62,32,x\n");
    const cut = await cutPatches(join(at, "slides"), join(at, "out"), { points: join(at, "p.csv"), size: 4 });
    expect(cut.notes).toEqual([
      "2 slides have 16 bits, from 0 to 4000: 0 becomes black and 4095 white, in all of them.",
      "1 slide has floating numbers, from 0 to 1: 0 becomes black and 1 white, in all of them.",
    ]);
    // the last column: 4000 of 4095, 819 of 4095, 1
    const last = async (name: string) => (await pixel(join(at, "out/x", `${name}-x62-y32.png`), 3, 0))[0];
    expect(await Promise.all(["a", "b", "c"].map(last))).toEqual([249, 51, 255]);
  });

  describe("of a file with several pages", () => {
    /** A page of one grey value. */
    const page = (width: number, height: number, grey: number, tags: CraftedPage["tags"] = {}) =>
      greyPage(width, height, 8, new Uint8Array(width * height).fill(grey), tags);
    const slide = page(256, 192, 40);
    const label = "Aperio Image Library v12.0\r\nlabel 64x48";
    const macro = "Aperio Image Library v12.0\r\nmacro 64x48";
    // they show the same, so that only what they say tells
    const aside = [
      page(64, 48, 42, { 254: 1, 270: label }),
      page(64, 48, 43, { 254: 9, 270: macro }),
      page(64, 48, 44, { 254: 9 }),
      page(64, 48, 45, { 254: 5 }),
      page(64, 48, 46, { 270: "Aperio Image Library v12.0\r\n256x192 -> 64x48 - thumbnail" }),
    ];
    const each: [string, CraftedPage[], number, number, string?][] = [
      ["a level that says so is taken", [slide, page(64, 48, 50, { 254: 1 })], 50, 0],
      ["labels, macros, masks and thumbnails are not", [slide, ...aside, page(128, 96, 50, { 254: 1 })], 50, 0],
      ["nor is what says nothing of itself", [slide, page(64, 48, 42), page(256, 192, 43)], 40, 2],
      ["nor what has other proportions", [slide, page(64, 64, 42, { 254: 1 })], 40, 1],
      ["nor what shows something else", [slide, page(64, 48, 200, { 254: 1 })], 40, 1],
      [
        "levels may lie inside the first page",
        [{ ...slide, inside: [page(128, 96, 45), page(64, 48, 50)] }, page(64, 48, 42, { 270: macro })],
        50,
        0,
      ],
      ["the slide may come after its label", [page(100, 150, 255, { 254: 1 }), slide], 40, 1, "page 1"],
      [
        "the slide may come after its label, its macro and a thumbnail, before a level",
        [
          page(300, 200, 255, { 270: label }),
          page(300, 200, 255, { 270: ["macro", '{"shape": [200, 300, 1]}'] }),
          page(64, 48, 43, { 270: macro }),
          aside[4],
          slide,
          page(64, 48, 50, { 254: 1 }),
        ],
        50,
        0,
      ],
    ];
    it.each(each)("%s", async (_, pages, grey, strangers, itself = "the first") => {
      const at = await place();
      await writeFile(join(at, "s.tif"), craftTiff(pages));
      await writeFile(join(at, "p.csv"), "x,y,label\n128,96,a\n");
      const options = { points: join(at, "p.csv"), size: 8, scale: 0.25 };
      const { notes } = await cutPatches(join(at, "s.tif"), join(at, "out"), options);
      expect((await pixel(join(at, "out/a/s-x128-y96.png"), 0, 0))[0]).toBe(grey);
      const pagesAre = strangers === 1 ? "page that is" : "pages that are";
      expect(notes).toEqual(
        strangers === 0
          ? []
          : [
              `${join(at, "s.tif")} has ${strangers} ${pagesAre} neither a smaller copy of ${itself} nor a label: only ${itself} is cut (--page names another).`,
            ],
      );
    });
  });

  it("come from the page of a pyramid that is just large enough, at the same place", async () => {
    const at = await place();
    // big enough for a pyramid of two or three levels; each quarter has a colour of its own
    const [width, height] = [1024, 768];
    const data = Buffer.alloc(3 * width * height);
    for (let i = 0; i < width * height; i++) {
      data[3 * i] = i % width < width / 2 ? 40 : 200;
      data[3 * i + 1] = i < (width * height) / 2 ? 60 : 180;
    }
    const picture = sharp(data, { raw: { width, height, channels: 3 } });
    await picture.tiff({ tile: true, pyramid: true, compression: "deflate" }).toFile(join(at, "slide.tif"));
    expect((await sharp(join(at, "slide.tif")).metadata()).pages).toBeGreaterThan(1);
    await writeFile(join(at, "p.csv"), "x,y,label\n256,192,a\n768,192,b\n256,576,c\n768,576,d\n");
    for (const scale of [1, 0.5, 0.25]) {
      const out = join(at, `out-${scale}`);
      const cut = await cutPatches(join(at, "slide.tif"), out, { points: join(at, "p.csv"), size: 64, scale });
      expect(cut.count).toBe(4);
      for (const [label, x, y, red, green] of [
        ["a", 256, 192, 40, 60],
        ["b", 768, 192, 200, 60],
        ["c", 256, 576, 40, 180],
        ["d", 768, 576, 200, 180],
      ] as const) {
        const path = join(out, label, `slide-x${x}-y${y}.png`);
        expect(await pixel(path, 0, 0)).toEqual([red, green, 0]);
        expect(await pixel(path, 63, 63)).toEqual([red, green, 0]);
      }
    }
  });

  it("of a large slide need little memory", async () => {
    const at = await place();
    // 400 megabytes when decoded
    const [width, height] = [12_000, 11_000];
    const flat = sharp({ create: { width, height, channels: 3, background: "#804020" } });
    await flat.tiff({ tile: true, tileWidth: 256, tileHeight: 256, compression: "deflate" }).toFile(join(at, "s.tif"));
    const lines = Array.from({ length: 40 }, (_, i) => `${300 + 290 * i},${200 + 260 * i},a`);
    await writeFile(join(at, "p.csv"), ["x,y,label", ...lines].join("\n"));
    const before = process.memoryUsage().rss;
    let most = before;
    const cut = await cutPatches(join(at, "s.tif"), join(at, "out"), {
      points: join(at, "p.csv"),
      size: 64,
      onProgress: () => {
        most = Math.max(most, process.memoryUsage().rss);
      },
    });
    expect(cut.count).toBe(40);
    expect((most - before) / 2 ** 20).toBeLessThan(250);
  });
});

describe("patches by a mask", () => {
  it("lie on a grid, where nearly all of a window has one class", async () => {
    const at = await place();
    await telling(120, 80).png().toFile(join(at, "slide.png"));
    // left half 1, right half 2, but for a stripe of 0 at the bottom
    const values = mask(120, 80, (x, y) => (y >= 60 ? 0 : x < 60 ? 1 : 2));
    await values.png().toFile(join(at, "mask.png"));
    const options = { mask: join(at, "mask.png"), size: 20 };
    const all = await cutPatches(join(at, "slide.png"), join(at, "all"), options);
    expect([...all.classes]).toEqual([
      ["1", 9],
      ["2", 9],
    ]);
    const named = await cutPatches(join(at, "slide.png"), join(at, "named"), {
      ...options,
      classes: { 2: "right" },
      stride: 10,
      cover: 1,
    });
    // x 60, 70 … 100; y 0, 10 … 40
    expect([...named.classes]).toEqual([["right", 25]]);
    expect(await pixel(join(at, "named", "right", "slide-x70-y10.png"), 0, 0)).toEqual(told(60, 0));
    expect(existsSync(join(at, "named", "right", "slide-x60-y10.png"))).toBe(false);
  });

  it("take each slide's own mask from a folder", async () => {
    const at = await place();
    for (const name of ["slides", "masks"]) await mkdir(join(at, name));
    for (const [name, value] of [
      ["a", 7],
      ["b", 9],
    ] as const) {
      await telling(40, 40)
        .jpeg()
        .toFile(join(at, "slides", `${name}.jpg`));
      await mask(40, 40, () => value)
        .png()
        .toFile(join(at, "masks", `${name}.png`));
    }
    const cut = await cutPatches(join(at, "slides"), join(at, "out"), { mask: join(at, "masks"), size: 20 });
    expect([...cut.classes]).toEqual([
      ["7", 4],
      ["9", 4],
    ]);
    await rm(join(at, "masks", "b.png"));
    await expect(cutPatches(join(at, "slides"), join(at, "more"), { mask: join(at, "masks") })).rejects.toThrow(
      "has no mask for b.jpg: expected b.png, .tif or .tiff.",
    );
  });
});

describe("what is wrong is said, and nothing is left behind", () => {
  const refused: [string, string, (at: string) => Promise<unknown>][] = [
    [
      "a mask of another size",
      "measures 30×40, its slide",
      async (at) =>
        mask(30, 40, () => 1)
          .png()
          .toFile(join(at, "m.png")),
    ],
    ["a mask with colours", "has a colour (0 0 0 … )", async (at) => telling(40, 40).png().toFile(join(at, "m.png"))],
    [
      "a mask that lost values",
      "is a JPEG, which changes values",
      async (at) =>
        mask(40, 40, () => 1)
          .jpeg()
          .toFile(join(at, "m.png")),
    ],
    [
      "a mask without classes",
      "No patch of 8×8 pixels can be cut",
      async (at) =>
        mask(40, 40, () => 0)
          .png()
          .toFile(join(at, "m.png")),
    ],
    ["a mask that is none", "Cannot read the mask", async (at) => writeFile(join(at, "m.png"), "no picture")],
  ];
  it.each(refused)("%s", async (_, message, write) => {
    const at = await place();
    await telling(40, 40).png().toFile(join(at, "s.png"));
    await write(at);
    const error = await cutPatches(join(at, "s.png"), join(at, "out"), { mask: join(at, "m.png"), size: 8 }).catch(
      (e: Error) => e,
    );
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(new RegExp(message.split(" (")[0].replaceAll(".", "\\.")));
    expect((await readdir(at)).sort()).toEqual(["m.png", "s.png"]);
  });

  const lists: [string, string, string][] = [
    ["a missing column", "x,y\n1,2\n", "line 1: expected the columns x, y, label; got 'x,y'"],
    ["no points", "x,y,label\n", "it has no points"],
    ["only broken points", "x,y,label\na,b,c\n", "no point can be used: expected numbers x and y, got 'a' and 'b'"],
    [
      "a slide that is not there",
      "slide,x,y,label\nother.png,20,20,a\n",
      "there are no slides 'other.png' among s.png",
    ],
    ["a label that is a path", "x,y,label\n20,20,../up\n", "expected a label that can be a folder's name, got '../up'"],
  ];
  it.each(lists)("a list with %s", async (_, text, message) => {
    const at = await place();
    await telling(40, 40).png().toFile(join(at, "s.png"));
    await writeFile(join(at, "p.csv"), text);
    const cut = cutPatches(join(at, "s.png"), join(at, "out"), { points: join(at, "p.csv"), size: 8 });
    await expect(cut).rejects.toThrow(message);
    expect((await readdir(at)).sort()).toEqual(["p.csv", "s.png"]);
  });

  it("a slide that comes in passes and is too large to be in memory as a whole", async () => {
    const at = await place();
    const png = craftPng({ width: 60_000, height: 60_000, depth: 8, colour: 0, row: () => [] });
    png[28] = 1;
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    await writeFile(join(at, "s.png"), png);
    await writeFile(join(at, "p.csv"), "x,y,label\n280,280,a\n");
    await expect(cutPatches(join(at, "s.png"), join(at, "out"), { points: join(at, "p.csv") })).rejects.toThrow(
      "it is interlaced and measures 60000×60000, and would have to be in memory as a whole",
    );
  });

  it("a slide that breaks off, a folder that is not empty, options out of range", async () => {
    const at = await place();
    await telling(300, 300).png().toFile(join(at, "s.png"));
    await writeFile(join(at, "p.csv"), "x,y,label\n280,280,a\n");
    const points = join(at, "p.csv");
    const whole = await readFile(join(at, "s.png"));
    await writeFile(join(at, "cut.png"), whole.subarray(0, whole.length / 2));
    await expect(cutPatches(join(at, "cut.png"), join(at, "out"), { points, size: 8 })).rejects.toThrow(
      /Cannot read the slide .*cut\.png/,
    );
    await expect(cutPatches(join(at, "s.png"), at, { points, size: 8 })).rejects.toThrow(/empty|exists|there/);
    for (const [options, message] of [
      [{ points, mask: points }, "Expected either points or a mask"],
      [{}, "Expected either points or a mask"],
      [{ points, size: 0 }, "Invalid value for size: expected a whole number of at least 1, got 0"],
      [{ points, scale: 0 }, "Invalid value for scale: expected a number above 0 and at most 16, got 0"],
      [{ mask: points, cover: 0.5 }, "Invalid value for cover: expected a number above 0.5 and at most 1, got 0.5"],
    ] as const) {
      await expect(cutPatches(join(at, "s.png"), join(at, "out"), options)).rejects.toThrow(message);
    }
    expect((await readdir(at)).sort()).toEqual(["cut.png", "p.csv", "s.png"]);
  });

  it("a cut that is stopped", async () => {
    const at = await place();
    await telling(300, 300).png().toFile(join(at, "s.png"));
    const lines = Array.from({ length: 100 }, (_, i) => `${20 + 2 * i},${20 + 2 * i},a`);
    await writeFile(join(at, "p.csv"), ["x,y,label", ...lines].join("\n"));
    const controller = new AbortController();
    const cut = cutPatches(join(at, "s.png"), join(at, "out"), {
      points: join(at, "p.csv"),
      size: 16,
      signal: controller.signal,
      onProgress: (done) => done === 10 && controller.abort(),
    });
    await expect(cut).rejects.toThrow(/abort/i);
    expect((await readdir(at)).sort()).toEqual(["p.csv", "s.png"]);
  });
});
