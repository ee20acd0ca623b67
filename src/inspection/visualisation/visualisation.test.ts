import { afterAll, expect, test } from "vitest";
import { cpu } from "../../../test/devices.js";
import {
  concat,
  conv,
  convTranspose,
  gate,
  globalAveragePool,
  maxPool,
  relu,
  softmaxLogLoss,
} from "../../blocks/index.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { float32 } from "../../graph/tensor.js";
import type { TrainedModel } from "../../network/model/model.js";
import { parametersOf, sequential } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { samplesBatch } from "../batches.js";
import { gradient } from "../gradient.js";
import { activations, openNetwork } from "../opened.js";
import { correlation } from "../statistics.js";
import { invertFeatures } from "./invert-features.js";
import { maximizeActivation } from "./maximize-activation.js";
import { blurred, shifted, totalVariation } from "./smoothness.js";
import { projectPatches, strongestPatches } from "./strongest-patches.js";
import { unitsOf } from "./unit.js";

const random = stream(1, "visualisation");
const network = sequential("small", { channels: 3, height: 12, width: 10 }, [
  conv(3, 12, { name: "conv1", pad: 1 }),
  relu({ name: "relu1" }),
  maxPool(2, { name: "pool1", stride: 2 }),
  conv([3, 2], 5, { name: "conv2", pad: [1, 1, 0, 0] }),
  conv([6, 4], 4, { name: "conv3" }),
  softmaxLogLoss(),
]);
const parameters = new Map(
  parametersOf(network).map(({ name, shape }) => {
    const fan = shape.slice(1).reduce((product, side) => product * side, 1);
    return [name, float32(Float32Array.from({ length: shape[0] * fan }, random.normal), shape)];
  }),
);
const model: TrainedModel = {
  network,
  parameters,
  classes: ["a", "b", "c", "d"],
  normalization: { mean: [100, 120, 130], scale: 1 / 50 },
  history: null,
};
const one = 360;
const bytes = Uint8Array.from({ length: 7 * one }, () => random.integer(0, 255));
const samples: Samples = {
  count: 7,
  shape: { channels: 3, height: 12, width: 10 },
  target: classTarget(["a"], [0, 0, 0, 0, 0, 0, 0]),
  read: (index, _, into, offset) => into.set(bytes.subarray(index * one, (index + 1) * one), offset),
};
const opening = openNetwork(cpu.engine, model, { together: 3 });
afterAll(async () => (await opening).close());
const last = async <T>(all: AsyncIterable<T>): Promise<T> => {
  let found: T | undefined;
  for await (const each of all) found = each;
  if (found === undefined) throw new Error("nothing came");
  return found;
};

test("a field is cut off where the picture ends", () => {
  // conv1 sees 3 pixels, pool1 4 every 2: its place 0 those from −1 to 2
  const { seen } = unitsOf(model, "pool1");
  expect(seen([0, 1])).toEqual({ x: 1, y: 0, width: 4, height: 3 });
  expect(seen([5, 4])).toEqual({ x: 7, y: 9, width: 3, height: 3 });
});

