import { describe, expect, test } from "vitest";
import { type AttributeInput, attributes, float } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import { formatShape } from "../dimension.js";
import { float32, int64, zeros } from "../tensor.js";
import { COMPOSITE, type Dimension, type Graph, type Node, type Tensor, type ValueType } from "../types.js";
import { broadcast, elements, inferNode, inferShapes, ShapeError } from "./infer.js";

/** "N×3×4"; a constant; or "" for an input left out. */
type Input = string | Tensor;

const dimensions = (text: string): Dimension[] =>
  text === "scalar" ? [] : text.split("×").map((d) => (/^\d+$/.test(d) ? Number(d) : d));

/** The shapes of a node's outputs. */
function shapes(
  operator: string,
  inputs: readonly Input[],
  given: Readonly<Record<string, AttributeInput>> = {},
  outputs = 1,
  domain = "",
): string[] {
  const node: Node = {
    operator,
    domain,
    name: "the node",
    inputs: inputs.map((input, i) => (input === "" ? "" : `${i}`)),
    outputs: Array.from({ length: outputs }, (_, i) => `out${i}`),
    attributes: attributes(given),
  };
  const typeOf = (name: string): ValueType | undefined => {
    const input = name === "" ? "" : inputs[Number(name)];
    if (input === "") return undefined;
    return typeof input === "string" ? { type: "float32", shape: dimensions(input) } : input;
  };
  const constantOf = (name: string): Tensor | undefined => {
    const input = inputs[Number(name)];
    return typeof input === "string" ? undefined : input;
  };
  return inferNode(node, typeOf, (name) => elements(constantOf(name))).map(({ shape }) => formatShape(shape));
}

const shape = (...given: Parameters<typeof shapes>): string => shapes(...given)[0];

/** The character network of the lecture, 32→28→14→10→5→2→2→1, on images of any size. */
function characterNetwork(): Graph {
  const g = new GraphBuilder("characters");
  const weights = (...size: number[]): string => g.initializer(`w${g.nodes.length}`, zeros("float32", size));
  const pool = (x: string): string => g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  let x = g.input("x", "float32", ["N", 1, "H", "W"]);
  x = pool(g.op("Conv", [x, weights(20, 1, 5, 5)]));
  x = pool(g.op("Conv", [x, weights(50, 20, 5, 5)]));
  x = g.op("Relu", [g.op("Conv", [x, weights(500, 50, 4, 4)])]);
  g.output("y", g.op("Conv", [x, weights(26, 500, 2, 2)]));
  return g.build();
}

describe("the lecture's character network", () => {
  // ⌊(⌊(H − 4) / 2⌋ − 4) / 2⌋ − 3 − 1 = ⌊⌊H/2⌋ / 2⌋ − 3 − 4 = ⌊H/4⌋ − 7
  const { nodes, ...graph } = characterNetwork();
  const types = inferShapes({ nodes, ...graph });
  const heights = nodes.slice(0, 7).map(({ outputs }) => types.get(outputs[0])?.shape?.[2]);

  test("has sizes as formulas", () => {
    expect(heights).toEqual([
      "H - 4",
      "floor(H / 2) - 2",
      "floor(H / 2) - 6",
      "floor(H / 4) - 3",
      "floor(H / 4) - 6",
      "floor(H / 4) - 6",
      "floor(H / 4) - 7",
    ]);
    expect(types.get("y")).toEqual({ type: "float32", shape: ["N", 26, "floor(H / 4) - 7", "floor(W / 4) - 7"] });
  });

  test.each([
    [32, [28, 14, 10, 5, 2, 2, 1]],
    // 45 − 4 = 41, ⌊41/2⌋ = 20, 20 − 4 = 16, 8, 8 − 3 = 5, 5, 5 − 1 = 4
    [45, [41, 20, 16, 8, 5, 5, 4]],
  ])("on images of height %i they are %j", (height, expected) => {
    const numbers = heights.map((h) => new Function("floor", "H", `return ${h}`)(Math.floor, height));
    expect(numbers).toEqual(expected);
  });
});

