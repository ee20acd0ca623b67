import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "../../files/atomic-file.js";
import { GraphBuilder } from "../../graph/builder.js";
import { encodeModel } from "../../graph/codec/codec.js";
import { modelOf } from "../../graph/model.js";
import { float32 } from "../../graph/tensor.js";
import { fromOnnx } from "../../network/model/model.js";
import { openClassifier } from "../evaluation/classifier-file.js";
import { evaluateModel } from "../evaluation/evaluate-model-file.js";
import { finishJob } from "../events/event-stream.js";
import { readAnyModel } from "../foreign/any-model-file.js";
import { trainPictures } from "../pictures/train-pictures-file.js";
import { divideForCalibration } from "./calibration-pictures.js";
import { quantizePictures } from "./quantize-pictures-file.js";

let folder = "";
let model = "";
let made: Awaited<ReturnType<typeof quantize>>;
const quantize = (data: string, out: string, more = {}) =>
  finishJob(quantizePictures(model, data, { threads: 1, out, ...more }));

/** Bright and dark pictures, and some in a folder of which nobody says what they are. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-quantize-"));
  for (const [name, base] of [
    ["dark", 40],
    ["light", 200],
    ["unsorted", 120],
  ] as const) {
    await makeFolder(join(folder, name === "unsorted" ? name : `data/${name}`));
    for (let i = 0; i < 14; i++) {
      const data = Buffer.from(Array.from({ length: 16 * 16 }, (_, k) => base + ((k * 7 + i * 13) % 31) - 15));
      const path = join(folder, name === "unsorted" ? name : `data/${name}`, `${i}.png`);
      await sharp(data, { raw: { width: 16, height: 16, channels: 1 } })
        .png()
        .toFile(path);
    }
  }
  const data = join(folder, "data");
  const { files } = await finishJob(trainPictures(data, { epochs: 2, threads: 1, folder: join(folder, "run") }));
  model = files.model;
  made = await quantize(data, join(folder, "eight.onnx"));
}, 120_000);

describe("a model in 8 bits", () => {
  it("is smaller, and measured on pictures on which no range was found", async () => {
    expect(made.bytes.eightBit).toBe((await stat(made.file)).size);
    expect(made.bytes.eightBit).toBeLessThan(0.5 * made.bytes.float);
    // of 28 pictures half
    expect(made.calibration).toEqual({ count: 14, from: "of all 28", seed: 1 });
    expect(made.measured?.float.labels.length).toBe(14);
    expect(made.measured?.agreeing).toBe(14);
    expect(made.measured?.comparison).toMatchObject({ onlyFirst: 0, onlySecond: 0, pValue: 1 });
    expect(made.speed.map(({ pictures }) => pictures)).toEqual([1, 16]);
  });

  it("is a model as any other: it is opened, evaluated, and has its layers, classes and preparation", async () => {
    const { model: floats, eightBit } = await readAnyModel(made.file);
    const before = fromOnnx(await readFile(model));
    expect([floats.classes, floats.preprocessing]).toEqual([before.classes, before.preprocessing]);
    expect(eightBit?.graph.nodes.some(({ operator }) => operator === "QuantizeLinear")).toBe(true);
    const classifier = await openClassifier(made.file, { threads: 1 });
    const [best] = await classifier.classify(join(folder, "data/light/3.png"));
    await classifier.close();
    expect(best.name).toBe("light");
    const evaluated = await finishJob(
      evaluateModel(made.file, join(folder, "data"), { threads: 1, folder: join(folder, "evaluated") }),
    );
    // what the file itself computes, not its layers with floating-point numbers
    const measured = made.measured?.eightBit;
    const place = evaluated.predictions.paths?.indexOf(measured?.paths?.[0] ?? "") ?? -1;
    expect(evaluated.predictions.scores[2 * place]).toBeCloseTo(measured?.scores[0] ?? Number.NaN, 4);
  });

  it("is not made of one in 8 bits, nor in the place of another file", async () => {
    await expect(
      finishJob(quantizePictures(made.file, join(folder, "data"), { out: join(folder, "x.onnx") })),
    ).rejects.toThrow(/computes with 8 bits already/);
    const other = join(folder, "note.txt");
    await writeFile(other, "mine");
    await expect(quantize(join(folder, "data"), other)).rejects.toThrow(/is there, and is no model in 8 bits/);
    expect(await readFile(other, "utf8")).toBe("mine");
  });

  it("is compared with the model where nobody says what is to be seen", async () => {
    const { measured, calibration } = await quantize(join(folder, "unsorted"), join(folder, "unsorted.onnx"), {
      calibration: 3,
    });
    expect([calibration.count, measured?.float.labels.length, measured?.comparison]).toEqual([3, 11, undefined]);
  });
});

describe("a model that says no class", () => {
  /** An ONNX file: a convolution of 3 to `channels` channels, and what stands behind it. */
  async function onnxOf(name: string, channels: number, end: (g: GraphBuilder, x: string) => string): Promise<string> {
    const g = new GraphBuilder(name);
    const weights = Float32Array.from({ length: channels * 27 }, (_, i) => Math.sin(i));
    const filters = g.initializer("filters", float32(weights, [channels, 3, 3, 3]));
    const x = g.input("x", "float32", ["N", 3, 16, 16]);
    g.output("y", end(g, g.op("Conv", [x, filters], { pads: [1, 1, 1, 1] })));
    const file = join(folder, `${name}.onnx`);
    await writeFile(file, encodeModel(modelOf(g.build())));
    return file;
  }

  it("is compared by its numbers: maps, and a single number", async () => {
    const maps = await onnxOf("maps", 2, (g, x) => g.op("Sigmoid", [x]));
    const number = await onnxOf("number", 1, (g, x) => g.op("GlobalAveragePool", [x]));
    for (const [file, data] of [
      [maps, "unsorted"],
      [number, "data"],
    ] as const) {
      const out = `${file}-int8.onnx`;
      const { measured, near } = await finishJob(quantizePictures(file, join(folder, data), { threads: 1, out }));
      expect(measured).toBeUndefined();
      expect(near?.pictures).toBe(data === "data" ? 14 : 7);
      // 8 bits have about 50 dB
      expect(near?.decibels).toBeGreaterThan(20);
      expect((await readAnyModel(out)).eightBit).toBeDefined();
    }
  });
});

