import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, test } from "vitest";
import { cpu, describeDevices, expectClose } from "../../../test/devices.js";
import { fixture, image, model } from "../../../test/support/explained-network.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { float32, zeros } from "../../graph/tensor.js";
import { sequential } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { initialize } from "../../training/step/initialize.js";
import { integratedGradients, saliency } from "../attribution/by-gradient.js";
import { METHOD_NAMES } from "../attribution/methods.js";
import { activations, openNetwork } from "../opened.js";
import { evidenceShare } from "./evidence-share.js";
import { explain } from "./explain.js";
import { imputed } from "./imputation.js";
import { cascadingRandomization, rankCorrelation } from "./randomization.js";
import { deletion, insertion, road } from "./removal.js";

interface Fixture {
  readonly imputed: readonly { readonly isGone: number[]; readonly picture: number[] }[];
  readonly evidence: number[];
  readonly shares: number[];
  readonly mostFirst: number[];
  readonly leastFirst: number[];
  readonly ranked: readonly [number[], number[]];
  readonly correlation: number;
}
const url = new URL("../../../test/fixtures/faithfulness.json", import.meta.url);
const given: Fixture = JSON.parse(await readFile(url, "utf8"));
const { size, class: asked } = fixture;
const map = float32(given.evidence, [1, 1, size, size]);

const opened = await openNetwork(cpu.engine, model, { together: 8 });
afterAll(() => opened.close());

/** The probability of the class that is asked for, computed directly. */
async function probability(data: ArrayLike<number>): Promise<number> {
  const { probabilities } = await activations(opened, float32(data, image.shape), ["probabilities"]);
  return probabilities.data[asked];
}

describe("what is filled in", () => {
  test.each(given.imputed)("is what pytorch-grad-cam's ROAD fills in", ({ isGone, picture }) => {
    expectClose(imputed(image, Uint8Array.from(isGone)), { shape: image.shape, data: picture }, 1e-5, "picture");
  });

  test("has noise of the deviation that is asked for, only where something is gone", () => {
    const grey = zeros("float32", [1, 1, 100, 100]);
    const isGone = Uint8Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    const { data } = imputed(grey, isGone, { noise: 3, random: stream(1, "test") });
    expect(data.every((value, i) => (value !== 0) === (i % 2 === 0))).toBe(true);
    const variance = data.reduce((sum, value) => sum + value * value, 0) / 5000;
    expect(Math.sqrt(variance)).toBeCloseTo(3, 0);
  });

  test("is the mean where nothing is left, and nothing where nothing is gone", () => {
    const picture = float32([1, 3, 10, 30], [1, 2, 1, 2]);
    expect([...imputed(picture, Uint8Array.of(1, 1)).data]).toEqual([2, 2, 20, 20]);
    expect([...imputed(picture, Uint8Array.of(0, 0)).data]).toEqual([1, 3, 10, 30]);
  });
});

describeDevices("taking pixels away", ({ engine, tolerance }) => {
  test("and filling them in says what pytorch-grad-cam's ROAD says", async () => {
    const own = await openNetwork(engine, model);
    const { mostFirst, leastFirst, score } = await road(own, image, asked, map, { shares: given.shares, noise: 0 });
    const shape = [given.shares.length];
    expectClose(float32(mostFirst.values, shape), { shape, data: given.mostFirst }, 10 * tolerance, "most first");
    expectClose(float32(leastFirst.values, shape), { shape, data: given.leastFirst }, 10 * tolerance, "least first");
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(score).toBeCloseTo((mean(given.leastFirst) - mean(given.mostFirst)) / 2, 3);
    await own.close();
  });
});

describe("deletion and insertion", () => {
  const baseline = Float32Array.from(image.data, (_, i) => i % 200);

  test("are direct runs with the pixels of most evidence exchanged", async () => {
    const { shares, values, area } = await deletion(opened, image, asked, map, { baseline, steps: 4 });
    expect(shares).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const pixels = size * size;
    for (const [k, share] of shares.entries()) {
      // the map has the numbers 0 … 143 of 144, each once
      const isGone = (i: number) => given.evidence[i % pixels] * pixels >= pixels * (1 - share) - 0.5;
      const data = Array.from(image.data, (value, i) => (isGone(i) ? baseline[i] : value));
      expect(values[k]).toBeCloseTo(await probability(data), 5);
    }
    const [a, b, c, d, e] = values;
    expect(area).toBeCloseTo((a / 2 + b + c + d + e / 2) / 4, 6);
    const back = await insertion(opened, image, asked, map, { baseline, steps: 4 });
    expect(back.values[0]).toBeCloseTo(e, 6);
    expect(back.values[4]).toBeCloseTo(a, 6);
  });

  test("of the map turned round mirror each other", async () => {
    const turned = float32(
      map.data.map((value) => -value),
      map.shape,
    );
    const gone = await deletion(opened, image, asked, map, { baseline, steps: 6 });
    const come = await insertion(opened, image, asked, turned, { baseline, steps: 6 });
    for (const [k, value] of come.values.entries()) expect(value).toBeCloseTo(gone.values[6 - k], 5);
  });

  test("look at the score itself where that is asked, and stop", async () => {
    const weights = float32([0, 0, 1, 0], [1, 4, 1, 1]);
    const { values } = await deletion(opened, image, { layer: "scores", weights }, map, { steps: 2 });
    expect(values[0]).toBeCloseTo(fixture.scores[2], 4);
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(insertion(opened, image, asked, map, { signal: controller.signal })).rejects.toThrow("enough");
  });

  test("refuse several pictures, and maps of no numbers", async () => {
    const two = float32([...image.data, ...image.data], [2, 3, size, size]);
    await expect(deletion(opened, two, asked, map)).rejects.toThrow("Expected one picture");
    const broken = float32(
      map.data.map((value, i) => (i === 3 ? Number.NaN : value)),
      map.shape,
    );
    await expect(road(opened, image, asked, broken)).rejects.toThrow("Expected a map of finite numbers.");
  });
});