describe("windows", () => {
  const image = "2×3×9×12";
  const filters = "8×3×3×4";
  test("convolution: (9 + 1 + 2 − 3)/2 + 1 = 5, (12 + 0 + 1 − 7)/3 + 1 = 3", () => {
    expect(shape("Conv", [image, filters], { pads: [1, 0, 2, 1], strides: [2, 3], dilations: [1, 2] })).toBe("2×8×5×3");
  });
  test("convolution of a signal and of a volume", () => {
    expect(shape("Conv", ["1×2×10", "4×2×3"])).toBe("1×4×8");
    expect(shape("Conv", ["1×2×10×9×8", "4×2×3×3×3"], { strides: [2, 1, 1] })).toBe("1×4×4×7×6");
  });
  test("SAME takes ⌈size / stride⌉, VALID no padding", () => {
    expect(shape("Conv", [image, filters], { auto_pad: "SAME_UPPER", strides: [2, 5] })).toBe("2×8×5×3");
    expect(shape("Conv", [image, filters], { auto_pad: "VALID" })).toBe("2×8×7×9");
    expect(shape("MaxPool", ["N×3×H×9"], { auto_pad: "SAME_LOWER", kernel_shape: [3, 3], strides: [2, 2] })).toBe("N×3×floor((H + 1) / 2)×5"); // biome-ignore format: one shape
  });
  test("a pooling's last window may hang over the end, but not begin behind it", () => {
    const ceil = { ceil_mode: 1, kernel_shape: [3, 3], strides: [2, 2] };
    // windows at 0, 2 and 4 of 6 pixels; of 5 only those at 0 and 2
    expect(shape("MaxPool", ["1×1×6×5"], ceil)).toBe("1×1×3×2");
    // 1×1 windows three apart on 5 pixels begin at 0 and 3; the next, at 6, is behind the end
    expect(shape("AveragePool", ["1×1×5×6"], { ceil_mode: 1, kernel_shape: [1, 1], strides: [3, 3] })).toBe("1×1×2×2");
    expect(shape("MaxPool", ["1×1×H×6"], ceil)).toBe("1×1×floor(H / 2)×3");
  });
  test("max-pooling has a second output of indices", () => {
    expect(shapes("MaxPool", [image], { kernel_shape: [3, 3] }, 2)).toEqual(["2×3×7×10", "2×3×7×10"]);
  });
  test("transposed convolution: 2·(9 − 1) + 3 − 1 − 0 + 1 = 19, 1·(12 − 1) + 4 = 15", () => {
    const given = { strides: [2, 1], pads: [1, 0, 0, 0], output_padding: [1, 0], group: 3 };
    expect(shape("ConvTranspose", [image, "3×5×3×4"], given)).toBe("2×15×19×15");
    expect(shape("ConvTranspose", ["N×3×H×W", "3×5×2×2"], { strides: [2, 2] })).toBe("N×5×2 * H×2 * W");
  });
  test("a patch matrix becomes an image", () => {
    expect(shape("Col2Im", ["N×75×16", int64([8, 8]), int64([5, 5])])).toBe("N×3×8×8");
  });
  test("resizing in single precision: 0.7f · 10 rounds up to 7", () => {
    expect(shape("Resize", ["1×1×10×3", "", float32([1, 1, 0.7, 2.5], [4])])).toBe("1×1×7×7");
    expect(shape("Resize", ["N×1×H×W", "", float32([1, 1, 2, 0.5], [4])])).toBe("N×1×2 * H×floor(W / 2)");
    expect(shape("Resize", ["N×1×H×W", "", "", int64([1, 1, 6, 7])])).toBe("1×1×6×7");
    expect(shape("Resize", ["N×1×H×W", "", "", int64([6, 7])], { axes: [2, -1] })).toBe("N×1×6×7");
  });
  test("sampling on a grid", () => {
    expect(shape("AffineGrid", ["N×2×3", int64([5, 1, 32, 24])])).toBe("5×32×24×2");
    expect(shape("GridSample", ["N×3×40×40", "N×32×24×2"])).toBe("N×3×32×24");
  });
  test("gradients of convolution", () => {
    const window = { kernel_shape: [5, 4], group: 2 };
    expect(shape("ConvDataGradient", ["N×8×6×7", "8×3×5×4"], { group: 2, image_shape: [10, 10] }, 1, COMPOSITE)).toBe(
      "N×6×10×10",
    );
    expect(shape("ConvFilterGradient", ["N×6×10×10", "N×8×6×7"], window, 1, COMPOSITE)).toBe("8×3×5×4");
  });
  test("dropout", () => {
    expect(shapes("Dropout", ["N×6×H×W", ""], {}, 2, COMPOSITE)).toEqual(["N×6×H×W", "N×6×H×W"]);
  });
  test("batch normalisation and its gradient", () => {
    const inputs = ["N×6×H×W", "6", "6"];
    expect(shapes("BatchNormalization", inputs, {}, 3, COMPOSITE)).toEqual(["N×6×H×W", "6", "6"]);
    const more = ["N×6×H×W", ...inputs, "6"];
    expect(shapes("BatchNormalizationGradient", more, {}, 3, COMPOSITE)).toEqual(["N×6×H×W", "6", "6"]);
    expect(() => shape("BatchNormalization", ["N×6×H×W", "5", "5"], {}, 3, COMPOSITE)).toThrow(
      /a gain of 5 numbers for 6 channels/,
    );
  });
});

