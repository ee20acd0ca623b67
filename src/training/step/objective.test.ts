/** Several losses in one network, and weights of images. */

import { describe, expect, test } from "vitest";
import { cpu, describeDevices, expectClose, runOn, type TestDevice } from "../../../test/devices.js";
import { once } from "../../../test/support/once.js";
import { gradients } from "../../autodiff/differentiate.js";
import { FOR_USE } from "../../blocks/block.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { hingeLoss, logisticLoss } from "../../blocks/loss/attribute-losses.js";
import { classError, softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import type { Values } from "../../engine/engine.js";
import { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32, int64, tensor } from "../../graph/tensor.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { type Network, parametersOf, sequential } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { buildObjective, sumsOf } from "./objective.js";

const NORMALIZATION = { mean: [127.5], scale: 1 / 64 };
const image = { channels: 1, height: 3, width: 3 };
const initialization = { type: "he" } as const;

/** image → trunk, 4×2×2, which every head reads */
const trunk = conv(2, 4, { name: "trunk", initialization });
const head = (name: string, support: number, filters: number): Layer =>
  conv(support, filters, { name, inputs: ["trunk"], initialization });
const HEADS: Readonly<Record<string, readonly Layer[]>> = {
  classes: [head("classes", 2, 3), softmaxLogLoss({ name: "class loss", inputs: ["classes"] })],
  values: [head("values", 2, 2), l2Loss({ name: "value loss", inputs: ["values"], target: "goals", weight: 0.5 })],
  pixels: [head("pixels", 1, 1), logisticLoss({ name: "pixel loss", inputs: ["pixels"], target: "signs", weight: 3 })],
  errors: [classError({ name: "error", inputs: ["classes"] })],
};
/** Each loss's share of the objective. */
const SHARES = { classes: 1, values: 0.5, pixels: 3 };
const several = sequential("several", image, [trunk, ...Object.values(HEADS).flat()]);
const names = parametersOf(several).map(({ name }) => name);

/** The losses that a network keeps count with, and the gradients of all its parameters. */
function graphOf(network: Network, batchSize: number): Graph {
  const g = new GraphBuilder(network.name);
  const parameters = parametersOf(network);
  for (const { name, shape } of parameters) g.input(name, "float32", shape);
  const { mean, sums } = buildObjective(g, network, NORMALIZATION, batchSize, FOR_USE);
  g.output("mean", mean);
  for (const [name, sum] of sums) g.output(name, sum);
  const wanted = parameters.map(({ name }) => name);
  for (const [name, gradient] of gradients(g, mean, wanted)) g.output(`gradient/${name}`, gradient);
  return g.build();
}

function numbers(purpose: string, shape: readonly number[]): Tensor<"float32"> {
  const draw = stream(1, purpose);
  return float32(
    Array.from({ length: elementCount(shape) }, () => draw.normal()),
    shape,
  );
}

const parameters = Object.fromEntries(parametersOf(several).map(({ name, shape }) => [name, numbers(name, shape)]));

/** Image n of every batch is the same, whatever the size of the batch. */
function batchOf(weights: readonly number[], first = 0): Values {
  const all = weights.map((_, i) => stream(1, "image", first + i));
  const each = (count: number, draw: (random: (typeof all)[number]) => number): number[] =>
    all.flatMap((random) => Array.from({ length: count }, () => draw(random)));
  const n = weights.length;
  return {
    images: tensor("uint8", [n, 1, 3, 3], Uint8Array.from(each(9, (random) => random.integer(0, 255)))),
    labels: int64(each(1, (random) => random.integer(0, 2))),
    goals: float32(
      each(2, (random) => random.normal()),
      [n, 2, 1, 1],
    ),
    signs: float32(
      each(4, (random) => 2 * random.integer(0, 1) - 1),
      [n, 1, 2, 2],
    ),
    weights: float32(weights, [n]),
  };
}

async function run(device: TestDevice, network: Network, batch: Values): Promise<Values> {
  const graph = graphOf(network, batch.weights.shape[0]);
  const given: Values = { ...parameters, ...batch };
  return runOn(device, graph, Object.fromEntries(graph.inputs.map(({ name }) => [name, given[name]])));
}

const plain = ({ shape, data }: Tensor): { shape: readonly number[]; data: number[] } => ({
  shape,
  data: Array.from(data, Number),
});

const WEIGHTS = [1, 0.5, 0, 2];
/** A batch that a processor keeps as C×H×W×N, with padding. */
const PADDED = [...WEIGHTS, ...Array.from({ length: 16 }, () => 0)];

/** Each head by itself, with its own weight. */
const alone = new Map<string, Values>();
for (const [name, layers] of Object.entries(HEADS).filter(([key]) => key in SHARES)) {
  alone.set(name, await run(cpu, sequential(name, image, [trunk, ...layers]), batchOf(WEIGHTS)));
}
const ofAlone = (head: string, value: string): Tensor => alone.get(head)?.[value] ?? float32([Number.NaN]);

describeDevices("several losses in one network", (device) => {
  describe.each([
    ["4", WEIGHTS],
    ["20, padded", PADDED],
  ])("a batch of %s", (_, weights) => {
    const found = once(() => run(device, several, batchOf(weights)));
    const sum = async (name: string): Promise<number> => Number((await found())[name].data[0]);

    test("each has its own sum, without its weight", async () => {
      expect(Object.keys(await found()).filter((name) => !/^gradient|^mean/.test(name))).toEqual(sumsOf(several));
      expect(sumsOf(several)).toEqual([
        "objective",
        "top1Error",
        "top5Error",
        "absoluteError",
        "attributeError",
        "loss/class loss",
        "loss/value loss",
        "loss/pixel loss",
        "loss/error",
      ]);
      expect(await sum("loss/class loss")).toBeCloseTo(Number(ofAlone("classes", "objective").data[0]), 3);
      expect(await sum("loss/value loss")).toBeCloseTo(Number(ofAlone("values", "objective").data[0]) / 0.5, 3);
      expect(await sum("loss/pixel loss")).toBeCloseTo(Number(ofAlone("pixels", "objective").data[0]) / 3, 3);
      expect(await sum("loss/error")).toBe(await sum("top1Error"));
    });

    test("the objective is their weighted sum, and its mean is over the weights of the images", async () => {
      const expected =
        (await sum("loss/class loss")) + 0.5 * (await sum("loss/value loss")) + 3 * (await sum("loss/pixel loss"));
      expect((await sum("objective")) / expected).toBeCloseTo(1, 5);
      expect((await sum("mean")) / (expected / 3.5)).toBeCloseTo(1, 5);
    });

    test("the trunk's gradient is the sum of theirs, each head's its own", async () => {
      for (const name of names) {
        const gradient = `gradient/${name}`;
        const parts = name.startsWith("trunk/") ? Object.keys(SHARES) : [name.split("/")[0]];
        const [first, ...others] = parts.map((head) => plain(ofAlone(head, gradient)));
        const data = first.data.map((value, k) => others.reduce((total, other) => total + other.data[k], value));
        expectClose((await found())[gradient], { shape: first.shape, data }, device.tolerance, name);
      }
    });
  });

  test("where every weight is 0, the objective and all gradients are", async () => {
    const found = await run(device, several, batchOf([0, 0, 0]));
    for (const [name, { data }] of Object.entries(found)) {
      expect(
        Array.from(data, Number).every((value) => value === 0),
        name,
      ).toBe(true);
    }
  });
});

test("the weight of an image multiplies its losses and errors", async () => {
  const together = await run(cpu, several, batchOf(WEIGHTS));
  const each = await Promise.all(WEIGHTS.map((_, n) => run(cpu, several, batchOf([1], n))));
  for (const name of sumsOf(several)) {
    const expected = each.reduce((total, one, n) => total + WEIGHTS[n] * Number(one[name].data[0]), 0);
    expect(Number(together[name].data[0]), name).toBeCloseTo(expected, 4);
  }
});

test("a single loss has no sum of its own; one of values measures distances", () => {
  expect(sumsOf(sequential("one", image, [conv(3, 2), l2Loss({ target: "goals" })]))).toEqual([
    "objective",
    "absoluteError",
  ]);
  const rest = sequential("one", image, [conv(3, 2), hingeLoss()]);
  expect(sumsOf(rest)).toEqual(["objective", "top1Error", "top5Error"]);
});

describe("what cannot be an objective", () => {
  test.each<[string, Layer[]]>([
    ["Network 'net' has no loss that it could be trained by, such as softmaxLogLoss().", [conv(3, 2)]],
    ["Network 'net' has no loss that it could be trained by, such as softmaxLogLoss().", [conv(3, 2), classError()]],
    [
      "Two losses want 'labels' to be different: 4×1×3×3 int64 and 4 int64.",
      [
        softmaxLogLoss({ inputs: ["image"] }),
        conv(3, 2, { name: "all", inputs: ["image"] }),
        softmaxLogLoss({ inputs: ["all"] }),
      ],
    ],
    [
      "Two losses want 't' to be different: 4×1×3×3 int64 and 4×1×3×3 float32.",
      [softmaxLogLoss({ inputs: ["image"], target: "t" }), l2Loss({ inputs: ["image"], target: "t" })],
    ],
  ])("%s", (message, layers) => {
    const build = (): unknown => graphOf(sequential("net", image, layers), 4);
    expect(build).toThrow(new RangeError(message));
  });
});

test("each channel has its own mean and scale in training, too", async () => {
  const network = sequential("pixel", { channels: 2, height: 1, width: 1 }, [l2Loss({ target: "values" })]);
  const g = new GraphBuilder("pixel");
  const { mean } = buildObjective(g, network, { mean: [10, 20], scale: [0.5, 3] }, 1, FOR_USE);
  g.output("mean", mean);
  const images = tensor("uint8", [1, 2, 1, 1], Uint8Array.of(14, 21));
  const values = float32([0, 0], [1, 2, 1, 1]);
  const got = await runOn(cpu, g.build(), { images, values, weights: float32([1], [1]) });
  // half of (4·0.5)² + (1·3)²
  expect(Number(got.mean.data[0])).toBeCloseTo(6.5, 5);
});