test("where short and long ways meet, a place sees what its derivative says", async () => {
  const shape = { channels: 1, height: 12, width: 16 };
  const network = sequential("u-net", shape, [
    conv(3, 2, { name: "top", pad: 1 }),
    maxPool(2, { name: "down", stride: 2 }),
    conv(3, 2, { name: "deep", pad: 1 }),
    convTranspose(2, 2, { name: "up", upsample: 2 }),
    concat("channels", { name: "joined", inputs: ["top", "up"] }),
    conv(3, 1, { name: "out", pad: 1 }),
    globalAveragePool({ name: "mean", inputs: ["deep"] }),
    gate(["deep", "mean"], { name: "gated" }),
  ]);
  const parameters = new Map(
    parametersOf(network).map(({ name, shape }) => {
      const count = shape.reduce((product, side) => product * side, 1);
      return [name, float32(new Float32Array(count).fill(0.1), shape)];
    }),
  );
  const model: TrainedModel = {
    network,
    parameters,
    classes: ["a"],
    normalization: { mean: [0], scale: 1 },
    history: null,
  };
  const own = await openNetwork(cpu.engine, model);
  // no two pixels alike: each may be the largest of four, so that a maximum is seen to depend on one of them
  const image = float32(
    Array.from({ length: 192 }, (_, i) => (i * 37) % 251),
    [1, 1, 12, 16],
  );
  for (const [layer, place] of [
    ["joined", [3, 9]],
    ["out", [7, 0]],
    ["gated", [0, 0]],
  ] as const) {
    const { shape: made, seen } = unitsOf(model, layer);
    const weights = new Float32Array(made.channels * made.height * made.width);
    for (let c = 0; c < made.channels; c++) weights[(c * made.height + place[0]) * made.width + place[1]] = 1;
    const of = { layer, weights: float32(weights, [1, made.channels, made.height, made.width]) };
    const { gradients } = await gradient(own, image, { of });
    const at = Array.from(gradients.image.data.keys()).filter((i) => gradients.image.data[i] !== 0);
    const { x, y, width, height } = seen(place);
    for (const i of at) {
      expect([Math.floor(i / 16) - y, (i % 16) - x]).toSatisfy(
        ([row, column]: number[]) => row >= 0 && row < height && column >= 0 && column < width,
      );
    }
  }
  // joined at (3, 9): up from deep (1, 4), which sees pooled rows 0 to 2, columns 3 to 5, made of 0 to 5 and 6 to 11, of pixels one further each way
  expect(unitsOf(model, "joined").seen([3, 9])).toEqual({ x: 5, y: 0, width: 8, height: 7 });
  expect(unitsOf(model, "gated").seen([0, 0])).toEqual({ x: 0, y: 0, width: 16, height: 12 });
  await own.close();
});

test("the strongest patches are those that a search through all places finds, one of a picture", async () => {
  const opened = await opening;
  const layers = ["conv1", "pool1", "conv2", "scores"];
  const { done, patches } = await last(strongestPatches(opened, samples, layers, { each: 4 }));
  expect(done).toBe(7);
  const values = await activations(opened, await samplesBatch(samples, [0, 1, 2, 3, 4, 5, 6]), layers);
  for (const layer of layers) {
    const { shape, data } = values[layer];
    const area = shape[2] * shape[3];
    for (let unit = 0; unit < shape[1]; unit++) {
      const of = (n: number) => [...data.subarray((n * shape[1] + unit) * area, (n * shape[1] + unit + 1) * area)];
      const best = [0, 1, 2, 3, 4, 5, 6].map((n) => ({ n, value: Math.max(...of(n)) }));
      best.sort((a, b) => b.value - a.value || a.n - b.n);
      expect(patches[layer][unit].map(({ sample }) => sample)).toEqual(best.slice(0, 4).map(({ n }) => n));
      for (const { sample, value, place } of patches[layer][unit]) {
        expect(value).toBe(best.find(({ n }) => n === sample)?.value);
        expect(of(sample)[place[0] * shape[3] + place[1]]).toBe(value);
      }
    }
  }
});