describe("cutting and joining", () => {
  const cut = (d: string, start: number, end: number, step = 1) =>
    shape("Slice", [d, int64([start]), int64([end]), int64([0]), int64([step])]);
  const far = Number.MAX_SAFE_INTEGER;
  // The lengths of Python's range(10)[start:end:step].
  test.each([
    [0, 3, 1, 3], [2, far, 1, 8], [-3, far, 1, 3], [0, -1, 1, 9], [8, 2, 1, 0], [20, far, 1, 0], [-20, 4, 1, 4],
    [1, 8, 3, 3], [0, far, 4, 3], [-1, -far, -1, 10], [9, 2, -1, 7], [20, 0, -3, 3], [-1, -11, -2, 5], [5, -3, -1, 0],
    [0, -far, -1, 1], [-20, -far, -1, 1],
  ])("ten elements [%i:%i:%i] are %i", (start, end, step, expected) => {
    // Python clamps a start before the beginning to −1 for negative steps; ONNX clamps it to 0.
    expect(cut("10", start, end, step)).toBe(`${expected}`);
  }); // biome-ignore format: a table
  test("named sizes", () => {
    expect(cut("N", 0, far)).toBe("N");
    expect(cut("N", 2, -1)).toBe("N - 3");
    expect(cut("N", 1, far, 2)).toBe("floor(N / 2)");
    expect(cut("N", -3, far)).toBe("3");
    expect(cut("N", -1, -far, -1)).toBe("N");
    expect(cut("N", 0, 5)).toBe("unknown shape");
  });
  test("concatenation adds named sizes and takes the others from where they are known", () => {
    expect(shape("Concat", ["N×H", "M×4", "N×4", "3×H"], { axis: 0 })).toBe("M + 2 * N + 3×4");
    expect(() => shape("Concat", ["1×2", "1×3"], { axis: 0 })).toThrow(
      "Concat 'the node': 1×2 and 1×3 cannot be joined along axis 0.",
    );
  });
  test("splitting", () => {
    expect(shapes("Split", ["7×2"], { num_outputs: 4 }, 4)).toEqual(["2×2", "2×2", "2×2", "1×2"]);
    expect(shapes("Split", ["N×6", int64([1, 5])], { axis: -1 }, 2)).toEqual(["N×1", "N×5"]);
    expect(() => shapes("Split", ["2×6", int64([1, 4])], { axis: 1 }, 2)).toThrow("parts of 1,4 are not all of 6");
  });
  test("padding and cropping", () => {
    expect(shape("Pad", ["N×1×H×8", int64([0, 0, 1, -2, 0, 0, 2, 0])])).toBe("N×1×H + 3×6");
    expect(shape("Pad", ["N×1×H×8", int64([1, 2]), "", int64([-1])])).toBe("N×1×H×11");
  });
});