describe("the pictures for the ranges", () => {
  const items = Array.from({ length: 10 }, (_, i) => ({ path: `${i}.png`, label: 0 }));
  const split = { training: [0, 1, 2, 3, 4, 5], validation: [6, 7], test: [8, 9] };

  it("are of the training part, and none of those that are measured", () => {
    const divided = divideForCalibration({ items }, new Set(["3.png"]), { calibration: 128, seed: 1, split });
    expect(divided).toEqual({ calibration: [0, 1, 2, 4, 5], measured: [6, 7], from: "of the training part" });
    const test = divideForCalibration({ items }, new Set(), { calibration: 2, seed: 1, split, part: "test" });
    expect([test.calibration.length, test.measured]).toEqual([2, [8, 9]]);
  });

  it("are at most half of all where there are no parts, others by another seed", () => {
    const of = (seed: number) =>
      divideForCalibration({ items }, new Set(), { calibration: 128, seed, split: undefined });
    const one = of(1);
    expect([one.calibration.length, one.measured.length]).toEqual([5, 5]);
    expect([...one.calibration, ...one.measured].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(of(2).calibration).not.toEqual(one.calibration);
    expect(() => divideForCalibration({ items: [] }, new Set(), { calibration: 1, seed: 1, split: undefined })).toThrow(
      "There is no picture to find ranges on.",
    );
    expect(() =>
      divideForCalibration({ items }, new Set(), { calibration: 1, seed: 1, split: undefined, part: "test" }),
    ).toThrow("There is no picture to measure in the test part.");
  });
});
