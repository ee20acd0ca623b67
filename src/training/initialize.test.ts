import { describe, expect, test } from "vitest";
import { conv } from "../blocks/conv.js";
import { softmaxLogLoss } from "../blocks/loss.js";
import { relu } from "../blocks/pixelwise.js";
import { nodeEngine } from "../engine/node.js";
import { float32 } from "../graph/tensor.js";
import { frozen, replacedLayer } from "../network/edit.js";
import { type Network, sequential } from "../network/network.js";
import { initialize, type Parameters } from "./initialize.js";
import { train } from "./train.js";

const shape = { channels: 1, height: 4, width: 4 };
const three = sequential("three", shape, [conv(3, 6), relu(), conv(2, 3), softmaxLogLoss()]);
const two = replacedLayer(three, "conv2", conv(2, 2));

const moments = (values: ArrayLike<number>): { mean: number; deviation: number } => {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  return { mean, deviation: Math.sqrt(list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / list.length) };
};

describe("random parameters", () => {
  const drawn = (layer: ReturnType<typeof conv>): { mean: number; deviation: number } => {
    const network = sequential("one", { channels: 10, height: 5, width: 5 }, [layer]);
    return moments(initialize(network, 1).get("conv1/filters")?.data ?? []);
  };

  // 400 filters of 250 weights: the mean of 100 000 numbers is within 4 of its deviations.
  test.each([
    ["gaussian", { type: "gaussian", deviation: 0.02 } as const, 0.02],
    ["xavier", { type: "xavier" } as const, Math.sqrt(1 / 250)],
    ["he", { type: "he" } as const, Math.sqrt(2 / 250)],
    ["he of the outputs", { type: "he", fan: "out" } as const, Math.sqrt(2 / (400 * 25))],
  ])("%s have the deviation that they should", (_, initialization, deviation) => {
    const found = drawn(conv(5, 400, { initialization }));
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.02);
    expect(Math.abs(found.mean)).toBeLessThan((4 * deviation) / Math.sqrt(100_000));
  });

  test("depend on the seed and their own name alone", () => {
    expect(initialize(two, 1).get("conv1/filters")).toEqual(initialize(three, 1).get("conv1/filters"));
    expect(initialize(three, 2).get("conv1/filters")).not.toEqual(initialize(three, 1).get("conv1/filters"));
  });
});

describe("parameters to begin with", () => {
  test("are taken where name and shape fit, the others are drawn", () => {
    const learned = initialize(three, 7);
    const begun = initialize(two, 1, learned);
    expect(begun.get("conv1/filters")).toBe(learned.get("conv1/filters"));
    expect(begun.get("conv1/biases")).toBe(learned.get("conv1/biases"));
    expect(begun.get("conv2/filters")).toEqual(initialize(two, 1).get("conv2/filters"));
    expect([...begun.keys()]).toEqual([...initialize(two, 1).keys()]);
  });

  test("of which none fits are refused", () => {
    expect(() => initialize(three, 1, new Map([["stem", float32([1], [1])]]))).toThrow(
      new RangeError(
        "Network 'three' has none of the parameters that it is to begin with: expected some of conv1/filters, conv1/biases, conv2/filters, …, of the same shape, got stem, ….",
      ),
    );
    expect(initialize(three, 1, new Map())).toEqual(initialize(three, 1));
  });

  test("stay as they are in frozen layers, while a new last layer learns", async () => {
    const learned = initialize(three, 7);
    const training = {
      count: 20,
      shape,
      classes: ["dark", "light"],
      labels: Array.from({ length: 20 }, (_, i) => i % 2),
      read: (index: number, _: number, into: Uint8Array, offset: number) =>
        void into.fill(index % 2 === 0 ? 100 + index : 150 + index, offset, offset + 16),
    };
    const lastParameters = async (network: Network, learningRate: number): Promise<Parameters> => {
      const normalization = { mean: [128], scale: 1 / 32 };
      const options = { training, normalization, epochs: 1, batchSize: 5, learningRate, start: learned };
      for await (const event of train(nodeEngine({ threads: 1 }), network, options)) {
        if (event.type === "epoch") return event.state.parameters;
      }
      throw new Error("No epoch was finished.");
    };
    const after = await lastParameters(frozen(two, ["conv1"]), 0.1);
    expect(after.get("conv1/filters")?.data).toEqual(learned.get("conv1/filters")?.data);
    expect(after.get("conv2/filters")?.data).not.toEqual(initialize(two, 1).get("conv2/filters")?.data);
    const moved = await lastParameters(two, 0.1);
    expect(moved.get("conv1/filters")?.data).not.toEqual(learned.get("conv1/filters")?.data);
  });
});
