/** The labels of a batch on WebGPU, which has no kernel that makes floats of whole numbers of 64 bits, and none that moves what is true or false. */

import { intOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { codeOf, elementCount } from "../graph/tensor.js";
import type { Graph, Node } from "../graph/types.js";

const isCastToFloat = (node: Node): boolean =>
  node.domain === "" && node.operator === "Cast" && intOf(node, "to", 0) === codeOf("float32");

/** A graph that takes as floats what are int64 inputs and only made floats of: whoever runs it makes them so, by the same rounding. */
export function labelsAsFloats(graph: Graph): Graph {
  const readers = (name: string): Node[] => graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const isLabels = ({ name, type }: Graph["inputs"][number]): boolean =>
    type === "int64" &&
    !graph.initializers.has(name) &&
    graph.outputs.every((output) => output.name !== name) &&
    readers(name).every(isCastToFloat);
  const labels = new Set(graph.inputs.filter(isLabels).map(({ name }) => name));
  return {
    ...graph,
    inputs: graph.inputs.map((input) => (labels.has(input.name) ? { ...input, type: "float32" } : input)),
    nodes: graph.nodes.map((node) =>
      isCastToFloat(node) && labels.has(node.inputs[0]) ? { ...node, operator: "Identity", attributes: {} } : node,
    ),
  };
}

/** What is made of whole labels and constants alone. */
export function ofLabels(graph: Graph): ReadonlySet<string> {
  const labels = new Set(graph.inputs.filter(({ type }) => type === "int64").map(({ name }) => name));
  for (const { inputs, outputs } of graph.nodes) {
    const others = inputs.filter((name) => name !== "" && !graph.initializers.has(name));
    if (others.length > 0 && others.every((name) => labels.has(name))) for (const output of outputs) labels.add(output);
  }
  return labels;
}

/**
 * On the processor where scores are chosen by labels: the runtime moves the transposition of the scores behind the choice, and so has to transpose what they are
 * chosen by. It does not where all are one row.
 */
export const whereOfLabels =
  (labels: ReadonlySet<string>) =>
  (g: GraphBuilder, node: Node, inputs: readonly string[]): string | undefined => {
    if (!labels.has(node.inputs[0])) return undefined;
    const shapes = inputs.map((input) => g.shape(input).map(Number));
    const sizes = shapes.map((shape) => elementCount(shape));
    const [chosen] = shapes;
    if (!shapes.every((shape, i) => sizes[i] === 1 || shape.join() === chosen.join())) return undefined;
    const row = g.op(
      "Where",
      inputs.map((input, i) => g.op("Reshape", [input, g.ints(sizes[i])])),
    );
    return g.op("Reshape", [row, g.ints(...chosen)]);
  };
