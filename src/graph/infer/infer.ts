/** Shape inference: the types of a node's outputs from the types of its inputs. */

import { formatShape, isSize, isStatic } from "../dimension.js";
import { expectGraph } from "../expect-graph.js";
import { aboutNode } from "../shape-error.js";
import { elementCount, expectElements } from "../tensor.js";
import { COMPOSITE, type Dimension, type Graph, NCHWC, type Node, type Tensor, type ValueType } from "../types.js";
import { expectNode } from "./expect-node.js";
import { ARRANGE_RULES } from "./infer-arrange.js";
import { COMPUTE_RULES, TYPES, tensorIn } from "./infer-compute.js";
import { NORMALIZATION_RULES } from "./infer-normalization.js";
import { QUANTIZED_RULES } from "./infer-quantized.js";
import { RANDOM_RULES } from "./infer-random.js";
import { type InferenceContext, type Rules, ShapeError, Unknown } from "./infer-rule.js";
import { SEQUENCE_RULES } from "./infer-sequences.js";
import { EVALUATIONS } from "./infer-values.js";
import { BLOCKED_RULES, COMPOSITE_WINDOW_RULES, WINDOW_RULES } from "./infer-windows.js";

export { broadcast, type InferenceContext, ShapeError } from "./infer-rule.js";

/** Every operator of ONNX whose output types are inferred. */
const RULES: Rules = { ...COMPUTE_RULES, ...ARRANGE_RULES, ...WINDOW_RULES, ...QUANTIZED_RULES, ...SEQUENCE_RULES };

/** The names of those operators. */
export const INFERRED: readonly string[] = Object.keys(RULES);

/** The composite operators: what differentiation writes and lowering replaces. */
const COMPOSITE_RULES: Rules = { ...COMPOSITE_WINDOW_RULES, ...NORMALIZATION_RULES, ...RANDOM_RULES };

/** The operators of each domain. */
const DOMAINS: Readonly<Record<string, Rules>> = {
  "": RULES,
  [COMPOSITE]: COMPOSITE_RULES,
  [NCHWC]: BLOCKED_RULES,
};

/** What a node may look at. */
export interface Known {
  typeOf(name: string): ValueType | undefined;
  /** the elements of a value, where they are known */
  elementsOf(name: string): readonly Dimension[] | undefined;
}

function contextOf(node: Node, { typeOf, elementsOf }: Known): InferenceContext {
  const has = (i: number): boolean => (node.inputs[i] ?? "") !== "";
  const type = (i: number): ValueType => {
    const found = has(i) ? typeOf(node.inputs[i]) : undefined;
    if (!found) throw new Unknown();
    return found;
  };
  const sizes = (i: number): readonly Dimension[] => {
    const elements = has(i) ? elementsOf(node.inputs[i]) : undefined;
    if (!elements) throw new Unknown();
    return elements;
  };
  return {
    node,
    has,
    type,
    sizes,
    shape(i) {
      const { shape } = type(i);
      if (!shape) throw new Unknown();
      return shape;
    },
    constant(i) {
      const elements = sizes(i);
      if (!isStatic(elements)) throw new Unknown();
      return elements;
    },
  };
}

/** The outcome of a rule; undefined where it needs what is not known. */
function attempt<R>(node: Node, rule: () => R): R | undefined {
  try {
    return rule();
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    // An attribute of another kind has named the node already.
    if (error instanceof ShapeError && !error.message.startsWith(`${node.operator} '`)) {
      throw new ShapeError(`${node.operator} '${node.name || node.outputs[0]}': ${error.message}.`);
    }
    throw error;
  }
}

/** The shapes of a node's inputs, for a message. */
const inputsText = (node: Node, { typeOf }: Known): string =>
  node.inputs.map((input) => formatShape(typeOf(input)?.shape)).join(", ") || "nothing";

/** The types of a node's outputs, undefined where nothing is known; the shape may be unknown where the elements are. */
function typesOf(node: Node, known: Known): (ValueType | undefined)[] {
  return aboutNode(
    node,
    () => inputsText(node, known),
    () => typesByRule(node, known),
  );
}

function typesByRule(node: Node, known: Known): (ValueType | undefined)[] {
  expectNode(node);
  const rules = DOMAINS[node.domain] ?? {};
  const hasRule = Object.hasOwn(rules, node.operator);
  const hasTypes = node.domain === "" && Object.hasOwn(TYPES, node.operator);
  if (!hasRule && !hasTypes) return node.outputs.map(() => undefined);
  const context = contextOf(node, known);
  const withoutShape = (): readonly ValueType[] => {
    const types = hasTypes ? TYPES[node.operator](context) : undefined;
    return node.outputs.map((_, i) => ({ type: types?.[i] ?? context.type(0).type, shape: undefined }));
  };
  const byRule = hasRule ? attempt(node, () => rules[node.operator](context)) : undefined;
  const types = byRule ?? attempt(node, withoutShape);
  return node.outputs.map((output, i) => {
    const shape = types?.[i]?.shape;
    if (output !== "" && shape && !shape.every(isSize)) {
      throw new ShapeError(
        `${node.operator} '${node.name || node.outputs[0]}': its output would be of shape ${formatShape(shape)}, with inputs of ${inputsText(node, known)}.`,
      );
    }
    return types?.[i];
  });
}