describe("reshaping", () => {
  test("named sizes cancel", () => {
    expect(shape("Reshape", ["N×3×H×4", int64([0, -1])])).toBe("N×12 * H");
    expect(shape("Reshape", ["N×3×H×4", int64([-1, 6])])).toBe("2 * H * N×6");
    expect(shape("Reshape", ["N×H", int64([-1, 2])])).toBe("floor((H * N) / 2)×2");
    expect(shape("Reshape", ["0×3", int64([0, 3])], { allowzero: 1 })).toBe("0×3");
  });
  test("what does not come out is an error", () => {
    expect(() => shape("Reshape", ["2×3", int64([4, -1])])).toThrow(
      "Reshape 'the node': 2×3 cannot be divided into parts of 4.",
    );
    expect(() => shape("Reshape", ["2×3", int64([5])])).toThrow("2×3 cannot be reshaped to 5");
  });
  test("axes come, go and change places", () => {
    expect(shape("Unsqueeze", ["N×5", int64([-1, 0])])).toBe("1×N×5×1");
    expect(shape("Squeeze", ["1×N×1", int64([-1])])).toBe("1×N");
    expect(shape("Squeeze", ["1×4×1"])).toBe("4");
    expect(shape("Squeeze", ["1×N×1"])).toBe("unknown shape");
    expect(() => shape("Squeeze", ["3×1", int64([0])])).toThrow("axis 0 of 3×1 is not of size 1");
    expect(shape("Transpose", ["2×H×4"])).toBe("4×H×2");
    expect(shape("Flatten", ["N×3×H×4"], { axis: 2 })).toBe("3 * N×4 * H");
    expect(shape("Gather", ["N×5×6", "2×3"], { axis: 1 })).toBe("N×2×3×6");
  });
});

describe("products and sums", () => {
  test("matrix products as NumPy's: vectors lose their added axis", () => {
    expect(shape("MatMul", ["B×1×2×3", "7×3×4"])).toBe("B×7×2×4");
    expect(shape("MatMul", ["3", "7×3×4"])).toBe("7×4");
    expect(shape("MatMul", ["7×2×3", "3"])).toBe("7×2");
    expect(shape("MatMul", ["3", "3"])).toBe("scalar");
    expect(() => shape("MatMul", ["2×3", "4×5"])).toThrow("MatMul 'the node': cannot multiply 2×3 by 4×5.");
    expect(shape("Gemm", ["N×3", "5×N"], { transA: 1, transB: 1 })).toBe("3×5");
  });
  test("reductions", () => {
    expect(shape("ReduceSum", ["N×3×4", int64([-1])], { keepdims: 0 })).toBe("N×3");
    expect(shape("ReduceMean", ["N×3×4"], { axes: [0, 2] })).toBe("1×3×1");
    expect(shape("ReduceMax", ["N×3"], { keepdims: 0 })).toBe("scalar");
    expect(shape("ReduceSum", ["N×3"], { noop_with_empty_axes: 1 })).toBe("N×3");
    expect(shape("ArgMax", ["N×3"], { axis: 1, keepdims: 0 })).toBe("N");
    expect(shapes("TopK", ["N×26", int64([5])], {}, 2)).toEqual(["N×5", "N×5"]);
    expect(() => shape("ReduceSum", ["2×3", int64([2])])).toThrow("there is no axis 2 in 2 dimension(s)");
  });
});

describe("broadcasting", () => {
  test("follows NumPy; of two names it takes the larger", () => {
    expect(broadcast([2, 1, 4], [3, 1], [])).toEqual([2, 3, 4]);
    expect(broadcast(["N", 3], [1, 3], ["N", 1])).toEqual(["N", 3]);
    expect(broadcast(["N"], [5])).toEqual([5]);
    expect(broadcast(["N"], ["M"])).toEqual(["max(N, M)"]);
    expect(broadcast([0], [1])).toEqual([0]);
  });
  test("an error names the node and both shapes", () => {
    expect(() => shape("Add", ["2×3", "4×3"])).toThrow(ShapeError);
    expect(() => shape("Add", ["2×3", "4×3"])).toThrow(
      "Add 'the node': shapes 2×3 and 4×3 cannot be broadcast together.",
    );
  });
});

