import { afterAll, describe, expect, test } from "vitest";
import { cpu, describeDevices, expectClose } from "../../../test/devices.js";
import { fixture, image, model, type Numbers, parameters } from "../../../test/support/explained-network.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { sequential } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { gradient } from "../gradient.js";
import { activations, type Opened, openNetwork } from "../opened.js";
import { correlation } from "../statistics.js";
import {
  deconvolution,
  gaussLegendre,
  guidedBackpropagation,
  inputTimesGradient,
  integratedGradients,
  saliency,
  smoothGrad,
} from "./by-gradient.js";
import { occlusion, rise } from "./by-hiding.js";
import { classActivationMap, evidenceLayer, gradCam, gradCamPlusPlus, layerCam, scoreCam } from "./class-activation.js";
import { enlarge, perPixel } from "./maps.js";

const { size, mean, scale, class: asked } = fixture;

/** Derivatives of the fixture are by the numbers that the network takes, ours by bytes. */
const perByte = ({ shape, data }: Numbers): Numbers => ({ shape, data: data.map((value) => value * scale) });
const onePlane = ({ shape: [, height, width], data }: Numbers): Numbers => ({ shape: [1, 1, height, width], data });

describeDevices("what is said of a network", ({ engine, tolerance }) => {
  const opening = openNetwork(engine, model);
  afterAll(async () => (await opening).close());
  const { cases } = fixture;
  const asCaptum: Record<string, (opened: Opened) => Promise<readonly [Tensor<"float32">, Numbers]>> = {
    saliency: async (o) => [await saliency(o, image, asked), perByte(cases.saliency)],
    inputTimesGradient: async (o) => [await inputTimesGradient(o, image, asked), cases.inputTimesGradient],
    integratedGradients: async (o) => [(await integratedGradients(o, image, asked)).maps, cases.integratedGradients],
    guidedBackpropagation: async (o) => [
      await guidedBackpropagation(o, image, asked),
      perByte(cases.guidedBackpropagation),
    ],
    deconvolution: async (o) => [await deconvolution(o, image, asked), perByte(cases.deconvolution)],
    occlusion: async (o) => [await occlusion(o, image, asked, { window: 5, stride: 3 }), cases.occlusion],
  };
  test.each(Object.entries(asCaptum))("agrees with Captum: %s", async (name, made) => {
    const [maps, expected] = await made(await opening);
    expectClose(maps, expected, 4 * tolerance, name);
  });
  const asGradCam: Record<string, (opened: Opened) => Promise<Tensor<"float32">>> = {
    gradCam: (o) => gradCam(o, image, asked),
    gradCamPlusPlus: (o) => gradCamPlusPlus(o, image, asked),
    layerCam: (o) => layerCam(o, image, asked, { layer: "relu1" }),
    scoreCam: (o) => scoreCam(o, image, asked),
  };
  test.each(Object.entries(asGradCam))("agrees with pytorch-grad-cam: %s", async (name, made) => {
    expectClose(await made(await opening), onePlane(cases[name]), 10 * tolerance, name);
  });
});

const opened = await openNetwork(cpu.engine, model, { together: 8 });
afterAll(() => opened.close());

test("the network is the one of the fixture", async () => {
  const { scores } = await activations(opened, image, ["scores"]);
  expectClose(scores, { shape: [1, 4, 1, 1], data: fixture.scores }, 1e-5, "scores");
});

