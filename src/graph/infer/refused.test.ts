/** Attributes that no operator can have, and what is no graph at all: refused where a graph is built, inferred, lowered or differentiated. */

import { describe, expect, test } from "vitest";
import { gradients } from "../../autodiff/differentiate.js";
import type { Layout } from "../../lowering/layouts.js";
import { lower } from "../../lowering/lower.js";
import type { AttributeInput } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import { decodeModel, encodeModel } from "../codec/codec.js";
import type { Model } from "../model.js";
import type { DataType, Graph } from "../types.js";
import { inferShapes, ShapeError } from "./infer.js";

/** What plain JavaScript may hand over, in the place of what TypeScript asks for. */
const given = <T>(value: unknown): T => value as T;

const POOL = { kernel_shape: [2, 2] };

describe("attributes", () => {
  test.each<[string, Record<string, AttributeInput>, string]>([
    ["MaxPool", { ...POOL, strides: [0, 0] }, "expected strides of at least 1, got 0×0"],
    ["MaxPool", { ...POOL, strides: [-1, 1] }, "expected strides of at least 1, got -1×1"],
    ["MaxPool", { ...POOL, strides: [1] }, "a window with 2 axes needs 2 strides, got 1"],
    ["MaxPool", { ...POOL, pads: [1, 1] }, "a window with 2 axes needs 4 pads, got 2"],
    ["AveragePool", { ...POOL, dilations: [1, 0] }, "expected dilations of at least 1, got 1×0"],
    ["LpPool", { kernel_shape: [0, 2] }, "expected kernel_shape of at least 1, got 0×2"],
    ["MaxPool", { ...POOL, pads: [-3, 0, 0, 0] }, "support 2×2 does not fit its 4×4 input"],
    ["Conv", { strides: [0, 0] }, "expected strides of at least 1, got 0×0"],
    ["Conv", { dilations: [-1, -1] }, "expected dilations of at least 1, got -1×-1"],
    ["Conv", { group: 0 }, "expected group of at least 1, got 0"],
    ["ConvTranspose", { strides: [0, 1] }, "expected strides of at least 1, got 0×1"],
    ["ConvTranspose", { pads: [4, 0, 4, 0] }, "its output would be of shape 1×1×-3×5, with inputs of 1×1×4×4, 1×1×2×2"],
    ["DepthToSpace", { blocksize: 0 }, "expected blocksize of at least 1, got 0"],
    ["DepthToSpace", { blocksize: 2 }, "1 channels are no multiple of 4"],
    ["DepthToSpace", {}, "the attribute blocksize is missing"],
    ["SpaceToDepth", { blocksize: 3 }, "4 pixels are no multiple of 3"],
    ["LRN", { size: 0 }, "expected size of at least 1, got 0"],
    ["Concat", {}, "the attribute axis is missing"],
  ])("%s with %o", (operator, attributes, reason) => {
    const g = new GraphBuilder("windows");
    const inputs = [g.input("x", "float32", [1, 1, 4, 4])];
    if (operator.startsWith("Conv")) inputs.push(g.input("w", "float32", [1, 1, 2, 2]));
    const message = `${operator} '${operator}.0': ${reason}.`;
    expect(() => g.op(operator, inputs, attributes)).toThrow(new ShapeError(message));
  });
});

test("inputs of a graph", () => {
  const g = new GraphBuilder("inputs");
  expect(() => g.input("x", given<DataType>("float99"), [2])).toThrow(
    new ShapeError("The input 'x' cannot be of type 'float99'."),
  );
  for (const size of [-2, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const message = `The input 'x' cannot be of shape 2×${size}.`;
    expect(() => g.input("x", "float32", [2, size])).toThrow(new ShapeError(message));
  }
});

describe("what is no graph", () => {
  const g = new GraphBuilder("g");
  g.output("y", g.op("ReduceSum", [g.input("x", "float32", [2])], { keepdims: 0 }));
  const graph = g.build();

  test.each<[unknown, string]>([
    [null, "graph: expected a graph, got null."],
    ["x", 'graph: expected a graph, got "x".'],
    [{}, "graph.inputs: expected a list, got nothing."],
    [{ ...graph, nodes: [null] }, "graph.nodes[0]: expected an object, got null."],
    [{ ...graph, nodes: [{}] }, "graph.nodes[0].inputs: expected a list, got nothing."],
    [{ ...graph, initializers: {} }, "graph.initializers: expected a Map, got {}."],
  ])("%o", (value, message) => {
    const error = new TypeError(`Invalid value for ${message}`);
    expect(() => inferShapes(given<Graph>(value))).toThrow(error);
    expect(() => lower(given<Graph>(value), "batch-first")).toThrow(error);
    expect(() => encodeModel(given<Model>({ irVersion: 9, opsets: {}, graph: value }))).toThrow(error);
  });

  test("a layout, bytes, a model, values to differentiate by", () => {
    expect(() => lower(graph, given<Layout>("bogus"))).toThrow(
      new RangeError('Invalid value for layout: expected "batch-first" or "batch-last", got "bogus".'),
    );
    for (const bytes of [null, "x", new ArrayBuffer(4)]) {
      expect(() => decodeModel(given<Uint8Array>(bytes))).toThrow(
        /^Invalid value for bytes: expected a Uint8Array, got /,
      );
    }
    expect(() => encodeModel(given<Model>(null))).toThrow(
      new TypeError("Invalid value for model: expected a model, got null."),
    );
    expect(() => gradients(g, "y", given<string[]>(undefined))).toThrow(
      new TypeError("Invalid value for values: expected a list, got nothing."),
    );
    expect(() => gradients(given<GraphBuilder>({}), "y", ["x"])).toThrow(
      new TypeError("Invalid value for g: expected a GraphBuilder, got {}."),
    );
  });
});
