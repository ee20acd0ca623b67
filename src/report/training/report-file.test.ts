import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom/worker";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { type ClassTarget, classTarget } from "../../data/target.js";
import { classTable } from "../../evaluation/table/predictions.js";
import { float32 } from "../../graph/tensor.js";
import { sequential } from "../../network/network.js";
import type { SourcedSamples } from "../evaluation/pick-mistakes.js";
import type { ReportInput } from "./input.js";
import { writeReport } from "./report-file.js";

interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "report-"));
});
afterEach(() => rm(folder, { recursive: true }));

const EVIL = `<img src=x onerror="alert(1)">`;
const classes = ["a", EVIL];
const samplesOf = (labels: readonly number[]): SourcedSamples<ClassTarget> => ({
  count: labels.length,
  shape: { channels: 1, height: 2, width: 2 },
  target: classTarget(classes, labels),
  typefaces: [{ family: EVIL, style: "Bold" }],
  typeface: () => ({ family: EVIL, style: "Bold" }),
  read: (index, epoch, into, offset) => into.set([index, epoch, 255, labels[index]], offset),
});
const statistics = (top1Error: number) => ({
  objective: top1Error,
  metrics: { top1Error, top5Error: 0 },
  imagesPerSecond: 1000,
});

// scores of ln 3 and 0 are probabilities of 75 and 25 %; sample 1 is wrong
const input: ReportInput = {
  title: `Two ${EVIL}`,
  model: {
    network: sequential("tiny", { channels: 1, height: 2, width: 2 }, [conv(2, 2), softmaxLogLoss()]),
    parameters: new Map([
      ["conv1/filters", float32([0, 1, 2, 3, 3, 2, 1, 0], [2, 1, 2, 2])],
      ["conv1/biases", float32([0, 0], [2])],
    ]),
    classes,
    normalization: { mean: [127.5], scale: 2 },
    history: null,
  },
  history: [
    { epoch: 1, learningRate: 0.1, train: { ...statistics(0.5), waiting: 0.1 }, validation: statistics(0.125) },
    {
      epoch: 2,
      learningRate: 0.01,
      train: { ...statistics(0.375), imagesPerSecond: 3000, waiting: 0.4 },
      validation: statistics(0.25),
    },
  ],
  epoch: 1,
  configuration: { weightDecay: 0.0005, learningRate: [0.1, 0.01], note: EVIL },
  seconds: 75,
  predictions: classTable(classes, Int32Array.of(0, 0, 1, 1), Float32Array.of(1, 0, 0, Math.log(3), 0, 1, 0, 1)),
  validation: samplesOf([0, 0, 1, 1]),
  training: samplesOf([0, 1, 0, 0]),
  jittered: samplesOf([0, 1, 0, 0]),
  machine: "a machine",
};

const written = async (given: ReportInput): Promise<{ page: Element; source: string; pictures: readonly string[] }> => {
  const { page, pictures } = await writeReport(folder, given);
  const source = await readFile(page, "utf8");
  return { page: parseHTML(source).document.documentElement, source, pictures };
};
const textOf = (root: Element, selector: string): string =>
  [...root.querySelectorAll(selector)].map((e) => e.textContent.replaceAll("\u00a0", " ").trim()).join(" | ");