describe("by derivatives", () => {
  test("smoothed ones are the mean of those on noisy pictures", async () => {
    const maps = await smoothGrad(opened, image, asked, { samples: 2, deviation: 0.1, seed: 5 });
    const range = Math.max(...image.data) - Math.min(...image.data);
    const each = await Promise.all(
      [0, 1].map(async (sample) => {
        const { normal } = stream(5, "smoothGrad", 0, sample);
        const noisy = image.data.map((value) => value + 0.1 * range * normal());
        return (await gradient(opened, float32(noisy, image.shape), { of: asked })).gradients.image.data;
      }),
    );
    expectClose(maps, { shape: image.shape, data: each[0].map((v, i) => (v + each[1][i]) / 2) }, 1e-6, "mean");
    const none = await smoothGrad(opened, image, asked, { samples: 1, deviation: 0 });
    const plain = await saliency(opened, image, asked);
    expectClose(float32(none.data.map(Math.abs), none.shape), plain, 1e-6, "without noise");
  });

  test("the integral is complete: its sum is the change of the score, of each picture and class", async () => {
    const two = float32([...image.data, ...image.data.map((v) => 255 - v)], [2, 3, size, size]);
    const { completeness } = await integratedGradients(opened, two, [asked, 0], { steps: 200 });
    const { scores } = await activations(opened, two, ["scores"]);
    const empty = float32(
      Array.from({ length: 3 * size * size }, (_, i) => mean[Math.floor(i / size / size)]),
      [1, 3, size, size],
    );
    const { scores: nothing } = await activations(opened, empty, ["scores"]);
    for (const [n, { sum, change }] of completeness.entries()) {
      const k = n === 0 ? asked : 0;
      expect(change).toBeCloseTo(scores.data[4 * n + k] - nothing.data[k], 5);
      expect(Math.abs(sum - change)).toBeLessThan(0.01 * Math.abs(change) + 1e-3);
    }
  });

  test("a quadrature of n places is exact for polynomials of degree 2n − 1", () => {
    const rule = gaussLegendre(3);
    for (let degree = 0; degree <= 5; degree++) {
      expect(rule.reduce((sum, { at, weight }) => sum + weight * at ** degree, 0)).toBeCloseTo(1 / (degree + 1), 12);
    }
  });

  test("one that is zero everywhere is an error with its reason, not a grey picture", async () => {
    const closed = new Map(parameters).set("conv2/biases", float32(new Float32Array(6).fill(-1e4), [6]));
    const silent = await openNetwork(cpu.engine, { ...model, parameters: closed });
    await expect(saliency(silent, image, asked)).rejects.toThrow(
      "'fixture': what is explained does not change with the picture: every derivative is zero, as where a rectifier before it is closed everywhere",
    );
    await expect(gradCam(silent, image, asked, { layer: "conv1" })).rejects.toThrow("does not change with 'conv1'");
    await expect(smoothGrad(silent, image, asked, { samples: 1 })).rejects.toThrow("does not change with the picture");
    await expect(integratedGradients(silent, image, asked, { steps: 1 })).rejects.toThrow("every derivative is zero");
    await silent.close();
  });
});

test("refuses pictures to compare with that do not fit, and counts that leave nothing", async () => {
  await expect(inputTimesGradient(opened, image, asked, { baseline: [0, 1, 2] })).rejects.toThrow(
    "Expected a baseline of 432 numbers, C×H×W, got 3.",
  );
  const baseline = new Float32Array(432).fill(Number.NaN);
  await expect(occlusion(opened, image, asked, { baseline })).rejects.toThrow("a baseline of finite numbers");
  await expect(integratedGradients(opened, image, asked, { steps: 0 })).rejects.toThrow("for steps");
  await expect(smoothGrad(opened, image, asked, { samples: 0 })).rejects.toThrow("for samples");
  await expect(rise(opened, image, asked, { masks: 0 })).rejects.toThrow("for masks");
  await expect(rise(opened, image, asked, { seen: 0 })).rejects.toThrow("for seen");
});

