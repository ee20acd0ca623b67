import { describe, expect, test } from "vitest";
import { example, modelBytes, onnxModels } from "../../../test/support/onnx-models.js";
import { decodeModel } from "../codec/codec.js";
import { formatShape } from "../dimension.js";
import type { DataType, Dimension, Graph, Value } from "../types.js";
import { inferShapes } from "./infer.js";

/** Operators of which a shape depends on a floating-point input. */
const FLOATING = new Set(["OneHot", "Range", "Resize", "Upsample"]);

/** A graph that says nothing about its outputs, and whose inputs that may shape them are the constants of the example. */
function stripped(directory: string): Graph {
  const { graph } = decodeModel(modelBytes(directory));
  const fed = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const initializers = new Map(graph.initializers);
  fed.forEach(({ name, type }, i) => {
    if (type === "float32" && !graph.nodes.some(({ operator }) => FLOATING.has(operator))) return;
    const value = example(directory, `input_${i}`);
    if (value) initializers.set(name, value);
  });
  const { declared: _, ...rest } = graph;
  return { ...rest, initializers, outputs: graph.outputs.map((value) => ({ ...value, opaque: true })) };
}

/** Whether two element types are the same. The package stores bfloat16 outputs as uint16: their bits. */
const sameElements = (got: DataType, expected: DataType): boolean =>
  got === expected || (got === "bfloat16" && expected === "uint16");

interface Outcome {
  readonly directory: string;
  readonly operator: string;
  readonly verdict: "agree" | "unknown" | string;
}

/** Compares every output of every model with what is inferred; `size` gives the number that an inferred size stands for. */
function compare(change: (graph: Graph) => Graph, size: (d: Dimension, graph: Graph) => number): Outcome[] {
  return onnxModels.flatMap((directory) => {
    const graph = stripped(directory);
    const types = inferShapes(change(graph));
    return graph.outputs.flatMap(({ name }, i) => {
      const expected = example(directory, `output_${i}`);
      if (!expected) return [];
      const type = types.get(name);
      const operator = graph.nodes.find((node) => node.outputs.includes(name))?.operator ?? "";
      if (!type?.shape) return [{ directory, operator, verdict: "unknown" }];
      const [got, wanted] = [formatShape(type.shape.map((d) => size(d, graph))), formatShape(expected.shape)];
      if (sameElements(type.type, expected.type) && got === wanted) return [{ directory, operator, verdict: "agree" }];
      return [
        { directory, operator, verdict: `${type.type} ${formatShape(type.shape)}, not ${expected.type} ${wanted}` },
      ];
    });
  });
}

const count = (outcomes: readonly Outcome[], verdict: string): number =>
  outcomes.filter((outcome) => outcome.verdict === verdict).length;
const wrong = (outcomes: readonly Outcome[]): Outcome[] =>
  outcomes.filter(({ verdict }) => verdict !== "agree" && verdict !== "unknown");

describe.skipIf(onnxModels.length === 0)("against the expected outputs of libonnx-testdata", () => {
  test("no inferred type or shape is another one", () => {
    const outcomes = compare((graph) => graph, Number);
    expect(wrong(outcomes)).toEqual([]);
    expect(outcomes).toHaveLength(1226);
    expect(count(outcomes, "agree")).toBeGreaterThanOrEqual(927);
  });

  test("no formula has another value, when every size of the inputs is only named", () => {
    const named = ({ inputs, initializers, ...rest }: Graph): Graph => {
      const names = (value: Value, at: number): Value =>
        initializers.has(value.name) ? value : { ...value, shape: value.shape?.map((_, axis) => `d${at}_${axis}`) };
      return { ...rest, initializers, inputs: inputs.map(names) };
    };
    const evaluate = (d: Dimension, { inputs }: Graph): number => {
      const sizes = inputs.flatMap(
        ({ shape }, at) => shape?.map((size, axis) => ({ name: `d${at}_${axis}`, size })) ?? [],
      );
      const names = sizes.map(({ name }) => name);
      return new Function("floor", "max", ...names, `return ${d};`)(Math.floor, Math.max, ...sizes.map((s) => s.size));
    };
    const outcomes = compare(named, evaluate);
    expect(wrong(outcomes)).toEqual([]);
    expect(count(outcomes, "agree")).toBeGreaterThanOrEqual(901);
  });
});
