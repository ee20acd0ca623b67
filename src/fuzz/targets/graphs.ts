/** ONNX files with changed bytes, and graphs with changed nodes, values and attributes. */

import { decodeModel, encodeModel } from "../../graph/codec/codec.js";
import { type Evaluator, foldModel } from "../../graph/fold/fold.js";
import { inferShapes } from "../../graph/infer/infer.js";
import { modelOf } from "../../graph/model.js";
import type { Attribute, Graph, Node } from "../../graph/types.js";
import { upgradeModel } from "../../graph/upgrade/upgrade.js";
import { forGraphics } from "../../lowering/graphics.js";
import { lower } from "../../lowering/lower.js";
import { fromOnnx, toOnnx } from "../../network/model/model.js";
import { cifarQuick, lenet } from "../../network/zoo/index.js";
import type { Stream } from "../../random/stream.js";
import { sgd } from "../../training/solver/solver.js";
import { trainingGraph } from "../../training/step/graphs.js";
import { initialize } from "../../training/step/initialize.js";
import { mutated, oneOf, type Target } from "../target.js";

/** The first error of several things that must each end, thrown when all have been tried. */
function tryAll(...bodies: readonly (() => void)[]): void {
  const errors = bodies.flatMap((body) => {
    try {
      body();
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (errors.length > 0)
    throw errors.find((error) => !(error instanceof Error && /Error$/.test(error.name))) ?? errors[0];
}

let model: Uint8Array | undefined;

function modelBytes(): Uint8Array {
  const network = lenet();
  model ??= toOnnx({
    network,
    parameters: initialize(network, 1),
    classes: Array.from("0123456789"),
    history: null,
    normalization: { mean: [0], scale: 1 },
  });
  return model;
}

/** ONNX files. */
export const models: Target = {
  about: "ONNX files with changed bytes: read, inferred, lowered, written",
  seconds: 20,
  async run(random) {
    const bytes = mutated(random, modelBytes());
    tryAll(
      () => void fromOnnx(bytes),
      () => {
        const read = decodeModel(bytes);
        inferShapes(read.graph);
        lower(read.graph, oneOf(random, ["batch-first", "batch-last"] as const));
        decodeModel(encodeModel(read));
      },
    );
  },
};

let plain: readonly Graph[] | undefined;

function plainGraphs(): readonly Graph[] {
  plain ??= [
    decodeModel(modelBytes()).graph,
    trainingGraph(lenet(), { mean: [0], scale: 1 }, { solver: sgd() }, 4),
    trainingGraph(cifarQuick(), { mean: [0, 0, 0], scale: 1 }, { solver: sgd() }, 20),
  ];
  return plain;
}

const ATTRIBUTES: readonly Attribute[] = [
  { type: "int", value: 0 },
  { type: "int", value: -1 },
  { type: "int", value: 2n ** 62n },
  { type: "ints", value: [] },
  { type: "ints", value: [0, 0] },
  { type: "ints", value: [-1, 1, 2, 3, 4, 5] },
  { type: "float", value: Number.NaN },
  { type: "string", value: "x" },
  { type: "string", value: Uint8Array.of(255) },
];

/** A node with something else in the place of what it has. */
function changedNode(random: Stream, node: Node, others: readonly Node[], values: readonly string[]): Node {
  const changes: readonly (() => Node)[] = [
    () => ({ ...node, inputs: node.inputs.map((input) => (random.uniform() < 0.5 ? oneOf(random, values) : input)) }),
    () => ({ ...node, inputs: node.inputs.slice(0, -1) }),
    () => ({ ...node, inputs: [...node.inputs, oneOf(random, [...values, ""])] }),
    () => ({ ...node, operator: oneOf(random, others).operator }),
    () => ({ ...node, attributes: oneOf(random, others).attributes }),
    () => {
      const names = Object.keys(node.attributes);
      const name = names.length > 0 ? oneOf(random, names) : "axis";
      return { ...node, attributes: { ...node.attributes, [name]: oneOf(random, ATTRIBUTES) } };
    },
    () => ({ ...node, outputs: [] }),
    () => ({ ...node, outputs: [...node.outputs, oneOf(random, [...values, "", "new"])] }),
  ];
  return oneOf(random, changes)();
}

/** A graph with some nodes changed, moved or left out, tensors of other shapes, and inputs of others. */
function changedGraph(random: Stream, graph: Graph): Graph {
  const nodes = [...graph.nodes];
  const inputs = [...graph.inputs];
  const initializers = new Map(graph.initializers);
  const values = [
    ...nodes.flatMap(({ outputs }) => outputs),
    ...initializers.keys(),
    ...inputs.map(({ name }) => name),
  ];
  for (let left = random.integer(1, 4); left > 0 && nodes.length > 0; left--) {
    const at = random.integer(0, nodes.length - 1);
    const kind = random.integer(0, 9);
    if (kind === 0) nodes.splice(at, 1);
    else if (kind === 1) {
      const other = random.integer(0, nodes.length - 1);
      [nodes[at], nodes[other]] = [nodes[other], nodes[at]];
    } else if (kind === 2) {
      const [name, value] = oneOf(random, [...initializers]);
      const { shape } = value;
      const shapes = [[], [0], [...shape, 2], shape.slice(1), shape.toReversed(), [-1], [1e9, 1e9], [1.5]];
      initializers.set(name, { ...value, shape: oneOf(random, shapes) });
    } else if (kind === 3) initializers.delete(oneOf(random, [...initializers.keys()]));
    else if (kind === 4) {
      const k = random.integer(0, inputs.length - 1);
      inputs[k] = { ...inputs[k], shape: oneOf(random, [undefined, [], [0], ["N"], ["N", "?", "(((", "a"], [-3, 2]]) };
    } else nodes[at] = changedNode(random, nodes[at], nodes, values);
  }
  return { ...graph, nodes, inputs, initializers };
}

/** An engine that runs nothing, so that folding does without. */
const none: Evaluator = { load: () => Promise.reject(new TypeError("runs nothing")) };

/** Graphs. */
export const graphs: Target = {
  about:
    "graphs with changed nodes, values and attributes: inferred, lowered, written, and as models of other versions upgraded and folded",
  seconds: 20,
  async run(random) {
    const graph = changedGraph(random, oneOf(random, plainGraphs()));
    const other = modelOf(graph, { opsets: { "": random.integer(1, 26), bellpepper: 1 } });
    tryAll(
      () => void inferShapes(graph),
      () => void lower(graph, "batch-first"),
      () => void forGraphics(lower(graph, "batch-last")),
      () => void decodeModel(encodeModel(modelOf(graph))),
      () => void upgradeModel(other),
    );
    await foldModel(modelOf(graph), none);
  },
};
