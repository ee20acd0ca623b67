import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Outcome, runCommand } from "../../../test/support/command.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-cut-cli-"));
  await mkdir(join(folder, "slides"));
  for (const name of ["anna-1", "anna-2", "ben-1"]) {
    const slide = { create: { width: 200, height: 160, channels: 3 as const, background: "#c080a0" } };
    await sharp(slide)
      .tiff()
      .toFile(join(folder, "slides", `${name}.tif`));
  }
  const points = ["anna-1", "anna-2", "ben-1"].flatMap((name) => [`${name},50,50,benign`, `${name},120,80,tumour`]);
  await writeFile(join(folder, "points.csv"), ["slide,x,y,label", ...points, "ben-1,1,1,tumour"].join("\n"));
  const mask = Buffer.alloc(200 * 160, 1);
  await sharp(mask, { raw: { width: 200, height: 160, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(join(folder, "mask.png"));
});
afterAll(() => rm(folder, { recursive: true }));

const bellpepper = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, ...call);

test("points become a data set that knows its patients, and what was left out is said", async () => {
  const call = ["cut", "slides", "--points", "points.csv", "--size", "24", "--group-by", "(\\w+)-\\d"];
  const { code, out, err } = await bellpepper(...call);
  expect(code).toBe(0);
  expect(err).toBe("");
  expect(out.split("\n")).toEqual([
    "! 1 patch or line was left out: points.csv:8: the patch at 1, 1 reaches beyond",
    "  the slide (200×160)",
    "6 patches from 3 slides of 2 groups: benign 3, tumour 3",
    "list      patches/list.csv",
    "",
  ]);
  const data = await bellpepper("data", "patches/list.csv", "--json");
  expect(JSON.parse(data.out)).toMatchObject({ classes: [{ name: "benign" }, { name: "tumour" }] });
  expect(await readFile(join(folder, "patches/list.csv"), "utf8")).toContain("benign/anna-2-x50-y50.png,benign,anna,");
  const again = await bellpepper(...call);
  expect(again.code).toBe(1);
  expect(again.err).toContain("patches: expected a new or empty folder, but it holds benign");
});

test("a mask has names for its values", async () => {
  const mask = ["--mask", "mask.png", "--classes", "1=ground", "--size", "40", "--out", "masked"];
  const { code, out } = await bellpepper("cut", "slides/ben-1.tif", ...mask);
  expect(code).toBe(0);
  expect(out).toMatch(/^20 patches from 1 slide of 1 group: ground 20$/m);
  expect(await readdir(join(folder, "masked", "ground"))).toHaveLength(20);
});

test.concurrent.each<[number, string[], string]>([
  [2, ["slides"], "Expected either --points or --mask."],
  [2, ["slides", "--points", "points.csv", "--mask", "mask.png"], "Expected either --points or --mask."],
  [2, ["slides", "--points", "points.csv", "--cover", "0.8"], "--cover means nothing without --mask."],
  [2, ["slides", "--mask", "mask.png", "--group", "x"], "--group means nothing without --points."],
  [2, ["slides", "--mask", "mask.png", "--classes", "1=a/b"], "Expected grey values with the names of folders"],
  [
    2,
    ["slides", "--points", "points.csv", "--group-by", "anna"],
    "Expected a regular expression with a group, such as",
  ],
  [
    2,
    ["slides", "--points", "points.csv", "--group-by", "(anna"],
    "Expected a regular expression with a group, such as",
  ],
  [1, ["slides", "--points", "points.csv", "--group", "nurse"], "there is no column 'nurse', only slide, x, y, label"],
  [1, ["nowhere", "--points", "points.csv"], "nowhere: there is no such file or folder."],
  [1, ["slides", "--points", "nowhere.csv"], "nowhere.csv: there is no such file."],
  [1, ["slides", "--mask", "mask.png"], "mask.png is one mask, but there are several slides"],
  [
    1,
    ["mask.png", "--points", "points.csv"],
    "points.csv, there are no slides 'anna-1', 'anna-2', 'ben-1' among mask.png.",
  ],
  [1, ["points.csv", "--mask", "mask.png"], "Cannot read the slide points.csv: "],
  [1, ["slides/ben-1.tif", "--points", "points.csv", "--page", "3"], "has 1 page, counted from 0; got 3."],
])("%i: cut %j", async (expected, call, message) => {
  const { code, err } = await bellpepper("cut", ...call, "--out", "none");
  expect(err).toContain(message);
  expect(err).not.toMatch(/^\s+at /m);
  expect(code).toBe(expected);
  expect(await readdir(folder)).not.toContain("none");
});