test("a patch is all that the unit sees: in another picture, and where the field is whole in another place, it says the same", async () => {
  const opened = await opening;
  const others = await samplesBatch(samples, [6]);
  let moved = 0;
  for (const layer of ["conv1", "pool1", "conv2"]) {
    const { patches } = await last(strongestPatches(opened, samples, [layer]));
    for (const [unit, own] of patches[layer].entries()) {
      const { sample, place, box, value } = own[0];
      const from = await samplesBatch(samples, [sample]);
      const side = { conv1: 3, pool1: 4, conv2: 8 }[layer] ?? 0;
      const step = layer === "conv1" ? 1 : 2;
      const isWhole = box.height === side && box.x > 0;
      const right = isWhole && box.x + box.width + step <= 10 ? step : 0;
      const image = Float32Array.from(others.data);
      for (let c = 0; c < 3; c++) {
        for (let y = box.y; y < box.y + box.height; y++) {
          const at = (c * 12 + y) * 10 + box.x;
          image.set(from.data.subarray(at, at + box.width), at + right);
        }
      }
      const { [layer]: found } = await activations(opened, float32(image, [1, 3, 12, 10]), [layer]);
      const [, , height, width] = found.shape;
      const shiftedColumn = place[1] + right / step;
      expect(found.data[(unit * height + place[0]) * width + shiftedColumn]).toBeCloseTo(value, 3);
      moved += right > 0 ? 1 : 0;
    }
  }
  expect(moved).toBeGreaterThan(3);
});

test("of a filter, the projection is the filter, cut off with the patch", async () => {
  const opened = await opening;
  const patches = [
    { sample: 2, value: 0, place: [4, 3], box: { x: 2, y: 3, width: 3, height: 3 } },
    { sample: 5, value: 0, place: [0, 9], box: { x: 8, y: 0, width: 2, height: 2 } },
  ] as const;
  const [inner, corner] = await projectPatches(opened, samples, { layer: "conv1", unit: 4, patches }, "guided");
  const filter = [...(parameters.get("conv1/filters")?.data ?? [])].slice(4 * 27, 5 * 27).map((w) => w / 50);
  const close = (found: Float32Array, expected: number[]) => {
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
  };
  expect(inner.evidence.shape).toEqual([3, 3, 3]);
  close(inner.evidence.data, filter);
  expect(corner.evidence.shape).toEqual([3, 2, 2]);
  const rowsBelow = [0, 1, 2].flatMap((c) => [3, 4, 6, 7].map((i) => filter[9 * c + i]));
  close(corner.evidence.data, rowsBelow);
});

test("what excites a filter most is white where its weights are positive, and black where they are not", async () => {
  const opened = await opening;
  const { done, of, made } = await last(maximizeActivation(opened, "conv1", [0, 3, 7], { decay: 0 }));
  expect([done, of]).toEqual([300, 300]); // three at a time fit, of two starts each: one unit after the other
  for (const { unit, value, before, box } of made) {
    const weights = [...(parameters.get("conv1/filters")?.data ?? [])].slice(unit * 27, unit * 27 + 27);
    const bias = parameters.get("conv1/biases")?.data[unit] ?? 0;
    const means = [100, 120, 130];
    const most = weights.reduce((sum, w, i) => sum + (w * ((w > 0 ? 255 : 0) - means[Math.floor(i / 9)])) / 50, bias);
    expect(value).toBeGreaterThan(before + 0.97 * (most - before));
    expect(value).toBeLessThanOrEqual(most + 1e-3);
    expect([box.width, box.height]).toEqual([3, 3]);
  }
});

test("made pictures excite deep units more than any picture of the set, the same ones for the same seed", async () => {
  const opened = await openNetwork(cpu.engine, model);
  const { patches } = await last(strongestPatches(opened, samples, ["scores"]));
  const make = (seed: number) =>
    last(maximizeActivation(opened, "scores", [0, 1, 2, 3], { seed, starts: 2, steps: 40 }));
  const [first, again, other] = [await make(1), await make(1), await make(2)];
  for (const { unit, value } of first.made) expect(value).toBeGreaterThan(2 * patches.scores[unit][0].value);
  expect(again.made).toEqual(first.made);
  expect(other.made[0].image).not.toEqual(first.made[0].image);
  await opened.close();
});

