import fc from "fast-check";
import { expect, test } from "vitest";
import { cpu, difference } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { GraphBuilder } from "../../graph/builder.js";
import { modelOf } from "../../graph/model.js";
import { float32 } from "../../graph/tensor.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { lower } from "../lower.js";
import { NCHWC } from "./blocks.js";

function feedsOf(graph: Graph): Record<string, Tensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, shape = [] }, i) => {
      const random = stream(i, name);
      const sizes = shape.map(Number);
      const count = sizes.reduce((a, b) => a * b, 1);
      return [
        name,
        float32(
          Float32Array.from({ length: count }, () => random.normal()),
          sizes,
        ),
      ];
    }),
  );
}

/** Expects the same of a graph in the blocked layout as in ONNX's own. */
async function expectSame(graph: Graph): Promise<Graph> {
  const blocked = lower(graph, "batch-last", 16);
  const feeds = feedsOf(graph);
  const [ours, plain] = await Promise.all(
    [blocked, lower(graph, "batch-first")].map(async (lowered) => {
      const program = await cpu.engine.load(modelOf(lowered));
      const results = await program.run(feeds);
      await program.close();
      return results;
    }),
  );
  for (const { name } of graph.outputs) {
    expect(ours[name].shape, name).toEqual(plain[name].shape);
    expect(difference(ours[name].data, plain[name].data), name).toBeLessThan(1e-5);
  }
  return blocked;
}

/** A convolution, what follows it, and the gradients of all that it reads. */
function graphOf(
  shape: readonly number[],
  filters: readonly number[],
  attributes: Readonly<Record<string, number | number[]>>,
  follow: (g: GraphBuilder, y: string) => string = (_, y) => y,
): Graph {
  const g = new GraphBuilder("convolution");
  const inputs = [
    g.input("x", "float32", shape),
    g.input("f", "float32", filters),
    g.input("b", "float32", [filters[0]]),
  ];
  const y = follow(g, g.op("Conv", inputs, attributes));
  const objective = g.op("ReduceSum", [g.op("Mul", [y, y])], { keepdims: 0 });
  g.output("y", y);
  for (const [value, gradient] of gradients(g, objective, inputs)) g.output(`d${value}`, gradient);
  return g.build();
}

const onlyOnnx = (graph: Graph): boolean => graph.nodes.every(({ domain }) => domain !== NCHWC);

test.each([
  ["3×3, as large as its image", [16, 16, 6, 5], [32, 16, 3, 3], { pads: [1, 1, 1, 1] }],
  ["1×1", [8, 32, 4, 4], [16, 32, 1, 1], {}],
  ["moved by two pixels", [16, 16, 8, 8], [16, 16, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }],
  ["1×1, moved by two pixels", [8, 16, 8, 8], [32, 16, 1, 1], { strides: [2, 2] }],
  [
    "of three channels, 7×7, moved by two pixels",
    [8, 3, 16, 16],
    [16, 3, 7, 7],
    { pads: [3, 3, 3, 3], strides: [2, 2] },
  ],
  ["of every channel by itself", [16, 32, 7, 6], [32, 1, 3, 3], { pads: [1, 1, 1, 1], group: 32 }],
  [
    "of every channel by itself, moved by two pixels",
    [4, 16, 8, 8],
    [16, 1, 5, 5],
    { pads: [2, 2, 2, 2], strides: [2, 2], group: 16 },
  ],
])("a convolution %s", async (_, shape, filters, attributes) => {
  expect(onlyOnnx(await expectSame(graphOf(shape, filters, attributes)))).toBe(false);
});

test("convolutions of any shape", { timeout: 120_000 }, async () => {
  const side = fc.integer({ min: 1, max: 3 });
  const random = fc.record({
    batch: fc.constantFrom(1, 2, 3, 4, 6, 8, 16, 20, 32),
    channels: fc.constantFrom(1, 3, 4, 16, 32, 24, 40),
    count: fc.constantFrom(16, 32, 48, 20, 24, 40),
    image: fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 })),
    support: fc.tuple(side, side),
    pads: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
    stride: fc.constantFrom(1, 1, 2, 3),
    depthwise: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(random, async ({ batch, channels, count, image, support, pads, stride, depthwise }) => {
      fc.pre(support[0] <= image[0] && support[1] <= image[1]);
      const group = depthwise ? channels : 1;
      const filters = [depthwise ? channels : count, channels / group, ...support];
      const attributes = { pads, strides: [stride, stride], group };
      await expectSame(graphOf([batch, channels, ...image], filters, attributes));
    }),
    { numRuns: 1500 },
  );
});
