import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { stream } from "bellpepper/random";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawingOf } from "./datasets/drawings.js";
import { RECIPES, STAMPS } from "./datasets/recipes.js";
import { scene } from "./datasets/scenes.js";
import { comparison, pairedTest } from "./defaults/compare.js";
import { prepareSet } from "./defaults/sets.js";
import { TEXTURES, textureOf } from "./defaults/textures.js";
import { ENTRIES } from "./gallery/entries.js";
import { GRADES } from "./prostate/grades.js";
import { HEIGHT, makeSlide, WIDTH } from "./prostate/slide.js";
import { stainingOf } from "./prostate/stain.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("synthetic slides", () => {
  const make = (/** @type {number} */ seed) =>
    makeSlide({ seed, patient: 1, slide: 1, points: 5, staining: stainingOf(stream(seed, "staining", 1)) });
  // Painting one takes seconds.
  /** @type {ReturnType<typeof make>[]} */
  let [first, other] = [];
  beforeAll(() => {
    [first, other] = [make(1), make(2)];
  });

  test("are the same for the same seed, and others for another", () => {
    const again = make(1);
    expect(Buffer.compare(first.pixels, again.pixels)).toBe(0);
    expect(first.points).toEqual(again.points);
    expect(Buffer.compare(first.pixels, other.pixels)).not.toBe(0);
    expect(first.points).not.toEqual(other.points);
  });

  test("have as many points of each class as asked for, each in the midst of its class", () => {
    const { mask, points } = first;
    for (const { name, grey } of GRADES) {
      const own = points.filter(({ grade }) => grade === name);
      expect(own).toHaveLength(5);
      for (const { x, y } of own) {
        for (const [dx, dy] of [
          [0, 0],
          [-45, -45],
          [45, 45],
          [64, 0],
          [0, -64],
        ]) {
          expect(mask[(y + dy) * WIDTH + x + dx]).toBe(grey);
        }
      }
    }
    expect(mask).toHaveLength(WIDTH * HEIGHT);
    // the expert is mostly right, and never off by more than a grade
    const rank = (/** @type {string} */ name) => GRADES.findIndex((each) => each.name === name);
    const off = points.map(({ grade, label }) => Math.abs(rank(grade) - rank(label)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
    expect(off.filter((by) => by > 0).length).toBeLessThan(0.2 * points.length);
  });

  test("are pink tissue on white light: red is brightest, green darkest", () => {
    const { pixels } = other;
    const means = [0, 1, 2].map((c) => {
      let sum = 0;
      for (let i = c; i < pixels.length; i += 3) sum += pixels[i];
      return sum / (WIDTH * HEIGHT);
    });
    expect(means[0]).toBeGreaterThan(means[2]);
    expect(means[2]).toBeGreaterThan(means[1]);
  });
});

describe("data sets", () => {
  test("drawings are black on white", () => {
    const ink = new Array(784).fill(0).with(29, 1).with(30, 0.5);
    const { width, height, data } = drawingOf(JSON.stringify(ink), "here");
    expect([width, height, ...data.subarray(28, 31)]).toEqual([28, 28, 255, 0, 128]);
    expect(() => drawingOf("[1,2]", "apple:3")).toThrow("apple:3: expected 784 numbers from 0 to 1.");
  });

  test("each fifth drawing is for the test", async () => {
    await mkdir(join(folder, "drawings"));
    const line = JSON.stringify(new Array(784).fill(0));
    for (const name of ["ant", "bee"]) {
      await writeFile(join(folder, "drawings", `${name}.ndjson.gz`), gzipSync(`${line}\n`.repeat(6)));
    }
    await RECIPES.quickdraw.prepare(join(folder, "drawings"), join(folder, "made"));
    expect(await readdir(join(folder, "made", "train", "bee"))).toEqual(["1.png", "2.png", "3.png", "4.png", "6.png"]);
    expect(await readdir(join(folder, "made", "test", "ant"))).toEqual(["5.png"]);
    await expect(RECIPES.quickdraw.prepare(folder, join(folder, "none"))).rejects.toThrow("expected a file such as");
  });

  test("a stamp in a photograph is where its box says", async () => {
    const paint = (/** @type {number} */ width, /** @type {number} */ height, /** @type {string} */ background) =>
      sharp({ create: { width, height, channels: 4, background } })
        .png()
        .toBuffer();
    const [stamp, photograph, made] = ["stamp.png", "photograph.png", "scene.png"].map((name) => join(folder, name));
    const red = await paint(20, 10, "#f00");
    // what is transparent around it does not count
    await sharp(await paint(60, 50, "#0000"))
      .composite([{ input: red, left: 30, top: 5 }])
      .toFile(stamp);
    await writeFile(photograph, await paint(640, 480, "#00f"));
    const box = await scene({ stamp, photograph }, made, 100, stream(1, "scene"));
    const [left, top, width, height] = box.split(" ").map(Number);
    expect([width, height]).toEqual([100, 50]);
    const { data, info } = await sharp(made).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([400, 300]);
    let reds = 0;
    for (let i = 0; i < 400 * 300; i++) {
      const inside = i % 400 >= left && i % 400 < left + width && i / 400 >= top && i / 400 < top + height;
      if (data[i * info.channels] > 128) reds += inside ? 1 : -1;
    }
    expect(reds).toBe(100 * 50);
    await expect(RECIPES.scenes.prepare(`${folder},${folder}`, join(folder, "scenes"))).rejects.toThrow(
      /drake\.png is not there/,
    );
  });

  test("MNIST has four files", async () => {
    await mkdir(join(folder, "mnist"));
    expect(() => RECIPES.mnist.prepare(join(folder, "mnist"), join(folder, "copy"))).toThrow(
      "expected the four files of MNIST, got none",
    );
    for (const part of ["train", "t10k"]) {
      for (const what of ["images-idx3", "labels-idx1"]) {
        await writeFile(join(folder, "mnist", `${part}-${what}-ubyte`), "");
      }
    }
    await RECIPES.mnist.prepare(join(folder, "mnist"), join(folder, "copy"));
    expect(await readdir(join(folder, "copy"))).toHaveLength(4);
  });
});

