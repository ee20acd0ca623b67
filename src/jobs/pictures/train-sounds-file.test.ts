/** From a folder of sounds to a model that tells them apart, and to a file that takes samples. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeWav } from "../../data/sound/wav.js";
import { nodeEngine } from "../../engine/node.js";
import { decodeModel } from "../../graph/codec/codec.js";
import { float32 } from "../../graph/tensor.js";
import { fromOnnx, readModelFile } from "../../network/model/model.js";
import { deployedOnnx, writeOnnx } from "../../network/model/write-onnx.js";
import { stream } from "../../random/stream.js";
import { adamW } from "../../training/solver/solver.js";
import { openClassifier } from "../evaluation/classifier-file.js";
import { evaluateModel } from "../evaluation/evaluate-model-file.js";
import { finishJob } from "../events/event-stream.js";
import { trainPictures } from "./train-pictures-file.js";

const RATE = 4000;
const LENGTH = 1200;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-train-sounds-"));
  const random = stream(1, "tones");
  for (const label of ["falling", "rising"]) {
    for (const speaker of ["ann", "bob", "cid", "dan"]) {
      for (let take = 0; take < 4; take++) {
        await mkdir(join(folder, "sounds", label), { recursive: true });
        await writeFile(
          join(folder, "sounds", label, `${speaker}_${take}.wav`),
          encodeWav(glide(label, random.uniform()), RATE),
        );
      }
    }
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A tone that rises or falls by an octave. */
function glide(label: string, where: number): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: LENGTH }, (_, i) => {
    const share = label === "rising" ? i / LENGTH : 1 - i / LENGTH;
    phase += (2 * Math.PI * (300 + 200 * where) * 2 ** share) / RATE;
    return 0.3 * Math.sin(phase);
  });
}

test("sounds are trained on, measured and classified, and the file for use takes samples", async () => {
  const layers = [
    { type: "conv", support: [40, 5], filters: 8 },
    { type: "relu" },
    { type: "globalPool", method: "average" },
    { type: "conv", support: 1, filters: 2 },
    { type: "loss", loss: "softmaxLog" },
  ];
  const network = join(folder, "net.json");
  await writeFile(network, JSON.stringify(layers));
  const data = join(folder, "sounds");
  const { files, predictions } = await finishJob(
    trainPictures(data, {
      ...{
        network,
        epochs: 25,
        batchSize: 8,
        learningRate: 0.02,
        solver: adamW(),
        seed: 1,
        groupBy: /([a-z]+)_\d/,
        validation: 0.25,
      },
      ...{ jitter: { translate: 0.1, signalToNoise: 20 }, threads: 1, folder: join(folder, "run") },
    }),
  );
  // one of the four speakers, whom it has not heard
  expect(predictions.labels).toHaveLength(8);
  const model = fromOnnx(await readFile(files.model));
  expect(model.network.layers.map(({ layer }) => layer.type).slice(0, 3)).toEqual(["samples", "logMel", "batchNorm"]);
  expect(model.preprocessing).toMatchObject({ rate: RATE, width: LENGTH, height: 2 });
  expect(model.normalization).toEqual({ mean: [0], scale: 1 });

  const measured = await finishJob(evaluateModel(files.model, data, { folder: join(folder, "measured"), threads: 1 }));
  const { scores, labels } = measured.predictions;
  const right = [...labels].filter((label, i) => scores[2 * i + label] > scores[2 * i + 1 - label]).length;
  expect(right).toBeGreaterThanOrEqual(30);

  const classifier = await openClassifier(files.model, { threads: 1 });
  const path = join(data, "rising", "bob_2.wav");
  const [best, other] = await classifier.classify(path);
  expect(best.name).toBe("rising");
  await expect(classifier.classify(network)).rejects.toThrow("it is no WAV file");
  await classifier.close();

  // the file for use takes what is in the WAV file, and says the same
  const program = await nodeEngine({ threads: 1 }).load(deployedOnnx(model));
  expect(program.inputs.map(({ name, shape }) => [name, shape])).toEqual([["image", ["N", 1, 1, LENGTH]]]);
  const bytes = await readFile(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset + 44);
  const samples = Float32Array.from({ length: LENGTH }, (_, i) => view.getInt16(2 * i, true) / 32768);
  const { probabilities } = await program.run({ image: float32(samples, [1, 1, 1, LENGTH]) });
  const expected = [other.probability, best.probability];
  expected.forEach((value, i) => {
    expect(Number(probabilities.data[i])).toBeCloseTo(value, 4);
  });
  await program.close();
  // and is read back as the model that it was made from
  const file = writeOnnx(model);
  expect(decodeModel(file).graph.inputs[0].shape).toEqual(["N", 1, 1, LENGTH]);
  expect(readModelFile(file).model.network.inputs[0].shape).toEqual({ channels: 1, height: 2, width: LENGTH });
});
