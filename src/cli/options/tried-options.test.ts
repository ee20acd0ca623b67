import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withPictureOptions } from "./picture-options.js";
import { readSpace } from "./space-option.js";
import { flagsOf, spaceOf, wordsOf } from "./tried-options.js";

const train = withPictureOptions(new Command("train"));

describe("what is tried", () => {
  test("has the values of its options, a scale as declared or as said, and stands behind what it depends on", () => {
    expect(
      spaceOf(train, [
        "width=8,16",
        "network=compact,resnet20",
        "learning-rate=0.001..0.1",
        "weight-decay=0.001..0.1:linear",
        "batch-size=8..64:log",
        "rotate=0..20",
        "schedule=cosine",
      ]),
    ).toEqual([
      { name: "network", values: ["compact", "resnet20"] },
      { name: "learning-rate", low: 0.001, high: 0.1, scale: "log", whole: false },
      { name: "weight-decay", low: 0.001, high: 0.1, scale: "linear", whole: false },
      { name: "batch-size", low: 8, high: 64, scale: "log", whole: true },
      { name: "rotate", low: 0, high: 20, scale: "linear", whole: false },
      { name: "schedule", values: ["cosine"] },
      { name: "width", values: [8, 16], only: { name: "network", among: ["compact"] } },
    ]);
  });

  test.each([
    ["learning-rat=0.1", "--try learning-rat: no such option of train; did you mean 'learning-rate'?"],
    ["network=vgg17", "--try network=vgg17: Expected the name of a network"],
    ["width=8,0", "--try width=8,0: Expected a whole number of at least 1, got '0'."],
    ["width=8,8", "--try width=8,8: expected different values, got 8 twice."],
    ["width=8..3", "--try width=8..3: expected two numbers, the lower one first, got 8..3."],
    ["width=8..16.5", "--try width=8..16.5: Expected a whole number"],
    ["dropout=0..0.5:log", "--try dropout=0..0.5:log: expected numbers above 0 on a logarithmic scale"],
    ["dropout=0..0.5:cubic", "expected log or linear as the scale, got 'cubic'."],
    ["size=32..64", "--try size=32..64: it takes no number that has a range"],
    ["schedule=cosin", "--try schedule=cosin: Allowed choices are constant, step, cosine"],
    ["quarter-turns=maybe", "expected true or false, got 'maybe'."],
    ["threads=1,2", "--try threads: it is the same for all trials; give --threads once."],
    ["width", "--try width: expected an option and its values"],
  ])("%s is refused", (text, message) => expect(() => spaceOf(train, [text])).toThrow(message));

  test("is refused where it is given twice, or nothing reads it", () => {
    expect(() => spaceOf(train, ["width=8", "width=16"])).toThrow("--try width is given twice");
    expect(() => spaceOf(train, ["momentum=0.5,0.9", "solver=adam"])).toThrow("--try momentum: no trial reads it");
  });

  test("stands in a trial's flags as if it had been given, and in its command line beside what was", () => {
    const values = { "learning-rate": 0.01, size: 32, "quarter-turns": "true" };
    expect(flagsOf(train, { epochs: 5, learningRate: [0.5] }, values)).toEqual({
      ...{ epochs: 5, learningRate: [0.01], size: { width: 32, height: 32 }, quarterTurns: true },
    });
    const line = "photos --epochs 5 --try size=32,64 --learning-rate=0.5 --mirror both --strategy asha --out runs/x";
    expect(wordsOf(train, line.split(" "), values).join(" ")).toBe(
      "--epochs 5 --mirror both --learning-rate 0.01 --size 32 --quarter-turns",
    );
  });
});

describe("a space of networks", () => {
  let path: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bellpepper-space-"));
    path = join(folder, "space.json");
  });
  afterAll(() => rm(folder, { recursive: true }));
  const read = async (content: unknown) => {
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    return readSpace(path);
  };

  test("has values, lists of values and ranges", async () => {
    expect(await read({ depth: 2, kernel: [3, 5], channels: { from: 8, to: 64, scale: "log" } })).toEqual([
      { name: "depth", values: [2] },
      { name: "kernel", values: [3, 5] },
      { name: "channels", low: 8, high: 64, scale: "log", whole: true },
    ]);
  });

  test.each([
    ["{oops", "is no JSON"],
    [[], "expected an object"],
    [{ dept: 2 }, "unknown field 'dept': did you mean 'depth'?"],
    [{ depth: [2, 99] }, "depth: expected a whole number of at least 1 and at most 12, got 99."],
    [{ order: ["relu"] }, "with a conv among them"],
    [{ order: { from: 1, to: 2 } }, "or a list of such, got a range."],
    [{ kernel: { from: 3, until: 5 } }, "unknown field 'until'"],
    [{ kernel: { from: 3 } }, "kernel: expected"],
    [{ kernel: { from: 3, to: 9, scale: "cubic" } }, "expected log or linear"],
    [{ kernel: [] }, "kernel: expected at least one value"],
  ])("%j is refused, and the message names the file", async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
    await expect(read(content)).rejects.toThrow(path);
  });
});