test("all methods explain a picture, each with its figures; what cannot be says why", async () => {
  const { explanations, refused } = await explain(opened, image, asked);
  expect(refused).toEqual([]);
  expect(explanations.map(({ method }) => method)).toEqual(METHOD_NAMES);
  for (const { map: found, deletion: gone, insertion: come } of explanations) {
    expect(found.shape.slice(0, 2)).toEqual([1, 1]);
    expect(gone.values[0]).toBeCloseTo(come.values[20], 5);
  }
  const { completeness } = await integratedGradients(opened, image, asked);
  const found = explanations.flatMap((one) => one.completeness ?? []);
  expect(found).toHaveLength(1);
  expect(found[0].sum).toBeCloseTo(completeness[0].sum, 5);
  expect(found[0].change).toBeCloseTo(completeness[0].change, 5);
  const flat = sequential("flat", { channels: 1, height: 4, width: 4 }, [conv(4, 3), softmaxLogLoss()]);
  const none = { ...model, network: flat, parameters: initialize(flat, 1), classes: ["a", "b", "c"] };
  const other = await openNetwork(cpu.engine, { ...none, normalization: { mean: [100], scale: 0.01 } });
  const small = float32(
    Float32Array.from({ length: 16 }, (_, i) => 10 * i),
    [1, 1, 4, 4],
  );
  const said = await explain(other, small, 1, { methods: ["saliency", "gradCam"] });
  expect(said.explanations.map(({ method }) => method)).toEqual(["saliency"]);
  expect(said.refused).toEqual([
    { method: "gradCam", reason: "'flat' has no layer with places before its scores: there is nowhere to look." },
  ]);
  await other.close();
});

describe("random weights", () => {
  test("change the maps of a method that explains the network, layer by layer from the scores", async () => {
    const steps = await cascadingRandomization(cpu.engine, model, image, async (o, x) => ({
      saliency: await saliency(o, x, asked),
    }));
    expect(steps.map(({ layer }) => layer)).toEqual(["classes", "conv2", "conv1"]);
    expect(steps[2].correlations.saliency).toBeLessThan(0.6);
  });

  test("change nothing in what shows the picture alone, and all that is looked at are evenly chosen", async () => {
    const told: number[] = [];
    const edges = async () => ({ edges: float32(image.data.slice(0, size * size), [1, 1, size, size]) });
    const onProgress = (done: number, total: number) => told.push(done, total);
    const steps = await cascadingRandomization(cpu.engine, model, image, edges, { steps: 2, onProgress });
    expect(steps).toEqual([
      { layer: "classes", correlations: { edges: expect.closeTo(1, 6) } },
      { layer: "conv1", correlations: { edges: expect.closeTo(1, 6) } },
    ]);
    expect(told).toEqual([1, 2, 2, 2]);
  });

  test("are compared by ranks, as SciPy does", () => {
    expect(rankCorrelation(...given.ranked)).toBeCloseTo(given.correlation, 8);
    expect(rankCorrelation([1, 2, 3], [-1, -20, -300])).toBeCloseTo(-1, 12);
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBe(0);
    expect(() => rankCorrelation([1, 2], [1, 2, 3])).toThrow("as many numbers of both, got 2 and 3");
  });
});

test("the share of the evidence in a box counts what speaks for the class alone", () => {
  const evidence = float32([1, 2, -7, 3, 0, 4], [1, 1, 2, 3]);
  const picture = { width: 3, height: 2 };
  expect(evidenceShare(evidence, { x: 0, y: 0, width: 2, height: 2 }, picture)).toBeCloseTo(0.6, 6);
  // channels are added: 1 + 1, 2 − 3
  const two = float32([1, 2, 1, -3], [1, 2, 1, 2]);
  expect(evidenceShare(two, { x: 0, y: 0, width: 1, height: 1 }, { width: 2, height: 1 })).toBe(1);
  expect(evidenceShare(zeros("float32", [1, 1, 2, 2]), { x: 0, y: 0, width: 1, height: 1 }, picture)).toBe(0);
});
