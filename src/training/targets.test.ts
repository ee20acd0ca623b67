import { describe, expect, test } from "vitest";
import { conv } from "../blocks/convolution/conv.js";
import { logisticLoss } from "../blocks/loss/attribute-losses.js";
import { softmaxLogLoss } from "../blocks/loss/class-losses.js";
import type { Loss } from "../blocks/loss/loss.js";
import { l2Loss } from "../blocks/loss/value-losses.js";
import type { SampleArray, Samples } from "../data/samples.js";
import { attributeTarget, boxTarget, classTarget, labelMapTarget, type Target, valueTarget } from "../data/target.js";
import { nodeEngine } from "../engine/node.js";
import { float32 } from "../graph/tensor.js";
import { sequential } from "../network/network.js";
import { evaluate } from "./evaluate.js";
import { expectSamples } from "./expect-samples.js";
import type { Statistics } from "./statistics/epoch-statistics.js";
import { evaluationGraph } from "./step/graphs.js";

/** Samples of so many pixels side by side. */
const samplesOf = (pictures: readonly (readonly number[])[], target: Target): Samples => ({
  count: pictures.length,
  shape: { channels: 1, height: 1, width: pictures[0].length },
  target,
  read: (index, _, into, offset) => into.set(pictures[index], offset),
});

/** The scores of a pixel x are x and 2x + 1. */
const networkOf = (width: number, loss: Loss) =>
  sequential("line", { channels: 1, height: 1, width }, [conv(1, 2), loss]);
const parameters = { "conv1/filters": float32([1, 2], [2, 1, 1, 1]), "conv1/biases": float32([0, 1], [2]) };

async function measured(samples: Samples, loss: Loss): Promise<Statistics | undefined> {
  const network = networkOf(samples.shape.width, loss);
  expectSamples(network, samples, "given");
  const program = await nodeEngine({ threads: 1 }).load(evaluationGraph(network, { mean: [0], scale: 1 }, 2));
  let found: Statistics | undefined;
  for await (const { statistics } of evaluate(program, parameters, samples, 2)) found = statistics;
  await program.close();
  return found;
}

/** ln(1 + exp(x)) */
const softplus = (x: number): number => Math.log(1 + Math.exp(x));
const pixels = [[1], [2]];

describe("a loss is compared with the samples' target", () => {
  test("values: half the squares of the distances", async () => {
    // The scores are (1, 3) and (2, 5), the distances (−1, 0) and (2, 1).
    const found = await measured(
      samplesOf(pixels, valueTarget(["a", "b"], [2, 3, 0, 4])),
      l2Loss({ target: "values" }),
    );
    expect(found?.objective).toBeCloseTo((0.5 * 1 + 0.5 * (4 + 1)) / 2, 6);
    expect(found?.metrics).toEqual({ absoluteError: (0.5 + 1.5) / 2 });
  });

  test("attributes: those of 0 do not count", async () => {
    const target = attributeTarget(["a", "b"], [1, -1, 0, 1]);
    const found = await measured(samplesOf(pixels, target), logisticLoss({ target: "attributes" }));
    expect(found?.objective).toBeCloseTo((softplus(-1) + softplus(3) + softplus(-5)) / 2, 5);
    expect(found?.metrics).toEqual({ attributeError: (1 / 2 + 0) / 2 });
  });

  test("maps of labels: those below 0 do not count", async () => {
    // The scores of the pixels 0 and 1 are (0, 1) and (1, 3).
    const target = labelMapTarget(["a", "b"], { height: 1, width: 2 }, [
      [1, -1],
      [0, 1],
    ]);
    const found = await measured(
      samplesOf(
        [
          [0, 1],
          [1, 0],
        ],
        target,
      ),
      softmaxLogLoss(),
    );
    expect(found?.objective).toBeCloseTo((softplus(-1) + softplus(2) + softplus(-1)) / 2, 5);
    expect(found?.metrics.top1Error).toBe((0 + 1 / 2) / 2);
  });

  test("classes, of the target or of an array beside it", async () => {
    const kinds: SampleArray = {
      type: "int64",
      shape: [1, 1, 1],
      read(index, _, into, offset) {
        into[offset] = BigInt(index);
      },
    };
    // Scores of (1, 3) and (2, 5) with labels 0 and 1.
    const expected = (softplus(2) + softplus(-3)) / 2;
    const samples = samplesOf(pixels, classTarget(["a", "b"], [0, 1]));
    expect((await measured(samples, softmaxLogLoss()))?.objective).toBeCloseTo(expected, 5);
    const beside = { ...samples, arrays: { kinds } };
    expect((await measured(beside, softmaxLogLoss({ target: "kinds" })))?.objective).toBeCloseTo(expected, 5);
  });
});