describe("a report", () => {
  it("says in words how the training went", async () => {
    const { page } = await written(input);
    const lead = textOf(page, ".lead");
    expect(lead).toContain(
      "tiny, 10 parameters in 2 layers, was trained for 2 epochs on 4 letters of 2 classes in 1 typeface.",
    );
    expect(lead).toContain(
      "Of 4 letters in 1 typeface that it was not trained on, it misreads 1: 25.00 % (95 %: 4.56 % to 69.94 %).",
    );
    expect(lead).toContain("The model is that of epoch 1 of 2, the one of the lowest validation objective;");
    expect(lead).toContain("It all took 1 min 15 s on a machine.");
    // 2 images, one at 1000, one at 3000 a second: 2/(1/1000 + 1/3000)
    expect(textOf(page, ".figures dd")).toContain("1 500 images/s");
    // of them a tenth and four tenths were waited for: (0.1/1000 + 0.4/3000)/(1/1000 + 1/3000)
    expect(textOf(page, ".figures dd")).toContain("17.5 %");
  });

  it("has the layers, the epochs, the confusions, the mistakes and the settings", async () => {
    const { page } = await written(input);
    const rows = [...page.querySelectorAll("#network tbody tr")].map((row) => textOf(row, "td"));
    expect(rows[1]).toMatch(
      /^1 \| conv1 \| conv \| 2×2 \| 1 \| 0 \| 2×1×1 \| 1 \| 2×2 \| 1 \| 10 \| 40 B \| 8 B \| 8$/,
    );
    expect(textOf(page, "#training tbody tr:last-child td")).toBe(
      "2 | 0.01 | 0.375 | 37.50 % | 0.250 | 25.00 % | 3 000 | 40.00 %",
    );
    expect(textOf(page, "#confusion .beside tbody td")).toBe(`a | ${EVIL} | 1 | 50.0 %`);
    expect(textOf(page, "#confusion details tbody td")).toBe(`a | 50.0 % | 100.0 % | ${EVIL} | 100.0 % | 66.7 %`);
    expect(textOf(page, ".card figcaption")).toBe(`it is a, taken for ${EVIL}75 % sure${EVIL} Bold`);
    expect(textOf(page, "#settings dd")).toBe(`0.0005 | 0.1, 0.01 | ${EVIL} | (byte − 127.50) · 2 | a machine`);
  });

  it("needs no other file and no network, and runs nothing", async () => {
    const { page, source } = await written(input);
    for (const tag of ["script", "link", "iframe", "object"]) expect([...page.querySelectorAll(tag)]).toEqual([]);
    for (const element of page.querySelectorAll("img, image")) {
      expect(element.getAttribute("src") ?? element.getAttribute("href")).toMatch(/^data:image\/png;base64,/);
      expect(element.getAttribute("onerror")).toBeNull();
    }
    expect(source.match(/url\((?!data:)/g)).toBeNull();
    expect(source).not.toMatch(/(src|href)="?https?:/);
    expect(source).not.toContain("<img src=x");
  });

  it("keeps each picture as PNG, and leaves nothing else behind", async () => {
    const { pictures } = await written(input);
    expect((await readdir(folder)).sort()).toEqual(["pictures", "report.html"]);
    const sizes = await Promise.all(
      pictures.map(async (path) => {
        const { width, height } = await sharp(await readFile(path)).metadata();
        return `${path.slice(folder.length + 1)} ${width}×${height}`;
      }),
    );
    expect(sizes).toEqual([
      "pictures/worst-mistakes.png 352×356",
      expect.stringMatching(/^pictures\/confusion-matrix.png \d+×\d+$/),
      "pictures/network.png 346×232",
      "pictures/objective.png 720×500",
      "pictures/top-1-error.png 720×500",
      "pictures/learning-rate.png 720×500",
      // three of 2 pixels with gaps of 2
      "pictures/training-pictures.png 10×2",
      // four of 2 pixels, enlarged 32 times, with gaps of 4
      "pictures/jittered-pictures.png 268×64",
      // two of 2 pixels, enlarged 30 times, with a gap of 8, side by side
      "pictures/filters.png 128×60",
    ]);
    expect((await readdir(join(folder, "pictures"))).length).toBe(pictures.length);
    const training = await sharp(pictures[6]).extractChannel(0).raw().toBuffer();
    // samples 0, 2 and 3 of class 0 in epoch 0
    expect([...training]).toEqual([0, 0, 255, 255, 2, 0, 255, 255, 3, 0, 255, 0, 255, 255, 255, 0, 255, 255, 255, 0]);
  });

  it("says what is not known where all was trained on, and what the folds of a cross-validation have said", async () => {
    const none = classTable(classes, new Int32Array(), new Float32Array());
    const all = { ...input, predictions: none, validation: samplesOf([]) };
    const { page } = await written(all);
    expect(textOf(page, ".lead")).toContain("how often it is wrong on others is not known");
    expect(textOf(page, ".figures dd")).toMatch(/^not known \| /);
    const { page: told } = await written({ ...all, expected: { predictions: input.predictions, folds: 5 } });
    expect(textOf(told, ".lead")).toContain("got 1 of 4 letters wrong that they had not seen");
    expect(textOf(told, ".lead")).toContain("should be about 25.00 % (95 %: 4.56 % to 69.94 %)");
    expect(textOf(told, ".figures dd")).toMatch(/^25\.00 % \| 4\.6 to 69\.9 % \| /);
  });

  it("leaves out what there is no data for", async () => {
    const labels = Int32Array.of(0);
    const { jittered: _, seconds: _s, machine: _m, ...rest } = input;
    const { page, pictures } = await written({
      ...rest,
      history: [],
      predictions: classTable(classes, labels, Float32Array.of(1, 0)),
      sentence: {
        image: { width: 1, height: 1, channels: 1, data: Uint8Array.of(255) },
        reading: {
          text: "",
          columns: "",
          letters: [],
          marks: [],
          scores: { classes, count: 0, stride: 4, offset: 0, values: new Float32Array() },
          line: { width: 1, height: 1, channels: 1, data: Uint8Array.of(255) },
        },
      },
    });
    expect([...page.querySelectorAll("section")].map((section) => section.getAttribute("id"))).toEqual([
      "confusion",
      "reading",
      "network",
      "samples",
      "filters",
      "settings",
    ]);
    expect(textOf(page, "#reading p")).toBe("No writing was found in the picture.");
    expect(pictures).toHaveLength(4);
  });
});