describe("errors of convolution", () => {
  test.each<[string, readonly string[], string]>([
    [
      "depth",
      ["1×4×9×9", "8×3×3×3"],
      "Conv 'the node': filters of depth 3 in 1 group(s) need 3 channels, the input has 4.",
    ],
    ["size", ["1×3×9×2", "8×3×3×3"], "Conv 'the node': support 3×3 does not fit its 9×2 input."],
    ["rank", ["1×3×9", "8×3×3×3"], "a window with 2 axes does not fit an image with 1"],
  ])("%s", (_, inputs, message) => {
    expect(() => shape("Conv", inputs)).toThrow(message);
  });
});

describe("whole graphs", () => {
  const node = (operator: string, inputs: string[], output: string, given: Readonly<Record<string, AttributeInput>> = {}) => ({
    operator, domain: "", name: "", inputs, outputs: [output], attributes: attributes(given),
  }); // biome-ignore format: one node
  const graph = (nodes: Node[], more: Partial<Graph> = {}): Graph => ({
    name: "g",
    inputs: [{ name: "x", type: "float32", shape: ["N", 3, "H", "W"] }],
    outputs: [],
    initializers: new Map(),
    nodes,
    ...more,
  });

  test("a reshape to N×(C·H·W), as PyTorch writes it", () => {
    const types = inferShapes(
      graph([
        node("Shape", ["x"], "shape"),
        node("Constant", [], "zero", { value_int: 0 }),
        node("Gather", ["shape", "zero"], "n"),
        node("Constant", [], "first", { value_ints: [0] }),
        node("Unsqueeze", ["n", "first"], "batch"),
        node("Constant", [], "rest", { value_ints: [-1] }),
        node("Concat", ["batch", "rest"], "wanted", { axis: 0 }),
        node("Reshape", ["x", "wanted"], "y"),
      ]),
    );
    expect(types.get("shape")).toEqual({ type: "int64", shape: [4] });
    expect(types.get("y")).toEqual({ type: "float32", shape: ["N", "3 * H * W"] });
  });

  test("half the height, computed from the shape", () => {
    const types = inferShapes(
      graph(
        [
          node("Shape", ["x"], "height", { start: 2, end: 3 }),
          node("Div", ["height", "two"], "half"),
          node("ConstantOfShape", ["half"], "y", {}),
        ],
        { initializers: new Map([["two", int64([2])]]) },
      ),
    );
    expect(types.get("y")?.shape).toEqual(["floor(H / 2)"]);
  });

  test("an operator that is not known leaves a gap, which a declaration fills", () => {
    const nodes = [
      node("Mystery", ["x"], "a"),
      node("Relu", ["a"], "b"),
      node("Mystery", ["x"], "c"),
      node("Relu", ["c"], "d"),
    ];
    const declared = [{ name: "c", type: "float16", shape: ["N", 7] } as const];
    const types = inferShapes(graph(nodes, { declared }));
    expect([...types.keys()]).toEqual(["x", "c", "d"]);
    expect(types.get("d")).toEqual({ type: "float16", shape: ["N", 7] });
  });

  test("the type is known where only the shape is not", () => {
    const types = inferShapes(
      graph([node("Mystery", [], "a"), node("Greater", ["a", "x"], "b"), node("Shape", ["a"], "c")]),
    );
    expect(types.get("b")).toEqual({ type: "bool", shape: undefined });
    expect(types.get("c")).toEqual({ type: "int64", shape: undefined });
  });

  test("a node without a name is called by its output", () => {
    const bad = graph([node("Add", ["x", "w"], "sum")], {
      initializers: new Map([["w", zeros("float32", [5, 1, 1])]]),
    });
    expect(() => inferShapes(bad)).toThrow("Add 'sum': shapes N×3×H×W and 5×1×1 cannot be broadcast together.");
  });

  test("attributes of the wrong kind are reported", () => {
    const bad = graph([node("Conv", ["x", "w"], "y", { group: float(1) })], {
      initializers: new Map([["w", zeros("float32", [1, 3, 1, 1])]]),
    });
    expect(() => inferShapes(bad)).toThrow("attribute 'group' should be an int, got float");
  });
});
