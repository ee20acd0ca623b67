import { type Foreign, type Graph, type Node, OPSET, type Opsets, type Value } from "./types.js";

export type { Opsets } from "./types.js";

/** The version of ONNX's file format that this toolbox writes: the one that came with operator set 20. */
export const IR_VERSION = 9;

/** An operator that a model defines itself, by nodes. */
export interface LocalFunction extends Foreign {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** names of the attributes that a node which calls it must give */
  readonly attributes: readonly string[];
  readonly opsets: Opsets;
  readonly nodes: readonly Node[];
  /** declared types of values inside */
  readonly declared?: readonly Value[];
}

/** How ONNX says that a model may be trained: a graph for the first values and one for a step, with what they overwrite. */
export interface TrainingInfo extends Foreign {
  readonly initialization?: Graph;
  readonly algorithm?: Graph;
  /** initializer → output of `initialization` that becomes its value */
  readonly initializationBindings: Readonly<Record<string, string>>;
  /** initializer → output of `algorithm` that becomes its value */
  readonly updateBindings: Readonly<Record<string, string>>;
}

/** An ONNX file as plain data: a graph, the operator sets that give its nodes meaning, and what is told about it. */
export interface Model extends Foreign {
  /** version of the file format */
  readonly irVersion: number;
  readonly opsets: Opsets;
  readonly graph: Graph;
  /** the program that wrote it */
  readonly producer?: { readonly name: string; readonly version: string };
  /** the namespace of the model, as a reversed domain name */
  readonly domain?: string;
  /** the author's version of the model */
  readonly version?: number | bigint;
  readonly documentation?: string;
  /** free text by key */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly functions?: readonly LocalFunction[];
  readonly trainingInfo?: readonly TrainingInfo[];
  /** the files beside it in which elements of its tensors lie that were not read with it */
  readonly external?: readonly string[];
}

/**
 * A model of a graph, for operator set 20 unless the graph says another.
 *
 * @example
 * encodeModel(modelOf(graph, { metadata: { classes: "abc" } }));
 */
export function modelOf(graph: Graph, more: Partial<Omit<Model, "graph">> = {}): Model {
  return { irVersion: IR_VERSION, opsets: { "": OPSET, ...graph.opsets }, ...more, graph };
}
