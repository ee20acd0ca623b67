import fc from "fast-check";
import * as runtime from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { cpu, difference } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { blockOf } from "../../engine/runtime.js";
import { float } from "../../graph/attributes.js";
import { GraphBuilder } from "../../graph/builder.js";
import { modelOf } from "../../graph/model.js";
import { codeOf, float32 } from "../../graph/tensor.js";
import { COMPOSITE, type Graph, NCHWC, type Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { lower } from "../lower.js";

/** What the machine's runtime computes with: a graph with blocks of another size is wrong there. */
const BLOCK = await blockOf(runtime);

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
async function expectSame(graph: Graph, tolerance = 1e-5): Promise<Graph> {
  const blocked = lower(graph, "batch-last", BLOCK);
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
    expect(difference(ours[name].data, plain[name].data), name).toBeLessThan(tolerance);
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
  const sizes = g.shape(y);
  const weights = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const weighted = g.op("Mul", [g.op("Mul", [y, y]), g.constant(float32(weights, sizes))]);
  const objective = g.op("ReduceSum", [weighted], { keepdims: 0 });
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
  [
    "of a large image, whose gradient is taken in bands of rows",
    [16, 16, 94, 90],
    [16, 16, 3, 2],
    { pads: [1, 0, 1, 1] },
  ],
])("a convolution %s", async (_, shape, filters, attributes) => {
  expect(onlyOnnx(await expectSame(graphOf(shape, filters, attributes)))).toBe(false);
});

test("transposed convolutions are computed in blocks", async () => {
  const g = new GraphBuilder("transposed convolution");
  const inputs = [
    g.input("x", "float32", [16, 32, 4, 4]),
    g.input("f", "float32", [32, 16, 2, 2]),
    g.input("b", "float32", [16]),
  ];
  g.output("y", g.op("ConvTranspose", inputs, { strides: [2, 2] }));
  const { nodes } = await expectSame(g.build());
  expect(nodes.some(({ operator }) => operator === "ConvTranspose")).toBe(false);
});

test("transposed convolutions of any shape", { timeout: 120_000 }, async () => {
  const random = fc.record({
    batch: fc.constantFrom(1, 4, 6, 16, 20),
    channels: fc.constantFrom(16, 32, 24),
    count: fc.constantFrom(16, 48, 20),
    image: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 5 })),
    support: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    pads: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
    stride: fc.constantFrom(1, 2, 2, 3),
    depthwise: fc.boolean(),
    biased: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(random, async ({ batch, channels, count, image, support, pads, stride, depthwise, biased }) => {
      const size = image.map((side, i) => stride * (side - 1) + support[i] - pads[i] - pads[i + 2]);
      fc.pre(size.every((side) => side > 0));
      const group = depthwise ? channels : 1;
      const g = new GraphBuilder("transposed convolution");
      const depth = depthwise ? 1 : count;
      const inputs = [
        g.input("x", "float32", [batch, channels, ...image]),
        g.input("f", "float32", [channels, depth, ...support]),
        ...(biased ? [g.input("b", "float32", [depth * group])] : []),
      ];
      const y = g.op("ConvTranspose", inputs, { pads, strides: [stride, stride], group });
      g.output("y", y);
      const objective = g.op("ReduceSum", [g.op("Mul", [y, y])], { keepdims: 0 });
      for (const [value, gradient] of gradients(g, objective, inputs)) g.output(`d${value}`, gradient);
      await expectSame(g.build());
    }),
    { numRuns: 100 },
  );
});

/** gain and bias of a batch normalisation */
const vectors = (g: GraphBuilder, y: string): [string, string] => {
  const channels = g.shape(y)[1];
  const numbers = (offset: number): string =>
    g.constant(
      float32(
        Array.from({ length: channels }, (_, c) => offset + Math.sin(c) / 2),
        [channels],
      ),
    );
  return [numbers(1), numbers(0)];
};
const normalized = (g: GraphBuilder, y: string): string =>
  g.ops("BatchNormalization", [y, ...vectors(g, y)], 3, { epsilon: float(1e-5) }, COMPOSITE)[0];

