import { defined } from "../../values/defined.js";
import { intOf } from "../attributes.js";
import { isStatic } from "../dimension.js";
import { expectGraph } from "../expect-graph.js";
import { type Inference, inferShapes, startInference } from "../infer/infer.js";
import { tensorIn } from "../infer/infer-compute.js";
import type { Model } from "../model.js";
import { codeOf, int64, tensor } from "../tensor.js";
import type { Graph, Node, Opsets, Tensor, Value } from "../types.js";
import { readBy, subgraphs, withoutUnused } from "../unused.js";
import { upgradeModel } from "../upgrade/upgrade.js";
import { bindSizes, type Sizes } from "./bind-sizes.js";
import { chosenBranch } from "./branches.js";
import { computed, type Evaluator, isComputable } from "./constant-nodes.js";
import { freeBatch } from "./free-batch.js";
import { withoutIdentities } from "./rename-reads.js";

export type { Evaluator } from "./constant-nodes.js";

/** What is known of a model beyond its file. */
export interface FoldOptions {
  /** sizes of the inputs that are free, by their name ("N") or by input and axis ("image.0") */
  readonly sizes?: Sizes;
}

/** So often is looked again, each time that something became constant: as deep as branches lie in branches. */
const MOST_PASSES = 100;

/**
 * A model in which all is computed that does not depend on what is fed: what is made of constants and of known shapes becomes constants, a branch whose
 * condition is known takes the place of its node, dropout and copies are taken out, and so is what nothing needs. Initializers are no inputs any
 * more. The model is upgraded to operator set 20 before ({@link upgradeModel}).
 *
 * A Reshape to a constant shape keeps the first size of what it gets (0 in its place), wherever the sizes behind are then still the same, and a Resize
 * to constant sizes has those of the image's axes alone: so files that were made for one picture take batches.
 *
 * @param model the model, of any operator set that `upgradeModel` takes; it is not changed
 * @param engine where constants are computed; nodes that it does not run stay
 * @param options sizes to be taken for granted
 * @throws UpgradeError, ShapeError as `upgradeModel`; RangeError when a size is none of the model's; TypeError when it is no model
 * @example
 * const { graph } = await foldModel(decodeModel(await readFile("letters.onnx")), engine, { sizes: { N: 4, H: 32, W: 32 } });
 * graph.inputs[0].shape; // [4, 1, 32, 32]
 */
export async function foldModel(model: Model, engine: Evaluator, options: FoldOptions = {}): Promise<Model> {
  expectGraph(model.graph);
  const upgraded = upgradeModel({ ...model, graph: bindSizes(model.graph, options.sizes ?? {}) });
  let graph = withoutFedConstants(upgraded.graph);
  const failed = new Set<Node>();
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const { folded, changed } = await foldOnce(graph, engine, upgraded.opsets, failed);
    graph = folded;
    if (!changed) break;
  }
  graph = withoutUnused(withoutIdentities(graph));
  return { ...upgraded, graph: withKnownShapes(graph) };
}

/** Old files list constants among the inputs. */
const withoutFedConstants = (graph: Graph): Graph => ({
  ...graph,
  inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)),
});

/** One walk over the nodes, and one run of those that are constant. */
async function foldOnce(
  graph: Graph,
  engine: Evaluator,
  opsets: Opsets,
  failed: Set<Node>,
): Promise<{ folded: Graph; changed: boolean }> {
  const fold = new Fold(graph, failed);
  for (const node of graph.nodes) fold.node(node);
  return fold.finish(engine, opsets);
}

class Fold {
  readonly #graph: Graph;
  readonly #inference: Inference;
  readonly #constants: Map<string, Tensor>;
  /** what nodes make that are about to be computed */
  readonly #pending = new Set<string>();
  readonly #computable: Node[] = [];
  readonly #nodes: Node[] = [];
  readonly #outputs: ReadonlySet<string>;
  readonly #names: Set<string>;
  readonly #read: ReadonlySet<string>;
  /** nodes that the engine does not run */
  readonly #failed: Set<Node>;
  #changed = false;

  constructor(graph: Graph, failed: Set<Node>) {
    this.#graph = graph;
    this.#failed = failed;
    this.#read = new Set([...graph.nodes.flatMap(readBy), ...graph.outputs.map(({ name }) => name)]);
    this.#inference = startInference(graph);
    this.#constants = new Map(graph.initializers);
    this.#outputs = new Set(graph.outputs.map(({ name }) => name));
    this.#names = new Set([...graph.initializers.keys(), ...namesIn(graph.nodes)]);
  }

  readonly #unique = (name: string): string => {
    let free = name;
    for (let i = 1; this.#names.has(free); i++) free = `${name}.${i}`;
    this.#names.add(free);
    return free;
  };

