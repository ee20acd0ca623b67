import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFiles, folderOf, photo } from "../../../test/support/picture-folder.js";
import { scanDataset } from "../../data/scan/scan-file.js";
import { type ScanSummary, summarizeScan } from "../../data/scan/scan-summary.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { classesWithBars } from "./classes-with-bars.js";
import { classBars, sizesChart } from "./dataset-charts.js";
import { listFindings } from "./dataset-findings.js";
import { writeDatasetPage } from "./dataset-page-file.js";

let root: string;
let summary: ScanSummary;
let page: string;

beforeAll(async () => {
  root = await folderOf({ "cat/cut.jpg": "", "a <b>/x.txt": "" });
  for (let i = 0; i < 12; i++) await addFiles(root, { [`cat/${i}.jpg`]: await photo(i, 120 + 20 * (i % 3), 90) });
  for (let i = 0; i < 3; i++) await addFiles(root, { [`a <b>/${i}.png`]: await photo(50 + i, 300, 200, "png") });
  await addFiles(root, {
    "a <b>/copy.webp": await sharp(await photo(4, 140, 90))
      .webp()
      .toBuffer(),
  });
  const scan = await scanDataset(await openDataset(root));
  summary = summarizeScan(scan);
  await writeDatasetPage(join(root, "page.html"), scan);
  page = await readFile(join(root, "page.html"), "utf8");
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("the page of a data set", () => {
  test("holds all its pictures, and needs no other file", () => {
    expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\s*$/);
    expect(page.match(/src="(?!data:image\/webp;base64,)/g)).toBeNull();
    expect(page.match(/(?:href|url)[=(]"?(?!#|data:)[^"')]+/g)).toBeNull();
    // the contact sheet's two, the mean and those of the classes, two lookalikes
    expect(page.match(/<img /g)).toHaveLength(2 + 3 + 2);
    expect(page).toContain(`<h1>${basename(root)}</h1>`);
  });

  test("has a section for each thing that there is to say, and nothing that can become a tag", () => {
    const ids = [...page.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(["findings", "classes", "pictures", "kinds", "means", "duplicates", "files"]);
    expect(page).toContain("a &#60;b&#62;");
    expect(page).not.toContain("<b>/");
    expect(page).toContain("broken: the file is empty");
  });
});

test("a summary has it all in numbers and names", () => {
  expect(summary).toMatchObject({
    format: "folders",
    pictures: 16,
    imbalance: 3,
    transparent: 0,
    groupsAcrossParts: [],
    exactDuplicates: [],
    // widths: 4 × 120, 5 × 140 (one the copy), 4 × 160, 3 × 300; heights: 13 × 90, 3 × 200
    medianSize: { width: 140, height: 90 },
    proposed: { width: 144, height: 88, channels: 3 },
    formats: [
      ["jpeg", 12],
      ["png", 3],
      ["webp", 1],
    ],
    sizes: [
      { width: 140, height: 90, count: 5 },
      { width: 120, height: 90, count: 4 },
      { width: 160, height: 90, count: 4 },
      { width: 300, height: 200, count: 3 },
    ],
    broken: [{ path: "cat/cut.jpg", reason: "the file is empty" }],
    nearDuplicates: [
      {
        acrossClasses: true,
        acrossParts: false,
        pictures: [
          { path: "a <b>/copy.webp", class: "a <b>" },
          { path: "cat/4.jpg", class: "cat" },
        ],
      },
    ],
  });
});

describe("findings", () => {
  const said = (changes: Partial<ScanSummary>): string[] =>
    listFindings({ ...summary, ...changes }).map(({ kind, text }) => `${kind}: ${text.replaceAll("\u00a0", " ")}`);

  test("name what spoils a measurement first", () => {
    expect(said({})).toEqual([
      "wrong: 2 pictures look the same and have different classes: a <b>/copy.webp, cat/4.jpg.",
      "wrong: 1 picture cannot be decoded: cat/cut.jpg, the file is empty.",
      "note: 1 class has fewer than 10 pictures: a <b> (4).",
      "note: The classes are uneven: cat has 12 pictures, 3.0 times as many as a <b> with 4.",
      "note: a <b>/x.txt: left out: no picture.",
    ]);
  });

  test("that spoil nothing come last, also those of copies", () => {
    const pictures = ["1", "2"].map((path) => ({ path, class: "x" }));
    const exactDuplicates = [{ pictures, acrossClasses: false, acrossParts: false }];
    expect(said({ exactDuplicates }).map((text) => text.slice(0, 20))).toEqual([
      "wrong: 2 pictures lo",
      "wrong: 1 picture can",
      "note: 2 pictures are",
      "note: 1 class has fe",
      "note: The classes ar",
      "note: a <b>/x.txt: l",
    ]);
  });

  test("are none where all is well", () => {
    const classes = ["x", "y"].map((name) => ({ name, count: 20, parts: {} }));
    expect(said({ broken: [], nearDuplicates: [], problems: [], classes, imbalance: 1 })).toEqual([]);
  });

  test("count sets, and name groups and parts that leak", () => {
    const pictures = ["1", "2", "3"].map((path) => ({ path, class: "x" }));
    const set = { pictures, acrossClasses: false, acrossParts: true };
    const quiet = { broken: [], problems: [], classes: [], imbalance: 1 };
    expect(
      said({ ...quiet, nearDuplicates: [], exactDuplicates: [set, set], groupsAcrossParts: ["p1", "p2", "p3", "p4"] }),
    ).toEqual([
      "wrong: 4 groups have pictures in more than one part of the split (p1, p2, p3 and 1 more).",
      "wrong: 6 pictures, in 2 sets, are the same byte for byte and stand in more than one part of the split: for example 1, 2 and 1 more.",
    ]);
    const problems = Array.from({ length: 7 }, (_, i) => ({ path: `${i}`, reason: "gone" }));
    expect(said({ ...quiet, nearDuplicates: [], problems }).at(-1)).toBe(
      "note: 2 more were left out, or may be mistakes.",
    );
  });
});

describe("charts", () => {
  test("have a bar for each class and part that it has, or for the largest and the smallest classes", () => {
    const parts = { training: 3, test: 1 };
    const bars = (text: string): number => (text.match(/<rect /g) ?? []).length;
    expect(
      bars(
        classBars([
          { name: "x", count: 4, parts },
          { name: "y", count: 4, parts },
        ]).text,
      ),
    ).toBe(4);
    expect(bars(classBars([{ name: "x", count: 4, parts: {} }]).text)).toBe(1);
    const many = Array.from({ length: 100 }, (_, i) => ({ name: `${i}`, count: i, parts: {} }));
    const shown = classesWithBars(many).map(({ count }) => count);
    expect([shown.length, shown[0], shown[29], shown[30], shown[59]]).toEqual([60, 99, 70, 29, 0]);
  });

  test("show each size, on logarithmic axes where one is far larger than most", () => {
    const dots = (text: string): number => (text.match(/<circle /g) ?? []).length;
    const even = sizesChart(summary).text;
    expect(dots(even)).toBe(4 + 1);
    expect(even).toContain(">300<");
    const wide = sizesChart({ ...summary, sizes: [...summary.sizes, { width: 30_000, height: 90, count: 1 }] }).text;
    const place = (name: string): number =>
      Number(new RegExp(`translate\\(([\\d.]+),354\\)" y="8.52">${name}<`).exec(wide)?.[1]);
    // one factor of ten takes as much room as the other
    expect(place("1&#160;000") - place("100")).toBeCloseTo(place("10&#160;000") - place("1&#160;000"), 6);
  });
});
