import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeModel, decodeTensor, ModelFormatError } from "./codec.js";
import { formatShape } from "./dimension.js";
import { inferShapes } from "./infer.js";
import type { DataType, Graph, Node, Tensor } from "./types.js";

/** Debian's package of ONNX's own test models. */
const ROOT = "/usr/share/libonnx-testdata/data";

const directories = existsSync(ROOT)
  ? readdirSync(ROOT, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith("model.onnx"))
      .map((file) => join(ROOT, dirname(file)))
  : [];

/** An input or expected output of a model's first data set; undefined where it is a sequence, strings … */
function example(directory: string, file: string): Tensor | undefined {
  const path = join(directory, "test_data_set_0", `${file}.pb`);
  try {
    return existsSync(path) ? decodeTensor(readFileSync(path)) : undefined;
  } catch (error) {
    if (error instanceof ModelFormatError) return undefined;
    throw error;
  }
}

/** Operators of which a shape depends on a floating-point input. */
const FLOATING = new Set(["OneHot", "Range", "Resize", "Upsample"]);

/** A graph that says nothing about its outputs, and whose inputs that may shape them are the constants of the example. */
function stripped(directory: string): Graph {
  const { graph } = decodeModel(readFileSync(join(directory, "model.onnx")));
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

describe.skipIf(directories.length === 0)("against the expected outputs of libonnx-testdata", () => {
  test("no inferred type or shape is another one", () => {
    const counts = { agree: 0, unknown: 0, disagree: 0 };
    const wrong: string[] = [];
    const unknown = new Set<string>();
    for (const directory of directories) {
      const graph = stripped(directory);
      const types = inferShapes(graph);
      graph.outputs.forEach(({ name }, i) => {
        const expected = example(directory, `output_${i}`);
        if (!expected) return;
        const type = types.get(name);
        if (!type?.shape) {
          counts.unknown++;
          const known = (node: Node) => node.outputs.every((o) => types.get(o)?.shape);
          unknown.add(graph.nodes.find((node) => !known(node))?.operator ?? "");
        } else if (sameElements(type.type, expected.type) && formatShape(type.shape) === formatShape(expected.shape))
          counts.agree++;
        else {
          counts.disagree++;
          wrong.push(`${directory} ${name}: ${type.type} ${type.shape}, expected ${expected.type} ${expected.shape}`);
        }
      });
    }
    console.log(counts, [...unknown].join(" "));
    expect(wrong).toEqual([]);
  });
});
