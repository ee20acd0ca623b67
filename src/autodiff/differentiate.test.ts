import { describe, expect, test } from "vitest";
import { cpu, describeDevices, runOn, type TestDevice } from "../../test/devices.js";
import { nodeEngine } from "../engine/node.js";
import { attributes, float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { ShapeError } from "../graph/shape-error.js";
import { float32, int64 } from "../graph/tensor.js";
import { COMPOSITE, type Graph } from "../graph/types.js";
import { withoutUnused } from "../graph/unused.js";
import { upgradeModel } from "../graph/upgrade/upgrade.js";
import { DifferentiationError, gradients } from "./differentiate.js";

/** The gradients of an objective, as plain numbers, at the given inputs. */
async function gradientsAt(
  inputs: Readonly<Record<string, readonly number[]>>,
  objective: (g: GraphBuilder) => string,
  by: readonly string[] = Object.keys(inputs),
): Promise<number[][]> {
  const g = new GraphBuilder("objective");
  for (const [name, { length }] of Object.entries(inputs)) g.input(name, "float32", [length]);
  const found = gradients(g, objective(g), by);
  for (const [i, value] of by.entries()) g.output(`d${i}`, found.get(value) ?? "");
  const feeds = Object.entries(inputs).map(([name, data]) => [name, float32(data, [data.length])]);
  const results = await runOn(cpu, g.build(), Object.fromEntries(feeds));
  return by.map((_, i) => Array.from(results[`d${i}`].data, Number));
}

const sum = (g: GraphBuilder, value: string): string => g.op("ReduceSum", [value], { keepdims: 0 });

describe("gradients", () => {
  test("of a value that is read several times are added: d(x·x + 3x) = 2x + 3", async () => {
    const [dx] = await gradientsAt({ x: [1, -2, 0.5] }, (g) =>
      sum(g, g.op("Add", [g.op("Mul", ["x", "x"]), g.op("Mul", ["x", g.scalar(3)])])),
    );
    expect(dx).toEqual([5, -1, 4]);
  });

  test("of a value on the way: by u = a·b the objective u² has 2u, by a it has 2u·b", async () => {
    const g = new GraphBuilder("on the way");
    const [a, b] = ["a", "b"].map((name) => g.input(name, "float32", [1]));
    const u = g.op("Mul", [a, b]);
    const found = gradients(g, sum(g, g.op("Mul", [u, u])), [u, a]);
    g.output("du", found.get(u) ?? "");
    g.output("da", found.get(a) ?? "");
    const { du, da } = await runOn(cpu, g.build(), { a: float32([3], [1]), b: float32([5], [1]) });
    expect([du.data[0], da.data[0]]).toEqual([30, 150]);
  });

  test("of the objective by itself is 1", async () => {
    const g = new GraphBuilder("itself");
    const f = sum(g, g.input("x", "float32", [2]));
    g.output("df", gradients(g, f, [f]).get(f) ?? "");
    expect((await runOn(cpu, g.build(), { x: float32([7, 8], [2]) })).df.data).toEqual(Float32Array.of(1));
  });

  test("are zero where the objective does not depend on a value, in that value's shape", async () => {
    const found = await gradientsAt({ x: [1, 2], unread: [3, 4, 5], aside: [6, 7] }, (g) => {
      g.op("Exp", ["aside"]); // read, but not by the objective
      return sum(g, "x");
    });
    expect(found).toEqual([
      [1, 1],
      [0, 0, 0],
      [0, 0],
    ]);
  });

  test("pass by an operator without a rule that the objective or the values do not depend on", async () => {
    const [dx] = await gradientsAt(
      { x: [2], y: [0] },
      (g) => {
        g.op("Cos", ["x"]);
        return sum(g, g.op("Mul", ["x", g.op("Add", [g.op("Cos", ["y"]), g.scalar(2)])]));
      },
      ["x"],
    );
    expect(dx).toEqual([3]);
  });

  test("are zero behind what only changes in jumps, with or without a rule before it", async () => {
    const [dx] = await gradientsAt({ x: [0.3] }, (g) =>
      sum(g, g.op("Add", [g.op("Mul", ["x", "x"]), g.op("Floor", [g.op("Cos", ["x"])])])),
    );
    expect(dx[0]).toBeCloseTo(0.6, 6);
  });

  test("of an objective of one element, whatever its rank", async () => {
    const [dx] = await gradientsAt({ x: [4] }, (g) => g.op("Reshape", [g.op("Mul", ["x", "x"]), g.ints(1, 1, 1)]));
    expect(dx).toEqual([8]);
  });

  test("only go through the output of a node that the objective reads", async () => {
    const [dx] = await gradientsAt({ x: [1, 2, 3, 4] }, (g) => {
      const [, right] = g.ops("Split", ["x", g.ints(2, 2)], 2, { axis: 0 });
      return sum(g, g.op("Mul", [right, right]));
    });
    expect(dx).toEqual([0, 0, 6, 8]);
  });
});

// ONNX Runtime's ScatterND loses numbers where threads add to the same place.
test.each([100, 2])("of %i rows, each taken thousands of times, lose nothing between four threads", async (rows) => {
  const taken = 100_000;
  const g = new GraphBuilder("many");
  const x = g.input("x", "float32", [rows]);
  const indices = g.input("indices", "int64", [taken]);
  g.output("dx", gradients(g, sum(g, g.op("Gather", [x, indices])), [x]).get(x) ?? "");
  const program = await nodeEngine({ threads: 4 }).load(g.build());
  const feeds = {
    x: float32(new Float32Array(rows), [rows]),
    indices: int64(Array.from({ length: taken }, (_, k) => (k % rows) - (k % 3 === 0 ? rows : 0))),
  };
  for (let run = 0; run < 20; run++) {
    expect((await program.run(feeds)).dx.data).toEqual(new Float32Array(rows).fill(taken / rows));
  }
  await program.close();
});

describe("an objective that cannot be differentiated", () => {
  const attempt = (build: (g: GraphBuilder, x: string) => string) => () => {
    const g = new GraphBuilder("no");
    const x = g.input("x", "float32", [2, 3]);
    return gradients(g, build(g, x), [x]);
  };

  test("has an operator without a rule: the message names it and its node", () => {
    expect(attempt((g, x) => g.scope("layer3", () => sum(g, g.op("RoiAlign", [x]))))).toThrow(
      new DifferentiationError("There is no rule to differentiate RoiAlign (node 'layer3/RoiAlign.0')."),
    );
  });

  test("has an operator of another domain", () => {
    expect(attempt((g, x) => sum(g, g.op("Relu", [x], {}, "com.microsoft")))).toThrow(
      "There is no rule to differentiate com.microsoft.Relu (node 'Relu.0').",
    );
  });

  test("is not one number: the message says its shape", () => {
    expect(attempt((_, x) => x)).toThrow(
      new DifferentiationError("An objective is one number; 'x' has the shape 2×3."),
    );
  });

  test("reads a volume", () => {
    const volume = (g: GraphBuilder, x: string): string => {
      const [image, grid] = [g.ints(1, 1, 1, 2, 3), g.ints(1, 1, 1, 2, 3)].map((shape) => g.op("Reshape", [x, shape]));
      return sum(g, g.op("GridSample", [image, grid]));
    };
    expect(attempt(volume)).toThrow("gradients are known for images, not for 3 axes.");
  });

  test("has a node that is none: the message names it, and the shapes that it reads", () => {
    const dequantized = (g: GraphBuilder, x: string): string => {
      const scale = g.op("Reshape", [x, g.ints(6)]);
      const whole = g.constant(int64([1, 2, 3, 4, 5, 6], [1, 6]));
      return sum(g, g.op("DequantizeLinear", [whole, scale], { axis: 7 }));
    };
    expect(attempt(dequantized)).toThrow(
      new ShapeError(
        "DequantizeLinear 'DequantizeLinear.3' is no such operator, with inputs of 1×6, 6 and its attributes.",
      ),
    );
  });

  test("depends on the statistics of a batch normalisation", () => {
    const normalize = (g: GraphBuilder, x: string): string => {
      const image = g.op("Reshape", [x, g.ints(2, 3, 1, 1)]);
      const three = g.constant(float32([1, 1, 1], [3]));
      return sum(g, g.ops("BatchNormalization", [image, three, three], 3, {}, COMPOSITE)[1]);
    };
    expect(attempt(normalize)).toThrow(/its mean and deviation are statistics that no gradient goes through/);
  });
});

/** The gradient of a pooling of `batch` equal images of one channel, for one image; dy as given. */
async function poolingGradient(
  device: TestDevice,
  operator: "MaxPool" | "AveragePool",
  batch: number,
  image: readonly (readonly number[])[],
  dy: readonly (readonly number[])[],
  attributes: Readonly<Record<string, number | number[]>>,
): Promise<number[]> {
  const shape = [batch, 1, image.length, image[0].length];
  const g = new GraphBuilder(operator);
  const x = g.input("x", "float32", shape);
  const weights = g.constant(float32(dy.flat(), [1, 1, dy.length, dy[0].length]));
  const f = sum(g, g.op("Mul", [g.op(operator, [x], attributes), weights]));
  g.output("dx", gradients(g, f, [x]).get(x) ?? "");
  const feeds = { x: float32(Array<readonly number[]>(batch).fill(image.flat()).flat(), shape) };
  const { data } = (await runOn(device, g.build(), feeds)).dx;
  const images = Array.from({ length: batch }, (_, n) => Array.from(data.slice(n * image.flat().length), Number));
  for (const other of images)
    expect(other.slice(0, image.flat().length)).toEqual(images[0].slice(0, image.flat().length));
  return images[0].slice(0, image.flat().length);
}

describeDevices("pooling", (device) => {
  describe.each([1, 16])("batch %i", (batch) => {
    test("of equal pixels gives the gradient to the first, column by column, as MatConvNet does", async () => {
      // Row by row, the first 1 of the left window would be at the top right and the first 2 of the right one at the top left.
      const image = [
        [0, 1, 2, 2],
        [1, 1, 2, 2],
      ];
      const dx = await poolingGradient(device, "MaxPool", batch, image, [[10, 20]], {
        kernel_shape: [2, 2],
        strides: [2, 2],
      });
      expect(dx).toEqual([0, 0, 20, 0, 10, 0, 0, 0]);
    });

    test("with windows that overlap adds up what a pixel won", async () => {
      const image = [
        [0, 3, 1],
        [3, 3, 1],
        [0, 1, 1],
      ];
      // windows (row, column): (0,0) and (1,0) are won at (1,0); (0,1) at (0,1); (1,1) at (1,1)
      const dy = [
        [1, 2],
        [4, 8],
      ];
      const dx = await poolingGradient(device, "MaxPool", batch, image, dy, { kernel_shape: [2, 2] });
      expect(dx).toEqual([0, 2, 0, 5, 8, 0, 0, 0, 0]);
    });

    test("never gives a gradient to the padding, even where all pixels are negative", async () => {
      const image = [[-5, -7]];
      const dx = await poolingGradient(device, "MaxPool", batch, image, [[1, 2]], {
        kernel_shape: [3, 3],
        strides: [1, 1],
        pads: [1, 1, 1, 1],
      });
      expect(dx).toEqual([3, 0]);
    });

    test("by the mean shares by the pixels inside the image", async () => {
      // windows: (pad x₀), (x₀ x₁), (x₁ x₂)
      const given = { kernel_shape: [1, 2], pads: [0, 1, 0, 0] };
      const [image, dy] = [[[1, 2, 3]], [[1, 10, 100]]];
      expect(await poolingGradient(device, "AveragePool", batch, image, dy, given)).toEqual([6, 55, 50]);
      const counted = { ...given, count_include_pad: 1 };
      expect(await poolingGradient(device, "AveragePool", batch, image, dy, counted)).toEqual([5.5, 55, 50]);
    });

    test("by the mean with dilation shares by the taps inside the image", async () => {
      // taps 2 apart, 2 of padding on the left: (pad x₀), (pad x₁), (x₀ x₂)
      const given = { kernel_shape: [1, 2], dilations: [1, 2], pads: [0, 2, 0, 0] };
      const dx = await poolingGradient(device, "AveragePool", batch, [[1, 2, 3]], [[1, 10, 100]], given);
      expect(dx).toEqual([51, 10, 50]);
    });
  });
});

test("the gradient of an old model is that of what it computes, after it is upgraded", async () => {
  // Clip of version 6 has its bounds as attributes, which the rule of version 20 does not read.
  const nodes = [
    {
      operator: "Clip",
      domain: "",
      name: "clip",
      inputs: ["x"],
      outputs: ["c"],
      attributes: { min: float(0), max: float(1) },
    },
    {
      operator: "ReduceSum",
      domain: "",
      name: "sum",
      inputs: ["c"],
      outputs: ["y"],
      attributes: attributes({ keepdims: 0 }),
    },
  ];
  const [x, y] = [
    { name: "x", type: "float32", shape: [3] },
    { name: "y", type: "float32", shape: [] },
  ] as const;
  const graph: Graph = { name: "old", inputs: [x], outputs: [y], initializers: new Map(), nodes };
  const upgraded = upgradeModel({ irVersion: 3, opsets: { "": 9 }, graph }).graph;
  const g = new GraphBuilder("new");
  g.input("x", "float32", [3]);
  for (const [name, value] of upgraded.initializers) g.initializer(name, value);
  for (const node of upgraded.nodes) g.add(node);
  g.output("dx", gradients(g, "y", ["x"]).get("x") ?? "");
  const program = await nodeEngine({ threads: 1 }).load(withoutUnused(g.build()));
  const { dx } = await program.run({ x: float32([-1, 0.5, 2], [3]) });
  await program.close();
  expect([...dx.data]).toEqual([0, 1, 0]);
});
