/** Learning without labels: autoencoders' shapes and parts, what training makes of them, and filters from patches against scikit-learn's numbers. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cpu, difference } from "../../test/devices.js";
import { relu, sigmoid } from "../blocks/activation/activation.js";
import { conv } from "../blocks/convolution/conv.js";
import type { Layer } from "../blocks/layer.js";
import { softmaxLogLoss } from "../blocks/loss/class-losses.js";
import { batchNorm } from "../blocks/normalization/batch-norm.js";
import { averagePool, maxPool } from "../blocks/pooling/pool.js";
import type { Samples } from "../data/samples.js";
import { classTarget } from "../data/target.js";
import { float32 } from "../graph/tensor.js";
import { lossesOf, type Network, parametersOf, scoresOf, sequential } from "../network/network.js";
import { compact } from "../network/zoo/compact.js";
import { lenet } from "../network/zoo/lenet.js";
import { ocr } from "../network/zoo/ocr.js";
import { resnet20 } from "../network/zoo/resnet.js";
import { stream } from "../random/stream.js";
import { adam } from "../training/solver/solver.js";
import type { Parameters } from "../training/step/initialize.js";
import { train } from "../training/train.js";
import { type AutoencoderOptions, autoencoder } from "./autoencoder.js";
import { firstFilters } from "./first-filters.js";
import { kMeans } from "./k-means.js";
import { layerWise } from "./layer-wise.js";
import { whiten, whitening } from "./patches.js";

const IMAGE = { channels: 1, height: 8, width: 8 };
const NORMALIZATION = { mean: [0], scale: 1 / 128 };

const small = (...layers: readonly Layer[]): Network =>
  sequential("small", IMAGE, [...layers, conv(1, 3, { name: "scores" }), softmaxLogLoss()]);

/** Pictures of one bar, across or down, at one of eight places: two numbers would tell which. */
const bars: Samples = {
  count: 48,
  shape: IMAGE,
  target: classTarget(["picture"], new Int32Array(48)),
  read(index, _, into, offset) {
    const at = index % 8;
    for (let i = 0; i < 64; i++) into[offset + i] = (index % 16 < 8 ? i % 8 : i >> 3) === at ? 200 : 20;
  },
};

/** The mean objective of each epoch, and what was learned. */
async function trained(
  network: Network,
  epochs: number,
  start: Parameters = new Map(),
): Promise<{ objectives: number[]; parameters: Parameters }> {
  const objectives: number[] = [];
  let parameters: Parameters = start;
  const how = { solver: adam(), learningRate: 0.01, batchSize: 16, start };
  for await (const event of train(cpu.engine, network, {
    training: bars,
    normalization: NORMALIZATION,
    epochs,
    ...how,
  })) {
    if (event.type !== "epoch") continue;
    objectives.push(event.train.objective);
    ({ parameters } = event.state);
  }
  return { objectives, parameters };
}

