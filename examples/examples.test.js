import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { stream } from "bellpepper/random";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawingOf } from "./datasets/drawings.js";
import { RECIPES } from "./datasets/recipes.js";
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