const values = valueTarget(["a", "b"], [1, 2, 3, 4]);

test.each<[string, Target, Loss, string]>([
  [
    "classes where values are",
    values,
    softmaxLogLoss(),
    "softmaxLogLoss compares classes, here with 'labels'; the target of the training samples is values.",
  ],
  [
    "values, not told of them",
    values,
    l2Loss(),
    `l2Loss compares values, here with 'labels'; the target of the training samples is values: give the loss { target: "values" }.`,
  ],
  [
    "values where classes are",
    classTarget(["a", "b"], [0, 1]),
    l2Loss({ target: "values" }),
    `l2Loss compares values, here with 'values'; the target of the training samples is classes: give the loss { target: "labels" }.`,
  ],
  [
    "boxes with anything",
    boxTarget(["a"], [[], []]),
    logisticLoss({ target: "attributes" }),
    "logisticLoss compares attributes, here with 'attributes'; the target of the training samples is boxes.",
  ],
  [
    "two scores with one value",
    valueTarget(["a"], [1, 2]),
    l2Loss({ target: "values" }),
    "The network needs an array 'values' of 2×1×1 for each image; the training samples have 1×1×1.",
  ],
  [
    "what is no number",
    valueTarget(["a", "b"], [1, 2, 3, Number.NaN]),
    l2Loss({ target: "values" }),
    "Sample 1 of the training samples has 'b' NaN; expected a finite number.",
  ],
  [
    "fewer values than samples",
    valueTarget(["a", "b"], [1, 2]),
    l2Loss({ target: "values" }),
    "Sample 1 of the training samples has 'a' undefined; expected a finite number.",
  ],
  [
    "half an attribute",
    attributeTarget(["a", "b"], [1, 0.5, 0, 1]),
    logisticLoss({ target: "attributes" }),
    "Sample 0 of the training samples has 'b' 0.5; expected 1, −1, or 0 for what does not count.",
  ],
  [
    "a map of another size",
    labelMapTarget(["a", "b"], { height: 2, width: 2 }, []),
    softmaxLogLoss(),
    "The network needs an array 'labels' of 1×1×1 for each image; the training samples have 1×2×2.",
  ],
])("refuses %s", (_, target, loss, message) => {
  expect(() => expectSamples(networkOf(1, loss), samplesOf(pixels, target), "training")).toThrow(message);
});

test("refuses an array with the name of the target, and a program that asks for another kind", async () => {
  const array: SampleArray = { type: "float32", shape: [2, 1, 1], read: () => undefined };
  const twice = { ...samplesOf(pixels, values), arrays: { values: array } };
  const network = networkOf(1, l2Loss({ target: "values" }));
  expect(() => expectSamples(network, twice, "training")).toThrow(
    "The training samples have an array 'values', but that is how losses ask for their target.",
  );
  const program = await nodeEngine({ threads: 1 }).load(evaluationGraph(network, { mean: [0], scale: 1 }, 2));
  const classes = samplesOf(pixels, classTarget(["a", "b"], [0, 1]));
  await expect(evaluate(program, parameters, classes, 2).next()).rejects.toThrow(
    "The program is compared with 'values'; the samples' target is classes.",
  );
});