test("a unit that cannot be excited is told by its value: its picture wandered", async () => {
  const biases = float32(new Float32Array(12).fill(-1000), [12]);
  const opened = await openNetwork(cpu.engine, {
    ...model,
    parameters: new Map([...parameters, ["conv1/biases", biases]]),
  });
  const { made } = await last(maximizeActivation(opened, "relu1", [2], { steps: 5 }));
  expect(made[0].value).toBe(0);
  expect(made[0].image.data.every(Number.isFinite)).toBe(true);
  await opened.close();
});

test("an early layer has kept the picture, and a silent one nothing", async () => {
  const opened = await openNetwork(cpu.engine, model);
  const images = await samplesBatch(samples, [1, 4]);
  const { made } = await last(invertFeatures(opened, images, "relu1", { variation: 0, steps: 300 }));
  for (const [i, { image, distance }] of made.entries()) {
    expect(correlation(image.data, images.data.subarray(i * one, (i + 1) * one))).toBeGreaterThan(0.98);
    expect(distance).toBeLessThan(0.05);
  }
  const smooth = await last(invertFeatures(opened, images, "relu1", { variation: 1, steps: 100 }));
  const roughness = (data: Float32Array) => totalVariation(float32(data, [1, 3, 12, 10])).sums[0];
  expect(roughness(smooth.made[0].image.data)).toBeLessThan(0.7 * roughness(made[0].image.data));
  await opened.close();
  const biases = float32(new Float32Array(12).fill(-1000), [12]);
  const silent = await openNetwork(cpu.engine, {
    ...model,
    parameters: new Map([...parameters, ["conv1/biases", biases]]),
  });
  await expect(last(invertFeatures(silent, images, "relu1"))).rejects.toThrow("'relu1' is silent for picture 0");
  await silent.close();
});

test("work ends when it is asked to, and what was wrong is told", async () => {
  const opened = await opening;
  const signal = AbortSignal.abort(new Error("enough"));
  const images = await samplesBatch(samples, [1]);
  await expect(last(strongestPatches(opened, samples, ["conv1"], { signal }))).rejects.toThrow("enough");
  await expect(last(maximizeActivation(opened, "conv1", [0], { signal }))).rejects.toThrow("enough");
  await expect(last(invertFeatures(opened, images, "conv1", { signal }))).rejects.toThrow("enough");
  await expect(last(strongestPatches(opened, samples, ["conv4"]))).rejects.toThrow("has no layer 'conv4'");
  await expect(last(maximizeActivation(opened, "conv1", [12]))).rejects.toThrow(/11.*12/);
});

test("pictures are blurred, moved, and measured by what lies between neighbours", () => {
  const spot = float32(new Float32Array(25).fill(0).with(12, 1), [1, 1, 5, 5]);
  const soft = blurred(spot, 0.6).data;
  const w = [1, Math.exp(-1 / 0.72), Math.exp(-4 / 0.72)];
  const sum = w[0] + 2 * w[1] + 2 * w[2];
  expect(soft[12]).toBeCloseTo((w[0] / sum) ** 2, 6);
  expect(soft[13]).toBeCloseTo((w[0] * w[1]) / sum ** 2, 6);
  expect(soft[7]).toBeCloseTo(soft[13], 6);
  expect(blurred(float32(new Float32Array(6).fill(3), [1, 1, 2, 3]), 2).data.every((v) => Math.abs(v - 3) < 1e-5)).toBe(
    true,
  );
  const grid = float32([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]);
  expect([...shifted(grid, 1, -1).data]).toEqual([5, 6, 4, 2, 3, 1]);
  expect([...shifted(shifted(grid, -3, 4), 3, -4).data]).toEqual([...grid.data]);
  // to the right 1, 1, 1, 1; down three times 3²
  expect(totalVariation(grid).sums[0]).toBe(4 + 27);
  const two = totalVariation(float32([0, 2, 5, 5], [2, 1, 1, 2]));
  expect([...two.sums]).toEqual([4, 0]);
  expect([...two.slopes.data]).toEqual([-4, 4, 0, 0]);
});