describe("an autoencoder's layers", () => {
  const namesOf = ({ layers }: Network): string => layers.map(({ name }) => name).join(" ");

  test("are the network's before its scores, and their mirror", () => {
    const { network, encoder, decoder, code } = autoencoder(ocr());
    expect(namesOf(encoder)).toBe("conv1 pool1 conv2 pool2 conv3 relu1");
    expect(code).toEqual({ name: "relu1", shape: { channels: 500, height: 2, width: 2 } });
    expect(decoder && namesOf(decoder)).toBe("decode/conv3 decode/pool2 decode/conv2 decode/pool1 decode/conv1");
    expect(scoresOf(network)).toEqual({ name: "reconstruction", shape: { channels: 1, height: 32, width: 32 } });
    expect(lossesOf(network).map(({ layer }) => [layer.loss, layer.target])).toEqual([["l2", "image"]]);
  });

  test("give back the picture's size, whatever strides and pads leave over", () => {
    const network = small(
      conv(3, 4, { stride: 2 }),
      relu(),
      maxPool([3, 2], { stride: [1, 2], pad: [1, 1, 0, 0] }),
      averagePool([2, 1]),
      conv([1, 1], 2),
    );
    expect(scoresOf(autoencoder(network).network).shape).toEqual(IMAGE);
    for (const zoo of [lenet(), compact({ channels: 3, height: 20, width: 23 }, 5)]) {
      expect(scoresOf(autoencoder(zoo).network).shape).toEqual(zoo.inputs[0].shape);
    }
  });

  test("have the normalisation of a batch before the activation on both sides", () => {
    const { decoder } = autoencoder(small(conv(3, 4), batchNorm(), relu(), conv(3, 5), batchNorm(), relu()));
    expect(decoder && namesOf(decoder)).toBe("decode/conv2 decode/batchNorm1 decode/relu1 decode/conv1");
  });

  test("share filters where they are tied, and no biases", () => {
    const [plain, tied] = [false, true].map((tied) => parametersOf(autoencoder(ocr(), { tied }).network));
    const filters = 20 * 25 + 50 * 20 * 25 + 500 * 50 * 16;
    const numbers = (specs: typeof plain): number =>
      specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(numbers(plain) - numbers(tied)).toBe(filters);
    expect(tied.map(({ name }) => name)).toContain("decode/conv1/biases");
  });

  test("need the places of a pooling where they are asked for: there is then no decoder alone", () => {
    const { network, decoder } = autoencoder(ocr(), { pooling: "places" });
    expect(decoder).toBeUndefined();
    expect(network.layers.find(({ name }) => name === "decode/pool1")?.inputs.map(({ name }) => name)).toEqual([
      "decode/conv2",
      "conv1",
    ]);
  });

  test("end in a code that is drawn, where it is variational", () => {
    const { network, encoder, decoder, code } = autoencoder(ocr(), { variational: true, code: 6, divergence: 0.5 });
    expect(code.shape).toEqual({ channels: 6, height: 1, width: 1 });
    expect(namesOf(encoder)).toBe("conv1 pool1 conv2 pool2 conv3 relu1 moments code");
    expect(decoder?.inputs[0]).toEqual({ name: "code", shape: code.shape });
    expect(lossesOf(network).map(({ layer }) => [layer.loss, layer.weight])).toEqual([
      ["l2", 1],
      ["gaussian", 0.5],
    ]);
  });

  test.each<[string, () => unknown]>([
    ["Network 'resnet20' has branches", () => autoencoder(resnet20())],
    ["there is no encoder in it", () => autoencoder(small(relu()))],
    [
      "'repeat' of a variational one".replaceAll("'", '"'),
      () => autoencoder(ocr(), { variational: true, pooling: "places" }),
    ],
    ["Invalid value for sparsity: expected none without sparse", () => autoencoder(ocr(), { sparsity: 1 })],
    ["Layer 'conv1' is dilated", () => autoencoder(small(conv(3, 2, { dilation: 2 })))],
  ])("are refused: %s", (message, make) => expect(make).toThrow(message));
});

describe("training", () => {
  const body = [conv(3, 6, { pad: 1, initialization: { type: "he" } }), relu(), maxPool(2, { stride: 2 })];
  // The pictures are (2, 0.16)-bars of 8 pixels on 64: about their mean, Σ (x − μ)² / 2 of each is 9.4.
  test.each<[string, AutoencoderOptions]>([
    ["plain", { code: 8 }],
    ["the places of maxima", { pooling: "places" }],
    ["tied", { code: 8, tied: true }],
    ["denoising", { code: 8, noise: 0.3, blank: 0.2 }],
    ["sparse by l1", { code: 8, sparse: "l1", sparsity: 0.01 }],
    ["sparse by kl", { code: 16, sparse: "kl", sparsity: 0.1 }],
    ["variational", { code: 4, variational: true, divergence: 0.1 }],
  ])("%s: the difference falls below that from the mean picture", async (_, options) => {
    const { objectives } = await trained(autoencoder(small(...body), options).network, 40);
    expect(objectives.at(-1)).toBeLessThan(8);
    expect(objectives[0]).toBeGreaterThan(9.4);
  });

  test("a share of the batch is what KL sparsity makes of a unit's mean", async () => {
    const { network, code } = autoencoder(small(...body), { code: 6, sparse: "kl", share: 0.1, sparsity: 50 });
    const { parameters } = await trained(network, 60);
    const { GraphBuilder } = await import("../graph/builder.js");
    const { buildNetwork } = await import("../network/build-network.js");
    const { layersUpTo } = await import("../network/network.js");
    const g = new GraphBuilder("codes");
    for (const [name, value] of parameters) g.initializer(name, value);
    const encoder = layersUpTo(network, code.name);
    g.output("codes", buildNetwork(g, encoder, { image: g.input("x", "float32", [48, 1, 8, 8]) }).get(code.name) ?? "");
    const program = await cpu.engine.load(g.build());
    const bytes = new Uint8Array(64);
    const x = float32(
      Array.from({ length: 48 }, (_, i) => {
        bars.read(i, 1, bytes, 0);
        return Array.from(bytes, (byte) => byte / 128);
      }).flat(),
      [48, 1, 8, 8],
    );
    const { codes } = await program.run({ x });
    await program.close();
    const mean = Array.from(codes.data, Number).reduce((a, b) => a + b, 0) / codes.data.length;
    expect(Math.abs(mean - 0.1)).toBeLessThan(0.04);
  });

  test("layer by layer: a stage learns its own layer alone, and begins with those before it", async () => {
    const network = small(...body, conv(2, 4), sigmoid());
    const stages = layerWise(network, { blank: 0.1 });
    expect(stages.map(({ layer }) => layer)).toEqual(["conv1", "conv2"]);
    expect(lossesOf(stages[1].network).map(({ layer }) => layer.target)).toEqual(["pool1"]);
    const first = await trained(stages[0].network, 10);
    const second = await trained(stages[1].network, 10, first.parameters);
    expect(second.parameters.get("conv1/filters")).toEqual(first.parameters.get("conv1/filters"));
    expect(second.parameters.has("decode/conv1/filters")).toBe(false);
    for (const { objectives } of [first, second]) expect(objectives.at(-1)).toBeLessThan(0.8 * objectives[0]);
  });
});