/** No tensor has as many axes as this; a longer list of integers is no shape. */
const LONGEST_SHAPE = 64;

/** Integers of at most one axis that a node computes from shapes. */
function elementsMade(node: Node, type: ValueType | undefined, known: Known): readonly Dimension[] | undefined {
  const whole = type?.type === "int64" || type?.type === "int32" || type?.type === "bool";
  if (!whole || !type.shape || type.shape.length > 1 || !isStatic(type.shape)) return undefined;
  if (elementCount(type.shape) > LONGEST_SHAPE) return undefined;
  if (node.domain !== "" || !Object.hasOwn(EVALUATIONS, node.operator)) return undefined;
  return attempt(node, () => EVALUATIONS[node.operator](contextOf(node, known)));
}

/** The numbers in a tensor. */
export const elements = (value: Tensor | undefined): number[] | undefined => value && Array.from(value.data, Number);

/** The integers that a node makes from shapes, or holds as a constant; undefined where they are not known. */
export function inferElements(node: Node, type: ValueType | undefined, known: Known): readonly Dimension[] | undefined {
  const constant = node.operator === "Constant" && node.domain === "" ? tensorIn(node) : undefined;
  return aboutNode(
    node,
    () => inputsText(node, known),
    () => elements(constant) ?? elementsMade(node, type, known),
  );
}

/**
 * The types of a node's outputs. A shape that depends on data is undefined; so is that of an operator that is not known,
 * whose outputs are guessed to hold the elements of its first input.
 *
 * @param node the node
 * @param typeOf the type of a value that the node reads
 * @param elementsOf the numbers in a value, where they are known
 * @throws ShapeError when the inputs do not fit the operator
 */
export function inferNode(
  node: Node,
  typeOf: Known["typeOf"],
  elementsOf: Known["elementsOf"],
): (ValueType & { readonly guessed?: true })[] {
  const first = typeOf(node.inputs[0] ?? "")?.type ?? "float32";
  const types = typesOf(node, { typeOf, elementsOf });
  return types.map((type) => type ?? { type: first, shape: undefined, guessed: true });
}

/** The types of the values of a graph, found node by node. */
export interface Inference {
  /** the types that are known so far */
  readonly types: ReadonlyMap<string, ValueType>;
  /** The elements of a value, where they are integers known from constants and shapes alone. */
  elementsOf(name: string): readonly Dimension[] | undefined;
  /** The type of a value, of this graph or of those around it. */
  typeOf(name: string): ValueType | undefined;
  /** What the graph itself says of a value. */
  declared(name: string): ValueType | undefined;
  /** Takes a constant. */
  initializer(name: string, value: Tensor): void;
  /** Takes the next node. @throws ShapeError when it does not fit its inputs, or is no node */
  add(node: Node): void;
}

/**
 * Begins with the inputs and constants of a graph; its nodes are added one by one.
 *
 * @param graph the graph, or one whose nodes are about to be written
 * @param outer for a graph inside of a node: the values around it
 */
export function startInference(graph: Omit<Graph, "nodes">, outer?: Inference): Inference {
  const declared = new Map<string, ValueType>();
  for (const value of [...(graph.declared ?? []), ...graph.outputs]) {
    if (!value.opaque) declared.set(value.name, { type: value.type, shape: value.shape });
  }
  const types = new Map<string, ValueType>();
  const constants = new Map<string, Tensor>();
  const computed = new Map<string, readonly Dimension[]>();
  const inference: Inference = {
    types,
    typeOf: (name) => types.get(name) ?? outer?.typeOf(name),
    declared: (name) => declared.get(name),
    elementsOf: (name) => computed.get(name) ?? elements(constants.get(name)) ?? outer?.elementsOf(name),
    initializer(name, value) {
      expectElements(name, value);
      types.set(name, { type: value.type, shape: value.shape });
      constants.set(name, value);
    },
    add(node) {
      const inferred = typesOf(node, inference);
      node.outputs.forEach((name, i) => {
        const type = inferred[i]?.shape ? inferred[i] : (declared.get(name) ?? inferred[i]);
        if (name !== "" && type) types.set(name, type);
      });
      const made = inferElements(node, inferred[0], inference);
      if (made) computed.set(node.outputs[0], made);
    },
  };
  for (const { name, type, shape, opaque } of graph.inputs) if (!opaque) types.set(name, { type, shape });
  for (const [name, value] of graph.initializers) inference.initializer(name, value);
  return inference;
}

/**
 * The types of all values of a graph: its inputs and initializers, and what its nodes make. What is not inferred is
 * taken from the graph's own declarations; a value of which nothing is known is left out.
 *
 * @throws ShapeError when a node does not fit its inputs, or is no node; the message names it; TypeError when it is no graph
 * @example
 * inferShapes(graph).get("y"); // of y = x·w, w 4×1: {"type": "float32", "shape": ["N", 1]}
 */
export function inferShapes(graph: Graph): ReadonlyMap<string, ValueType> {
  expectGraph(graph);
  const inference = startInference(graph);
  for (const node of graph.nodes) inference.add(node);
  return inference.types;
}