  node(given: Node): void {
    const branch = this.#branchOf(given);
    if (branch) {
      this.#changed = true;
      for (const [name, value] of branch.initializers) this.#constant(name, value);
      for (const inner of branch.nodes) this.node(inner);
      return;
    }
    const node = this.#freed(this.#inUse(given));
    this.#inference.add(node);
    const value = this.#isOutput(node) ? undefined : this.#valueOf(node);
    if (value) {
      this.#changed = true;
      this.#constant(node.outputs[0], value);
    } else if (this.#isConstant(node)) {
      this.#computable.push(node);
      for (const output of node.outputs) this.#pending.add(output);
    } else this.#nodes.push(node);
  }

  /** The branch of an If whose condition is known. */
  #branchOf(node: Node): ReturnType<typeof chosenBranch> {
    if (node.operator !== "If" || node.domain !== "") return undefined;
    const condition = this.#constants.get(node.inputs[0]);
    return condition?.data.length === 1 ? chosenBranch(node, Boolean(condition.data[0]), this.#unique) : undefined;
  }

  /** Dropout hands on what it gets, unless it is told to train or its mask is of use, and so does a Cast to the type that it gets. */
  #inUse(node: Node): Node {
    const type = this.#inference.typeOf(node.inputs[0] ?? "")?.type;
    if (node.operator === "Cast" && node.domain === "" && type && intOf(node, "to", 0) === codeOf(type)) {
      return { ...node, operator: "Identity", attributes: {} };
    }
    if (node.operator !== "Dropout" || node.domain !== "" || this.#read.has(node.outputs[1] ?? "")) return node;
    const training = node.inputs[2] ?? "";
    if (training !== "" && this.#constants.get(training)?.data[0] !== 0) return node;
    return { ...node, operator: "Identity", inputs: [node.inputs[0]], outputs: [node.outputs[0]], attributes: {} };
  }

  /** A node that goes with batches of any size, where it can. */
  #freed(node: Node): Node {
    const freed = freeBatch(node, this.#inference, this.#constants);
    if (!freed) return node;
    const name = this.#unique(`${node.inputs[freed.input]}/batch`);
    this.#constant(name, freed.value);
    return { ...node, inputs: node.inputs.with(freed.input, name), attributes: freed.attributes };
  }

  #constant(name: string, value: Tensor): void {
    this.#constants.set(name, value);
    this.#inference.initializer(name, value);
  }

  #isOutput = (node: Node): boolean => node.outputs.some((output) => this.#outputs.has(output));

  /** What a node makes, where it holds it or where shapes alone say it. */
  #valueOf(node: Node): Tensor | undefined {
    if (node.domain !== "" || node.outputs.length !== 1) return undefined;
    if (node.operator === "Constant") return tensorIn(node);
    const [type, elements] = [this.#inference.typeOf(node.outputs[0]), this.#inference.elementsOf(node.outputs[0])];
    if (!elements || !isStatic(elements) || !type?.shape || !isStatic(type.shape)) return undefined;
    if (type.type === "int64") return int64(elements, type.shape);
    return type.type === "int32" ? tensor("int32", type.shape, Int32Array.from(elements)) : undefined;
  }

  #isConstant(node: Node): boolean {
    const known = (input: string): boolean => input === "" || this.#constants.has(input) || this.#pending.has(input);
    if (this.#failed.has(node) || this.#isOutput(node) || !node.inputs.every(known)) return false;
    return isComputable(node, this.#inference, this.#constants);
  }

  async finish(engine: Evaluator, opsets: Opsets): Promise<{ folded: Graph; changed: boolean }> {
    const read = new Set([...this.#nodes.flatMap(readBy), ...this.#outputs]);
    const wanted = [...this.#pending].filter((name) => read.has(name));
    const { values, left } = await computed(this.#computable, wanted, this.#constants, engine, opsets);
    for (const node of left) this.#failed.add(node);
    const initializers = new Map([...this.#constants, ...values]);
    // What could not be computed reads constants alone, so that it may come first.
    const folded = withoutUnused({ ...this.#graph, initializers, nodes: [...left, ...this.#nodes] });
    return { folded, changed: this.#changed || values.size > 0 };
  }
}

/** All names of values. */
const namesIn = (nodes: readonly Node[]): readonly string[] =>
  nodes.flatMap((node) => [
    ...node.inputs,
    ...node.outputs,
    ...subgraphs(node).flatMap((graph) => [
      ...[...graph.inputs, ...graph.outputs].map(({ name }) => name),
      ...graph.initializers.keys(),
      ...namesIn(graph.nodes),
    ]),
  ]);

/** Outputs with the shapes that are inferred, and no declarations of values that are gone. */
function withKnownShapes(graph: Graph): Graph {
  const types = inferShapes(graph);
  const outputs = graph.outputs.map((value): Value => {
    const type = types.get(value.name);
    return type?.shape && !value.opaque ? { ...value, ...type } : value;
  });
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const declared = graph.declared?.filter(({ name }) => types.has(name) || made.has(name));
  return { ...graph, outputs, ...defined({ declared }) };
}