describe("small sets for what train chooses", () => {
  const partsOf = async (/** @type {string} */ path) =>
    (await readFile(path, "utf8"))
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));

  test("digits are cut from a sheet, a tenth of the rows for each", async () => {
    // 10 rows of 2 digits, each a plain square as bright as it is far in the sheet
    const data = Uint8Array.from({ length: 200 * 40 }, (_, i) => 2 * Math.floor(i / 800) + (i % 40 < 20 ? 0 : 1));
    const sheet = join(folder, "sheet.png");
    await sharp(data, { raw: { width: 40, height: 200, channels: 1 } })
      .png()
      .toFile(sheet);
    await prepareSet("digits", join(folder, "digits"), [1], sheet);
    const rows = await partsOf(join(folder, "digits/list-1.csv"));
    expect(rows.map(([path, label]) => [path, label])).toEqual(
      Array.from({ length: 20 }, (_, i) => [`${Math.floor(i / 2)}/${i + 1}.png`, `${Math.floor(i / 2)}`]),
    );
    const seventh = await sharp(join(folder, "digits/3/7.png")).extractChannel(0).raw().toBuffer();
    expect([...seventh]).toEqual(Array.from({ length: 400 }, () => 6));
  });

  test("stamps of one thing stay on one side, which side depends on the seed", async () => {
    const white = sharp({ create: { width: 8, height: 4, channels: 3, background: "white" } });
    const names = Array.from({ length: 12 }, (_, i) => `${String.fromCharCode(97 + i)}ow`);
    for (const label of STAMPS) {
      await mkdir(join(folder, "stamps", label), { recursive: true });
      for (const name of names) {
        for (const end of ["", "_white", "_mirror"])
          await white.png().toFile(join(folder, "stamps", label, `${name}${end}.png`));
      }
    }
    await prepareSet("stamps", join(folder, "squares"), [1, 2], join(folder, "stamps"));
    const [first, second] = await Promise.all([1, 2].map((seed) => partsOf(join(folder, `squares/list-${seed}.csv`))));
    expect(first).toHaveLength(STAMPS.length * names.length * 2);
    const parts = new Map(first.map(([path, , part]) => [path, part]));
    for (const [path, part] of parts) expect(parts.get(path.replace("_white", ""))).toBe(part);
    expect(new Set(parts.values())).toEqual(new Set(["train", "test"]));
    expect(second).not.toEqual(first);
  });

  test("textures are the same for the same seed, and of eight kinds", () => {
    const kinds = Object.keys(TEXTURES);
    expect(kinds).toHaveLength(8);
    for (const kind of kinds) {
      const [one, again, other] = [1, 1, 2].map((seed) => textureOf(kind, stream(seed, "texture")));
      expect(again).toEqual(one);
      expect(other).not.toEqual(one);
    }
  });

  test("differences are judged by Student's paired test", () => {
    // scipy.stats.ttest_1samp
    expect(pairedTest([1, 2, 3, 4, 5])).toBeCloseTo(0.0132356, 6);
    expect(pairedTest([0.5, -0.2, 0.1])).toBeCloseTo(0.57836294, 6);
    const of = (/** @type {string} */ method, /** @type {number[]} */ errors) =>
      errors.map((error, i) => ({ set: "icons", method, seed: i + 1, error, seconds: method === "cnn" ? 2 : 3 }));
    const results = [
      ...of("train", [11, 12, 13, 14, 15]),
      ...of("cnn", [10, 10, 10, 10, 10]),
      ...of("svm", [20, 20, 20, 20, 20]),
    ];
    expect(comparison(results).split("\n")[2]).toBe(
      "| icons | 13.0 ± 1.6 | 10.0 ± 0.0 | 20.0 ± 0.0 | cnn | 3.0 (p = 0.01) | 1.5 |",
    );
  });
});

describe("the gallery", () => {
  const project = join(import.meta.dirname, "..");
  const names = Object.values(ENTRIES).flatMap(({ pictures }) => pictures.map(({ name }) => name));

  test("has each picture that its script makes, and no other, in its guide", async () => {
    const guide = await readFile(join(project, "docs/gallery.md"), "utf8");
    const shown = [...guide.matchAll(/\]\(pictures\/gallery\/(.+)\.png\)/g)].map((match) => match[1]);
    expect(shown.sort()).toEqual([...names].sort());
    expect((await readdir(join(project, "docs/pictures/gallery"))).sort()).toEqual(
      names.map((name) => `${name}.png`).sort(),
    );
  });

  test("says what is missing, and leaves it out", () => {
    const env = { ...process.env, BELLPEPPER_IMAGENET: join(folder, "none") };
    const call = ["examples/gallery/main.js", "mobilenet"];
    const { status, stdout } = spawnSync(process.execPath, call, { cwd: project, env, encoding: "utf8" });
    expect([status, stdout.trim()]).toEqual([0, expect.stringMatching(/^skipped mobilenet: .*none.*is not there: /)]);
  });
});