describe("class activation maps", () => {
  test("look at the last layer with places, unless another is named", async () => {
    expect(evidenceLayer(opened)).toBe("relu2");
    expect((await gradCam(opened, image, asked, { layer: "pool1" })).shape).toEqual([1, 1, 6, 6]);
    await expect(gradCam(opened, image, asked, { layer: "relu3" })).rejects.toThrow("did you mean");
    const early = await openNetwork(cpu.engine, model, { mapLayer: "pool1" });
    expect(await gradCam(early, image, asked)).toEqual(await gradCam(opened, image, asked, { layer: "pool1" }));
    await expect(openNetwork(cpu.engine, model, { mapLayer: "scores" })).rejects.toThrow("has no places");
    const flat = sequential("flat", { channels: 1, height: 4, width: 4 }, [conv(4, 3), softmaxLogLoss()]);
    const grey = { mean: [0], scale: 1 };
    const none = await openNetwork(cpu.engine, { ...model, network: flat, parameters: new Map(), normalization: grey });
    expect(() => evidenceLayer(none)).toThrow("'flat' has no layer with places before its scores");
  });

  test("of a mean and a fully connected layer have the score as their mean, without the bias", async () => {
    const { data, shape } = await classActivationMap(opened, image, asked);
    const { scores } = await activations(opened, image, ["scores"]);
    const bias = parameters.get("classes/biases")?.data[asked] ?? 0;
    expect(data.reduce((a, b) => a + b, 0) / (shape[2] * shape[3])).toBeCloseTo(scores.data[asked] - bias, 4);
  });

  test("of two classes at once: what speaks for one and against the other", async () => {
    const weights = float32([0, 1, 0, -1], [1, 4, 1, 1]);
    const of = { layer: "scores", weights };
    const [one, other, both] = await Promise.all([1, 3, of].map((aim) => classActivationMap(opened, image, aim)));
    expectClose(both, { shape: one.shape, data: one.data.map((v, i) => v - other.data[i]) }, 1e-5, "difference");
  });
});

describe("hiding", () => {
  test("a window as large as the picture makes it the baseline: all pixels have the change of the score", async () => {
    const { data } = await occlusion(opened, image, asked, { window: size });
    const { scores } = await activations(opened, image, ["scores"]);
    const empty = float32(
      Array.from({ length: 3 * size * size }, (_, i) => mean[Math.floor(i / size / size)]),
      image.shape,
    );
    const { scores: nothing } = await activations(opened, empty, ["scores"]);
    const change = scores.data[asked] - nothing.data[asked];
    expectClose(
      float32(data, [size * size]),
      { shape: [size * size], data: Array(size * size).fill(change) },
      1e-5,
      "",
    );
  });

  test("tells how far it is, and stops when it is asked to", async () => {
    const told: number[] = [];
    await occlusion(opened, image, asked, {
      window: 3,
      stride: 3,
      onProgress: (done, total) => told.push(done, total),
    });
    expect(told).toEqual([8, 16, 16, 16]);
    const controller = new AbortController();
    const stopped = rise(opened, image, asked, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });

  test("refuses windows that cannot be, and several pictures", async () => {
    await expect(occlusion(opened, image, asked, { window: 13 })).rejects.toThrow(
      "Expected a window of 1 to 12 pixels, got 13.",
    );
    await expect(occlusion(opened, image, asked, { window: 3, stride: 4 })).rejects.toThrow(
      "Expected a stride of 1 to 3 pixels, got 4.",
    );
    const two = float32([...image.data, ...image.data], [2, 3, size, size]);
    await expect(rise(opened, two, asked)).rejects.toThrow("Expected one picture, 1×C×H×W, got 2×3×12×12.");
  });

  test("random masks find the same parts as squares, and are the same for a seed", async () => {
    const of = { masks: 600, cells: 4, seed: 2 };
    const map = await rise(opened, image, asked, of);
    expect((await rise(opened, image, asked, of)).data).toEqual(map.data);
    const squares = await occlusion(opened, image, asked, { window: 5, stride: 1 });
    expect(correlation(map.data, squares.data)).toBeGreaterThan(0.6);
  });
});

test("maps are brought to other sizes by middles or by corners, and channels to one number", () => {
  const map = float32([0, 4], [1, 1, 1, 2]);
  expect([...enlarge(map, { width: 4, height: 2 }).data]).toEqual([0, 1, 3, 4, 0, 1, 3, 4]);
  expect([...enlarge(map, { width: 5, height: 1 }, "corners").data]).toEqual([0, 1, 2, 3, 4]);
  const channels = float32([1, -2, -4, 5], [1, 2, 1, 2]);
  expect([...perPixel(channels, "sum").data]).toEqual([-3, 3]);
  expect([...perPixel(channels, "largest").data]).toEqual([4, 5]);
  expect([...perPixel(channels, "absolute").data]).toEqual([5, 7]);
});
