/** Losses beside the battery: what they have to do with each other, numbers out of range, options. */

import { describe, expect, test } from "vitest";
import { describeDevices, expectClose, runOn, type TestDevice } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import type { Values } from "../../engine/engine.js";
import { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32, int64 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { softmax } from "../activation/activation.js";
import { FOR_USE } from "../block.js";
import { blockOf } from "../layer.js";
import { binaryError, binaryLogLoss, hingeLoss, logisticLoss } from "./attribute-losses.js";
import {
  classError,
  logLoss,
  multiclassHingeLoss,
  softmaxLogLoss,
  structuredHingeLoss,
  topKError,
} from "./class-losses.js";
import { buildLoss, type Loss, statisticsOfLoss } from "./loss.js";
import { huberLoss, l1Loss, l2Loss, softmaxCrossEntropyLoss } from "./value-losses.js";

/** The losses of images, and their derivatives, weighed. */
async function evaluated(
  device: TestDevice,
  loss: Loss,
  scores: Tensor<"float32">,
  target: Tensor,
  weights: readonly number[],
  before?: (g: GraphBuilder, x: string) => string,
): Promise<Values> {
  const g = new GraphBuilder(loss.loss);
  const x = g.input("x", "float32", scores.shape);
  const t = g.input("t", target.type, target.shape);
  const losses = buildLoss(g, loss, before ? before(g, x) : x, t);
  const weighed = g.op("Mul", [losses, g.input("weights", "float32", [weights.length, 1, 1, 1])]);
  g.output("y", losses);
  g.output("dx", gradients(g, g.op("ReduceSum", [weighed], { keepdims: 0 }), [x]).get(x) ?? "");
  return runOn(device, g.build(), { x: scores, t: target, weights: float32(weights, [weights.length, 1, 1, 1]) });
}

const random = (...shape: readonly number[]): Tensor<"float32"> => {
  const draw = stream(1, "loss");
  return float32(
    Array.from({ length: elementCount(shape) }, () => 2 * draw.normal()),
    shape,
  );
};

const asProbabilities = (g: GraphBuilder, x: string): string =>
  blockOf(softmax()).build(g, softmax(), [x], {}, FOR_USE);

describeDevices("losses", (device) => {
  test("the softmax log-loss is the log-loss after a softmax, in value and derivative", async () => {
    const scores = random(3, 4, 2, 2);
    const labels = int64([0, 1, 2, 3, 3, -1, 2, 1, 0, 0, -5, 2], [3, 1, 2, 2]);
    const options = { classWeights: [1, 0.5, 2, 0], ignoredLabel: 3 };
    const weights = [1, 0.5, 2];
    const one = await evaluated(device, softmaxLogLoss(options), scores, labels, weights);
    const two = await evaluated(device, logLoss(options), scores, labels, weights, asProbabilities);
    expectClose(one.y, { ...two.y, data: Array.from(two.y.data, Number) }, device.tolerance, "y");
    expectClose(one.dx, { ...two.dx, data: Array.from(two.dx.data, Number) }, device.tolerance, "dx");
  });

  test("shares of which one class has all are its label, with class weights and label smoothing too", async () => {
    const scores = random(3, 4, 1, 1);
    const options = { classWeights: [1, 0.5, 2, 0], labelSmoothing: 0.2 };
    const onehot = float32([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1], [3, 4, 1, 1]);
    const one = await evaluated(
      device,
      softmaxCrossEntropyLoss({ target: "shares", ...options }),
      scores,
      onehot,
      [1, 2, 3],
    );
    const two = await evaluated(device, softmaxLogLoss(options), scores, int64([2, 0, 3]), [1, 2, 3]);
    for (const name of ["y", "dx"]) {
      expectClose(one[name], { ...two[name], data: Array.from(two[name].data, Number) }, device.tolerance, name);
    }
  });

  // PyTorch 2.13, float64: F.binary_cross_entropy(torch.sigmoid(x), [1, 1, 1, 0, 0]), summed.
  test("a confidently wrong probability has a slope", async () => {
    const scores = float32([-15, -20, -25, 10, 3], [1, 5, 1, 1]);
    const target = float32([1, 1, 1, -1, -1], [1, 5, 1, 1]);
    const before = (g: GraphBuilder, x: string): string => g.op("Sigmoid", [x]);
    const { y, dx } = await evaluated(device, binaryLogLoss({ target: "signs" }), scores, target, [1], before);
    expectClose(y, { shape: [1, 1, 1, 1], data: [73.04863306] }, 1e-5, "y");
    const slopes = [-0.999999694, -0.999999998, -1, 0.999954602, 0.952574127];
    expectClose(dx, { shape: [1, 5, 1, 1], data: slopes }, 1e-3, "dx");
  });

  const through =
    (operator: "Sigmoid" | "Softmax") =>
    (g: GraphBuilder, x: string): string =>
      g.op(operator, [x], operator === "Softmax" ? { axis: 1 } : {});

  // PyTorch 2.13, float64: F.nll_loss(F.log_softmax(x, 1), [1]), summed.
  test("a probability that a softmax has made 0 has the slope of its score", async () => {
    const scores = float32([0, -28, 0, -35, 0, -50, 0, -1000], [4, 2, 1, 1]);
    const { y, dx } = await evaluated(device, logLoss(), scores, int64([1, 1, 1, 1]), [1, 1, 1, 1], through("Softmax"));
    expectClose(y, { shape: [4, 1, 1, 1], data: [28, 35, 50, 1000] }, 1e-6, "y");
    expectClose(dx, { shape: [4, 2, 1, 1], data: [1, -1, 1, -1, 1, -1, 1, -1] }, 1e-6, "dx");
  });

  // PyTorch 2.13, float64: F.softplus(−c·x), summed.
  test("a probability that a sigmoid has made 0 or 1 has the slope of its score", async () => {
    const scores = float32([18, 20, 50, 100, 1000, -50, -100, -1000, -18, 50], [1, 10, 1, 1]);
    const signs = float32([-1, -1, -1, -1, -1, 1, 1, 1, -1, 1], [1, 10, 1, 1]);
    const found = await evaluated(device, binaryLogLoss({ target: "signs" }), scores, signs, [1], through("Sigmoid"));
    expectClose(found.y, { shape: [1, 1, 1, 1], data: [2338] }, 1e-6, "y");
    const slopes = [1, 1, 1, 1, 1, -1, -1, -1, 1.52299795e-8, 0];
    expectClose(found.dx, { shape: [1, 10, 1, 1], data: slopes }, 1e-6, "dx");
    expect(Number(found.dx.data[8]) / 1.52299795e-8).toBeCloseTo(1, 4);
    const one = await evaluated(
      device,
      logLoss(),
      float32([3, -100], [1, 2, 1, 1]),
      int64([1]),
      [1],
      through("Sigmoid"),
    );
    expectClose(one.dx, { shape: [1, 2, 1, 1], data: [0, -1] }, 1e-6, "dx");
  });

  // PyTorch 2.13, float64: ln p by log_softmax, ln(1 − p) by logsumexp of the others less that of all, summed.
  test("the attributes of a softmax have the slopes of its scores", async () => {
    const scores = float32([40, 0, 1, 0, 60, -60, 1, 2, 0.5], [3, 3, 1, 1]);
    const signs = float32([-1, -1, 1, 1, -1, 1, -1, -1, 1], [3, 3, 1, 1]);
    const loss = binaryLogLoss({ target: "signs" });
    const { y, dx } = await evaluated(device, loss, scores, signs, [1, 1, 1], through("Softmax"));
    expectClose(y, { shape: [3, 1, 1, 1], data: [77.6867383, 240, 3.21761609] }, 1e-6, "y");
    const slopes = [2, -0.268941421, -1.73105858, -2, 3, -1, 0.0712123617, 1.06802068, -1.13923304];
    expectClose(dx, { shape: [3, 3, 1, 1], data: slopes }, 1e-6, "dx");
  });

  // PyTorch 2.13, float64: F.huber_loss, summed. Each slope has all its digits, however small beside δ.
  test.each([
    [1000, [1e-3, 1e-5, -1e-5, 999, 1001, -5000], [1e-3, 1e-5, -1e-5, 999, 1000, -1000], 5500000.5],
    [1e-3, [1e-5, 1e-3, 2e-3, -1], [1e-5, 1e-3, 1e-3, -1e-3], 1.00150005e-3],
    [1e6, [0.02, 0.1, 1, -2e6], [0.02, 0.1, 1, -1e6], 1.5e12],
  ])("Huber's loss with δ = %d", async (delta, distances, slopes, sum) => {
    const scores = float32(distances, [1, distances.length, 1, 1]);
    const goal = float32(new Float32Array(distances.length), scores.shape);
    const { y, dx } = await evaluated(device, huberLoss(delta, { target: "values" }), scores, goal, [1]);
    expect(Number(y.data[0]) / sum).toBeCloseTo(1, 6);
    for (const [i, slope] of slopes.entries()) expect(Number(dx.data[i]) / slope).toBeCloseTo(1, 6);
  });

  // PyTorch 2.13: log_softmax is 0, −inf and −3e38; 0 at label 0, with a slope of 0.
  test("scores of ±3·10³⁸", async () => {
    const scores = float32([3e38, -3e38, 0], [1, 3, 1, 1]);
    const { y, dx } = await evaluated(device, softmaxLogLoss(), scores, int64([0]), [1]);
    expect([...y.data, ...dx.data].map(Number).map(Math.abs)).toEqual([0, 0, 0, 0]);
    const signs = float32([1, -1, 1], [1, 3, 1, 1]);
    const one = await evaluated(device, logisticLoss({ target: "signs" }), scores, signs, [1]);
    expectClose(one.y, { shape: [1, 1, 1, 1], data: [Math.LN2] }, 1e-6, "y");
    expectClose(one.dx, { shape: [1, 3, 1, 1], data: [0, 0, -0.5] }, 1e-6, "dx");
    for (const it of [
      await evaluated(device, logLoss(), scores, int64([1]), [1]),
      await evaluated(device, binaryLogLoss({ target: "signs" }), scores, signs, [1]),
    ]) {
      expect([...it.y.data, ...it.dx.data].map(Number).some(Number.isNaN)).toBe(false);
    }
  });

  const labels = int64([2, 0, 1]);
  const signs = float32([1, -1, 0, -1, 1, 1, 0, 0, -1], [3, 3, 1, 1]);
  const shares = float32([0, 1, 0, 0.5, 0.25, 0.25, 0, 0, 1], [3, 3, 1, 1]);
  test.each<[Loss, Tensor]>([
    [softmaxLogLoss({ labelSmoothing: 0.1 }), labels],
    [logLoss(), labels],
    [multiclassHingeLoss(), labels],
    [structuredHingeLoss(), labels],
    [classError(), labels],
    [topKError(2), labels],
    [logisticLoss({ target: "signs" }), signs],
    [logisticLoss(), labels],
    [binaryLogLoss({ target: "signs" }), signs],
    [hingeLoss({ target: "signs" }), signs],
    [binaryError(0, { target: "signs" }), signs],
    [l1Loss({ target: "values" }), signs],
    [l2Loss({ target: "values" }), signs],
    [huberLoss(0.5, { target: "values" }), signs],
    [softmaxCrossEntropyLoss({ target: "shares" }), shares],
  ])(
    "%o: images of weight 0 have no derivative, and scores of 0, ±1 and ±1000 none that is no number",
    async (loss, target) => {
      // Probabilities are never beyond 0 and 1.
      const most = loss.loss === "log" || loss.loss === "binaryLog" ? 1 : 1000;
      const least = most === 1 ? 0 : -1000;
      const scores = float32([most, least, 0, 0, 1, most, least, 1, most], [3, 3, 1, 1]);
      const { y, dx } = await evaluated(device, loss, scores, target, [1, 0, 0]);
      expect(Array.from(y.data, Number).every(Number.isFinite), `${y.data}`).toBe(true);
      expect(Array.from(dx.data, Number).every(Number.isFinite), `${dx.data}`).toBe(true);
      expect(Array.from(dx.data.slice(3), Number).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    },
  );
});

describeDevices("the share of wrong pixels", (device) => {
  const errorsOf = async (loss: Loss, scores: Tensor<"float32">, target: Tensor): Promise<number[][]> => {
    const g = new GraphBuilder("errors");
    const inputs = [g.input("x", "float32", scores.shape), g.input("t", target.type, target.shape)] as const;
    const statistics = statisticsOfLoss(loss);
    expect(statistics.map(({ metric }) => metric.name)).toEqual(["top1Error", "top5Error"]);
    for (const { metric, build } of statistics) g.output(metric.name, build(g, ...inputs));
    const found = await runOn(device, g.build(), { x: scores, t: target });
    expect(found.top1Error.shape).toEqual([scores.shape[0], 1, 1, 1]);
    return [found.top1Error, found.top5Error].map(({ data }) => Array.from(data, Number));
  };
  /** Pixels with the scores 6, 5, 4, 3, 2, 1. */
  const falling = (images: number, pixels: number): Tensor<"float32"> =>
    float32(
      Array.from({ length: images * 6 * pixels }, (_, k) => 6 - (Math.floor(k / pixels) % 6)),
      [images, 6, 1, pixels],
    );

  test("of classes: the best, and the five best", async () => {
    const found = await errorsOf(softmaxLogLoss(), falling(4, 1), int64([0, 1, 5, -1]));
    expect(found).toEqual([
      [0, 1, 1, 0],
      [0, 0, 1, 0],
    ]);
  });

  test("of the pixels that count; each as much as the others, whatever the weight of its class", async () => {
    const loss = softmaxLogLoss({ ignoredLabel: 4, classWeights: [1, 2, 3, 4, 5, 6] });
    const labels = int64([0, 1, 5, -1, 0, 4, 4, 4], [2, 1, 1, 4]);
    const [top1, top5] = await errorsOf(loss, falling(2, 4), labels);
    expect(top1[0]).toBeCloseTo(2 / 3, 5);
    expect(top5[0]).toBeCloseTo(1 / 3, 5);
    expect([top1[1], top5[1]]).toEqual([0, 0]);
  });

  test("with one label for all pixels", async () => {
    expect((await errorsOf(hingeLoss(), falling(2, 3), int64([0, 2])))[0]).toEqual([0, 1]);
  });

  test.each<[string, Loss, readonly number[], readonly number[]]>([
    ["a score: its sign", logisticLoss(), [-1, 0.2, 0.7, 3], [0, 0, 1, 0]],
    ["a probability: one half", binaryLogLoss(), [0.1, 0.2, 0.7, 0.9], [0, 1, 1, 0]],
    ["an error with a threshold", binaryError(0.5), [-1, 0.2, 0.7, 3], [0, 1, 1, 0]],
    ["a value: half of one", l2Loss(), [-1, 0.6, 0.2, 1.4], [1, 0, 0, 0]],
  ])("of one channel, %s", async (_, loss, scores, wrong) => {
    const [top1, top5] = await errorsOf(loss, float32(scores, [4, 1, 1, 1]), int64([0, 1, 0, 1]));
    expect(top1).toEqual(wrong);
    expect(top5).toEqual([0, 0, 0, 0]);
  });

  test("of one channel, of the pixels that count", async () => {
    const labels = int64([0, 1, 1, -1, -1, -1, -1, -1], [2, 1, 1, 4]);
    const [top1] = await errorsOf(logisticLoss(), float32([1, 1, -1, 1, 1, 1, 1, 1], [2, 1, 1, 4]), labels);
    expect(top1[0]).toBeCloseTo(2 / 3, 5);
    expect(top1[1]).toBe(0);
  });

  test("of one class: none", async () => {
    expect(await errorsOf(softmaxLogLoss(), float32([-3, 3], [2, 1, 1, 1]), int64([0, 0]))).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe("what is out of range is refused", () => {
  test.each<[string, () => Loss]>([
    ["weight: expected a number of at least 0, got -1.", () => l2Loss({ weight: -1 })],
    ["weight: expected a number of at least 0, got NaN.", () => softmaxLogLoss({ weight: Number.NaN })],
    ["weight: expected 0 (a classError has no slope), got 1.", () => classError({ weight: 1 })],
    [
      "labelSmoothing: expected a number of at least 0 and below 1, got 1.",
      () => softmaxLogLoss({ labelSmoothing: 1 }),
    ],
    ["classWeights[1]: expected a number of at least 0, got -2.", () => logLoss({ classWeights: [1, -2] })],
    ["ignoredLabel: expected a whole number, got 1.5.", () => logLoss({ ignoredLabel: 1.5 })],
    ["topK: expected a whole number of at least 1, got 0.", () => topKError(0)],
    ["threshold: expected a finite number, got Infinity.", () => binaryError(Number.POSITIVE_INFINITY)],
    ["delta: expected a number above 0, got 0.", () => huberLoss(0)],
  ])("%s", (message, make) => {
    expect(make).toThrow(new RangeError(`Invalid value for ${message}`));
  });
});