const FOLLOWING: Readonly<Record<string, (g: GraphBuilder, y: string) => string>> = {
  "a rectifier": (g, y) => g.op("Relu", [y]),
  // where a mean is taken away, the gradient of the biases before it would be nothing but rounding
  "batch normalisation": (g, y) => normalized(g, g.op("Tanh", [y])),
  "batch normalisation, a sum, a rectifier": (g, y) =>
    g.op("Relu", [g.op("Add", [normalized(g, y), g.op("Tanh", [y])])]),
  bounds: (g, y) => g.op("Clip", [y, g.scalar(-0.5), g.scalar(1)]),
  "bounds above alone": (g, y) => g.op("Clip", [y, "", g.scalar(1)]),
  "batch normalisation, bounds, another convolution": (g, y) => {
    const channels = g.shape(y)[1];
    const bounded = g.op("Clip", [normalized(g, g.op("Tanh", [y])), g.scalar(0), g.scalar(1)]);
    const filters = Array.from({ length: channels ** 2 }, (_, i) => Math.sin(i));
    const f = g.op("Add", [
      g.constant(float32(filters, [channels, channels, 1, 1])),
      g.op("ReduceMean", [y], { keepdims: 1 }),
    ]);
    return g.op("Conv", [bounded, f]);
  },
  "a sum of three": (g, y) => g.op("Sum", [g.op("Tanh", [y]), normalized(g, y), g.op("Mul", [y, g.scalar(0.5)])]),
  "a number for each channel": (g, y) => g.op("Mul", [y, g.op("Reshape", [vectors(g, y)[0], g.ints(1, -1, 1, 1)])]),
  "a gate for each map": (g, y) => g.op("Mul", [y, g.op("Sigmoid", [g.op("GlobalAveragePool", [y])])]),
  "a number for each pixel": (g, y) => {
    const [, , height, width] = g.shape(y);
    const pixels = Array.from({ length: height * width }, (_, i) => Math.cos(i));
    return g.op("Add", [y, g.constant(float32(pixels, [height, width]))]);
  },
  "a division": (g, y) => g.op("Div", [y, g.op("Add", [g.op("Mul", [y, y]), g.scalar(1)])]),
  "max-pooling": (g, y) => g.op("MaxPool", [y], { kernel_shape: [2, 2], strides: [2, 2] }),
  "max-pooling that overlaps": (g, y) =>
    g.op("MaxPool", [y], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  "mean-pooling": (g, y) => g.op("AveragePool", [y], { kernel_shape: [2, 2], strides: [2, 2] }),
  "a border": (g, y) => g.op("Pad", [y, g.ints(0, 0, 1, 2, 0, 0, 0, 1)]),
  "more channels": (g, y) => g.op("Pad", [y, g.ints(0, 3, 0, 0, 0, 1, 0, 0)]),
  "a part of the pixels": (g, y) => g.op("Slice", [y, g.ints(1, 0), g.ints(3, 3), g.ints(2, 3)]),
  "a part of the channels": (g, y) => g.op("Slice", [y, g.ints(2), g.ints(9), g.ints(1)]),
  "other maps beside it": (g, y) => g.op("Concat", [y, g.op("Tanh", [y])], { axis: 1 }),
  "a block of the channels": (g, y) => g.op("Slice", [y, g.ints(0), g.ints(16), g.ints(1)]),
  "channels apart": (g, y) => {
    const half = g.shape(y)[1] / 2;
    const [first, second] = g.ops("Split", [y, g.ints(half, half)], 2, { axis: 1 });
    return g.op("Mul", [g.op("Tanh", [first]), second]);
  },
  "a choice": (g, y) => g.op("Where", [g.op("Greater", [y, g.scalar(0.5)]), y, g.op("Neg", [y])]),
  "truth values of a part of the channels": (g, y) => {
    const part = (value: string): string => g.op("Slice", [value, g.ints(2), g.ints(9), g.ints(1)]);
    return g.op("Where", [part(g.op("Greater", [y, g.scalar(0)])), part(y), g.scalar(0)]);
  },
  "sums of channels in float64": (g, y) => {
    const sums = g.op("ReduceSum", [g.op("Cast", [y], { to: codeOf("float64") }), g.ints(0, 2, 3)], { keepdims: 0 });
    return g.op("Cast", [sums], { to: codeOf("float32") });
  },
  "a softmax over the channels": (g, y) => g.op("Softmax", [y], { axis: 1 }),
  "means over all": (g, y) => g.op("ReduceMean", [y, g.ints(1, 2, 3)], { keepdims: 1 }),
  "sums of channels": (g, y) => g.op("ReduceSum", [y, g.ints(0, 2, 3)], { keepdims: 0 }),
  "another convolution of each channel": (g, y) => {
    const channels = g.shape(y)[1];
    const filters = Array.from({ length: channels * 9 }, (_, i) => Math.sin(i));
    const f = g.op("Add", [
      g.constant(float32(filters, [channels, 1, 3, 3])),
      g.op("ReduceMean", [y], { keepdims: 1 }),
    ]);
    return g.op("Conv", [y, f], { pads: [1, 1, 1, 1], group: channels });
  },
};

describe.each(Object.entries(FOLLOWING))("behind a blocked convolution, %s", (_, follow) => {
  test.each([
    [1, 32],
    [6, 24],
    [16, 16],
    [20, 48],
    [8, 64],
  ])("%i images, %i channels", async (batch, channels) => {
    await expectSame(graphOf([batch, 16, 6, 4], [channels, 16, 3, 3], { pads: [1, 1, 1, 1] }, follow), 1e-4);
  });
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
      await expectSame(graphOf([batch, channels, ...image], filters, attributes), 3e-5);
    }),
    { numRuns: 200 },
  );
});