describe("filters from patches", () => {
  const fixture: {
    rows: number[];
    width: number;
    epsilon: number;
    mean: number[];
    white: number[];
    centres: number[];
    labels: number[];
    inertia: number;
  } = JSON.parse(readFileSync(new URL("../../test/fixtures/unsupervised.json", import.meta.url), "utf8"));
  const shape = [fixture.rows.length / fixture.width, fixture.width];
  const rows = float32(fixture.rows, shape);
  const white = float32(fixture.white, shape);

  test("whitening is scikit-learn's covariance to the power of −½", () => {
    const found = whitening(rows, fixture.epsilon);
    expect(difference(found.mean, fixture.mean)).toBeLessThan(1e-6);
    expect(difference(whiten(rows, found).data, fixture.white)).toBeLessThan(1e-5);
  });

  test("clusters are scikit-learn's", () => {
    const begin = float32(white.data.slice(0, 8 * fixture.width), [8, fixture.width]);
    const { centres, labels, inertia } = kMeans(white, begin);
    expect(Array.from(labels)).toEqual(fixture.labels);
    expect(difference(centres.data, fixture.centres)).toBeLessThan(1e-5);
    expect(Math.abs(inertia / fixture.inertia - 1)).toBeLessThan(1e-5);
  });

  test("clusters that lie apart are found from any beginning, and no centre stays empty", () => {
    const random = stream(3, "clusters");
    const points = Array.from({ length: 90 }, (_, i) => [
      (i % 3) * 10 + 0.1 * random.normal(),
      (i % 2) * 10 + 0.1 * random.normal(),
    ]);
    const apart = float32(points.flat(), [90, 2]);
    for (const seed of [1, 2, 3]) expect(kMeans(apart, 6, { seed }).inertia).toBeLessThan(90 * 0.05);
    const same = float32([0, 0, 0, 0, 9, 9], [3, 2]);
    expect(new Set(kMeans(same, float32([0, 0, 0, 0], [2, 2])).labels).size).toBe(2);
    expect(() => kMeans(same, 4)).toThrow(
      "Invalid value for count: expected a whole number of at least 1 and at most 3, got 4.",
    );
  });

  test.each(["kmeans", "pca"] as const)(
    "%s: responses of the first layer have mean 0 and deviation 1",
    async (kind) => {
      const network = small(conv([3, 3], 6));
      const { parameters, made } = await firstFilters(network, bars, NORMALIZATION, { kind, patches: 600, seed: 1 });
      const [filters, biases] = ["conv1/filters", "conv1/biases"].map((name) => parameters.get(name)?.data ?? []);
      const [pictures, responses] = [new Uint8Array(64), [] as number[][]];
      for (let index = 0; index < 16; index++) {
        bars.read(index, 1, pictures, 0);
        for (let at = 0; at < 36; at++) {
          const [top, left] = [Math.floor(at / 6), at % 6];
          responses.push(
            Array.from({ length: made }, (_, k) => {
              let sum = biases[k];
              for (let d = 0; d < 9; d++)
                sum += (filters[k * 9 + d] * pictures[(top + Math.floor(d / 3)) * 8 + left + (d % 3)]) / 128;
              return sum;
            }),
          );
        }
      }
      // 600 patches of 576 different ones: means and deviations agree to about 1/√600.
      for (let k = 0; k < made; k++) {
        const mean = responses.reduce((sum, row) => sum + row[k], 0) / responses.length;
        const deviation = Math.sqrt(responses.reduce((sum, row) => sum + (row[k] - mean) ** 2, 0) / responses.length);
        expect(Math.abs(mean)).toBeLessThan(0.2);
        expect(Math.abs(deviation - 1)).toBeLessThan(0.25);
      }
    },
  );

  test("pictures that are all the same give no filters", async () => {
    const flat: Samples = { ...bars, read: (_, __, into, offset) => into.fill(7, offset, offset + 64) };
    const make = (kind: "kmeans" | "pca") =>
      firstFilters(small(conv(3, 2)), flat, NORMALIZATION, { kind, patches: 20, seed: 1 });
    await expect(make("kmeans")).rejects.toThrow("Of 20 patches of the pictures fewer than two have any contrast");
    await expect(make("pca")).rejects.toThrow("The patches of the pictures are all the same");
  });
});
