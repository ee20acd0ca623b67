import { describe, expect, test } from "vitest";
import { GraphBuilder } from "./builder.js";
import { float32, int64, zeros } from "./tensor.js";

/** The example of the class. */
function affine(): GraphBuilder {
  const g = new GraphBuilder("affine");
  const x = g.input("x", "float32", ["N", 4]);
  const w = g.constant(float32([1, 2, 3, 4], [4, 1]));
  g.output("y", g.op("MatMul", [x, w]));
  return g;
}

test("the example builds a graph whose output has the type that was inferred", () => {
  const { name, inputs, outputs, initializers, nodes } = affine().build();
  expect(name).toBe("affine");
  expect(inputs).toEqual([{ name: "x", type: "float32", shape: ["N", 4] }]);
  expect(outputs).toEqual([{ name: "y", type: "float32", shape: ["N", 1] }]);
  expect([...initializers.values()]).toEqual([float32([1, 2, 3, 4], [4, 1])]);
  const product = nodes.find(({ operator }) => operator === "MatMul");
  expect(product?.inputs).toEqual(["x", [...initializers.keys()][0]]);
  expect(nodes.flatMap(({ outputs: made }) => made)).toContain("y");
});

test("every value that is read was made before, and no two have one name", () => {
  const g = affine();
  g.scope("part", () => g.scope("inner", () => g.op("Add", ["x", g.scalar(1)])));
  const { inputs, initializers, nodes } = g.build();
  const known = new Set([...inputs.map(({ name }) => name), ...initializers.keys()]);
  for (const node of nodes) {
    for (const input of node.inputs) expect(known).toContain(input);
    for (const output of node.outputs) {
      expect(known).not.toContain(output);
      known.add(output);
    }
  }
});

test("scopes name nodes after what they belong to, also after an error inside", () => {
  const g = new GraphBuilder("g");
  const x = g.input("x", "float32", [2]);
  expect(g.scope("conv2", () => g.scope("gradient", () => g.op("Neg", [x])))).toMatch(/^conv2\/gradient\/Neg/);
  expect(() =>
    g.scope("broken", () => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(g.op("Neg", [x])).toMatch(/^Neg/);
});

describe("constants", () => {
  test("that are small and equal are stored once", () => {
    const g = new GraphBuilder("g");
    expect(g.scalar(0.5)).toBe(g.constant(float32([0.5])));
    expect(g.ints(1, 2)).toBe(g.ints(1, 2));
    expect(g.constantValue(g.ints(1, 2))).toEqual(int64([1, 2]));
    g.output("y", g.op("Concat", [g.ints(1), g.ints(2), g.ints(1, 2)], { axis: 0 }));
    expect(g.build().initializers.size).toBe(4);
  });
  test("of equal elements but another type or shape are not the same", () => {
    const g = new GraphBuilder("g");
    const names = [g.constant(float32([1])), g.constant(float32([1], [1])), g.constant(int64([1]))];
    expect(new Set(names).size).toBe(3);
  });
  test("that are large are stored each", () => {
    const g = new GraphBuilder("g");
    expect(g.constant(zeros("float32", [4097]))).not.toBe(g.constant(zeros("float32", [4097])));
  });
});

describe("a node that does not fit is reported where it is written", () => {
  const g = affine();
  test("when it reads what is not there", () => {
    expect(() => g.op("Relu", ["z"])).toThrow("reads 'z', which nothing before it makes.");
  });
  test("when its shapes do not match", () => {
    g.scope("layer 3", () => {
      expect(() => g.op("Add", ["x", g.constant(float32([1, 2, 3], [3]))])).toThrow(
        /^Add 'layer 3\/Add\.\d+': shapes N×4 and 3 cannot be broadcast together\.$/,
      );
    });
  });
  test("when its name is taken", () => {
    expect(() => g.input("x", "float32", [])).toThrow("The graph 'affine' already has a value 'x'.");
  });
});

test("shapes and types are told, where they are known", () => {
  const g = affine();
  expect(g.type("y")).toEqual({ type: "float32", shape: ["N", 1] });
  expect(() => g.shape("y")).toThrow("The shape of 'y' is not fixed: N×1.");
  expect(() => g.type("nothing")).toThrow("The graph 'affine' has no value 'nothing'.");
  expect(g.shape(g.ints(1, 2, 3))).toEqual([3]);
});

test("a node with several outputs has a name for each", () => {
  const g = affine();
  const [values, indices] = g.ops("TopK", ["x", g.ints(2)], 2);
  expect(g.type(values)).toEqual({ type: "float32", shape: ["N", 2] });
  expect(g.type(indices)).toEqual({ type: "int64", shape: ["N", 2] });
});
