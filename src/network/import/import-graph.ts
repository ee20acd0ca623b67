/** A foreign ONNX model as a network of layers. */

import type { Layer } from "../../blocks/layer.js";
import { intsOf } from "../../graph/attributes.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape, isStatic } from "../../graph/dimension.js";
import { type Evaluator, foldModel } from "../../graph/fold/fold.js";
import type { Model } from "../../graph/model.js";
import type { Dimension, Graph, Node, Tensor, Value } from "../../graph/types.js";
import { readBy } from "../../graph/unused.js";
import { errorText } from "../../values/error-text.js";
import type { ImageShape } from "../../values/image-shape.js";
import { resultOf } from "../model/model.js";
import { dag, type Network, scoresOf } from "../network.js";
import { withExplicitWindows } from "./explicit-windows.js";
import { type GraphView, imageOf, viewGraph } from "./graph-view.js";
import type { Given } from "./patterns.js";
import { pieceLayer } from "./pieces.js";
import { type Made, placeValues } from "./place-values.js";
import { withRepeatedTokens } from "./repeat-tokens.js";
import { freezeUntrainable } from "./trainable.js";

/** What is known of a foreign model beyond its file. */
export interface ImportOptions {
  /** the size of its images, where the file leaves it open */
  readonly image?: ImageShape | undefined;
  /** further sizes that it leaves open, by their name ("T") or by input and axis ("audio.1") */
  readonly sizes?: Readonly<Record<string, number>>;
}

/** A foreign model as layers. */
export interface ImportedNetwork {
  readonly network: Network;
  /** by the names that `parametersOf(network)` gives */
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
}

/**
 * Makes a network of a foreign ONNX model: it can be displayed, trained further, edited and saved like one of our own.
 *
 * The model is upgraded to operator set 20, and what is constant in it computed (`foldModel`). Then each node, or group of nodes, that a pattern knows becomes a
 * layer: convolutions with what is around them, fully connected layers (as convolutions of the whole map), poolings, normalisations, activations,
 * sums, gates and joins. What lies between becomes `graph` layers, which are cut where a value is N×C×H×W or N×C. Layers are called after their nodes.
 *
 * Values have the batch as their first axis. A file that can only compute one image at a time is taken so, which is noted; layers that cannot be trained
 * are frozen, with those before them, and named.
 *
 * @param model the model, of any operator set that `upgradeModel` takes; it is not changed
 * @param engine where constants are computed
 * @param options what the file leaves open
 * @throws ModelFormatError when a size is open that `options` do not say, no output is an array of numbers for each image, or a node is none that a
 *   layer can hold, which is named; UpgradeError, ShapeError as `foldModel`
 * @example
 * const { network, parameters } = await importGraph(decodeModel(await readFile("letters.onnx")), engine, { image: { channels: 1, height: 32, width: 32 } });
 * network.layers[0].layer.type; // "scale"
 */
export async function importGraph(
  model: Model,
  engine: Evaluator,
  options: ImportOptions = {},
): Promise<ImportedNetwork> {
  const { view, notes } = await viewOf(model, engine, options);
  const outputs = view.graph.outputs.map(({ name }) => name).filter((name) => isResult(view, name));
  const left = view.graph.outputs.filter(({ name }) => !outputs.includes(name));
  if (outputs.length === 0) {
    const got = left.map(({ name, opaque, foreign }) =>
      opaque && foreign
        ? `'${name}', which is no array of numbers (but text, a sequence or a map)${zipMapHint(model.graph, name)}`
        : `'${name}' of ${view.type(name) ?? "unknown type"} ${formatShape(view.shape(name))}`,
    );
    if (got.length === 0)
      throw new ModelFormatError("Expected an output of float32 numbers for each image, got a model without outputs.");
    throw new ModelFormatError(
      `Expected an output of float32 numbers for each image, got ${got.join(", ")}; it is no network.`,
    );
  }
  const leftOut = left.map(
    ({ name }) => `The output '${name}' is no array of float32 numbers for each image, and is left out.`,
  );
  const made = withOutputLast(placeValues(view, outputs), view.same(outputs[0]));
  const { layers, parameters, names } = layersOf(view, made, new Set(model.graph.initializers.keys()));
  const inputs = Object.fromEntries(usedInputs(view, made).map(({ name }) => [name, imageOf(view.item(name) ?? [])]));
  if (Object.keys(inputs).length === 0)
    throw new ModelFormatError("Expected an output that depends on an input, got none.");
  const { network, notes: frozen } = freezeUntrainable(dag(nameOf(view.graph), inputs, layers), view.batch);
  const sizes = outputs.map((name) => ({ name, same: view.same(name), size: (view.item(name) ?? []).join("×") }));
  const scores = scoresOf(network).name;
  // scores beside their own probabilities are no other outputs
  const before = resultOf(network).name;
  const differing = sizes.filter(
    ({ same }, i) =>
      sizes.findIndex((other) => other.same === same) === i && (before === scores || names.get(same) !== before),
  );
  const taken = differing.find(({ same }) => names.get(same) === scores);
  const several = taken ? outputsNote(differing, taken.name) : [];
  return { network, parameters, notes: [...notes, ...leftOut, ...several, ...frozen] };
}

/** What is said where a model gives several arrays of numbers, and one of them is taken for its scores. */
export function outputsNote(
  outputs: readonly { readonly name: string; readonly size: string }[],
  taken: string,
): string[] {
  if (outputs.length < 2) return [];
  const list = outputs.map(({ name, size }) => `'${name}' (${size})`);
  return [`The model has ${outputs.length} outputs, ${list.join(", ")}: '${taken}' is taken for its scores.`];
}

/** What the network is called: some exporters write a sentence ("Model from PaddlePaddle."), which is to stand in one. */
const nameOf = ({ name }: Graph): string => name.trim().replace(/[\s.]+$/, "") || "imported";

/** The graph at operator set 20, with a free batch where the file can be brought to one. */
async function viewOf(
  model: Model,
  engine: Evaluator,
  options: ImportOptions,
): Promise<{ view: GraphView; notes: readonly string[] }> {
  const attempt = async (batch: Dimension): Promise<{ view: GraphView; notes: readonly string[] }> => {
    const { graph } = await foldModel(withSizes(model, options, batch), engine);
    const { turned, notes } = withChannelsFirst(graph);
    const repeated = typeof batch === "string" ? withRepeatedTokens(turned, batch) : turned;
    return { view: viewGraph(withExplicitWindows(repeated), typeof batch === "number"), notes };
  };
  let reason: string;
  try {
    const free = await attempt("N");
    if (free.view.graph.outputs.some(({ name }) => isResult(free.view, name))) return free;
    reason = "its outputs do not grow with the batch";
  } catch (error) {
    reason = errorText(error).replace(/\.$/, "");
  }
  const single = await attempt(1);
  return { ...single, notes: [...single.notes, `The model takes one image at a time: with more, ${reason}.`] };
}

/** Raised where a file leaves sizes open, and nobody has said them. */
export class OpenSizeError extends ModelFormatError {
  constructor(
    readonly input: string,
    /** of the input, the batch first */
    readonly shape: readonly Dimension[],
  ) {
    const what = shape.length === 4 ? ["size of its images", "image"] : ["sizes", "sizes"];
    super(
      `The input '${input}' is ${formatShape(shape)}: give the ${what[0]}, which the file leaves open (the option '${what[1]}').`,
    );
  }
}

/** The model with sizes for all that its file leaves open but the batch, which is the first axis of every input. */
function withSizes(model: Model, { image, sizes = {} }: ImportOptions, batch: Dimension): Model {
  const { graph } = model;
  expectOneBatch(graph);
  const sizesOfImage = image && [image.channels, image.height, image.width];
  const inputs = graph.inputs.map((input): Value => {
    if (graph.initializers.has(input.name) || input.opaque || !input.shape) return input;
    const { name, shape } = input;
    const bound = shape.map((size, axis) => {
      if (axis === 0) return batch;
      const told = sizes[`${name}.${axis}`] ?? (typeof size === "string" ? sizes[size] : undefined);
      return (
        told ??
        (typeof size === "number" ? size : ((shape.length === 4 ? sizesOfImage?.[axis - 1] : undefined) ?? size))
      );
    });
    if (!isStatic(bound.slice(1))) {
      throw new OpenSizeError(name, shape);
    }
    return { ...input, shape: bound };
  });
  const { declared: _, ...rest } = graph;
  const outputs = graph.outputs.map((output): Value => ({ ...output, shape: undefined }));
  return { ...model, graph: { ...rest, inputs, outputs } };
}

/** What to do about the maps that scikit-learn's exporter makes of probabilities. */
const zipMapHint = ({ nodes }: Graph, output: string): string =>
  nodes.some(({ operator, outputs }) => operator === "ZipMap" && outputs.includes(output))
    ? "; export the model without ZipMap"
    : "";

/** @throws ModelFormatError where the first axes of inputs cannot all be the batch */
function expectOneBatch({ inputs, initializers }: Graph): void {
  const fed = inputs.filter(({ name, opaque, shape }) => !initializers.has(name) && !opaque && shape?.length);
  const counts = new Set(fed.map(({ shape }) => (typeof shape?.[0] === "number" ? shape[0] : "N")));
  if (counts.size < 2) return;
  const list = fed.map(({ name, shape }) => `'${name}' ${formatShape(shape)}`).join(", ");
  throw new ModelFormatError(`Expected inputs whose first axis is the batch, got ${list}; it is no network.`);
}

/** Images that the file takes as H×W×C, only to turn them into C×H×W, are taken as C×H×W. */
function withChannelsFirst(graph: Graph): { turned: Graph; notes: readonly string[] } {
  const turned = new Set<string>();
  const isTurn = (node: Node): boolean => node.operator === "Transpose" && intsOf(node, "perm")?.join() === "0,3,1,2";
  const inputs = graph.inputs.map((input) => {
    const readers = graph.nodes.filter((node) => readBy(node).includes(input.name));
    if (input.shape?.length !== 4 || readers.length === 0 || !readers.every(isTurn)) return input;
    turned.add(input.name);
    const [batch, height, width, channels] = input.shape;
    return { ...input, shape: [batch, channels, height, width] };
  });
  const nodes = graph.nodes.map((node) =>
    turned.has(node.inputs[0]) ? { ...node, operator: "Identity", attributes: {} } : node,
  );
  const notes = [...turned].map((name) => `The input '${name}' is N×H×W×C in the file, and N×C×H×W here.`);
  return { turned: { ...graph, inputs, nodes }, notes };
}

/** Whether a value can be what a network gives. */
const isResult = (view: GraphView, name: string): boolean =>
  view.type(name) === "float32" && view.item(name) !== undefined && view.maker(name) !== undefined;

/** The inputs that layers read, in the file's order. */
function usedInputs(view: GraphView, made: readonly Made[]): readonly Value[] {
  const read = new Set(made.flatMap(({ by }) => ("match" in by ? by.match.reads : by.piece.reads)).map(view.same));
  return view.graph.inputs.filter(({ name }) => read.has(name));
}

/** What makes the first output comes last, where nothing reads it: the last layer gives the scores. */
function withOutputLast(made: readonly Made[], output: string): readonly Made[] {
  const last = made.filter(({ value }) => value === output);
  return [...made.filter(({ value }) => value !== output), ...last];
}

/** The layers with their names and wires, and the values of their parameters. */
function layersOf(
  view: GraphView,
  made: readonly Made[],
  inFile: ReadonlySet<string>,
): { layers: Layer[]; parameters: Map<string, Tensor<"float32">>; names: ReadonlyMap<string, string> } {
  const taken = new Set(view.graph.inputs.map(({ name }) => name));
  const names = new Map(made.map(({ value, node }) => [value, layerName(node, taken)]));
  const parameters = new Map<string, Tensor<"float32">>();
  const known = new Map<string, string>();
  const layers = made.map(({ value, by }): Layer => {
    const name = names.get(value) ?? value;
    const reads = "match" in by ? by.match.reads : by.piece.reads;
    const { layer, values = {} }: { layer: Layer; values?: Readonly<Record<string, Given>> } =
      "match" in by ? by.match : pieceLayer(by.piece, view, (constant) => inFile.has(constant));
    const shared: Record<string, string> = {};
    for (const [own, { tensor, key }] of Object.entries(values)) {
      const full = known.get(`${own}: ${key}`);
      if (full !== undefined) shared[own] = full;
      else {
        known.set(`${own}: ${key}`, `${name}/${own}`);
        parameters.set(`${name}/${own}`, tensor);
      }
    }
    const inputs = reads.map((read) => names.get(view.same(read)) ?? view.same(read));
    return { ...layer, name, inputs, ...(Object.keys(shared).length > 0 ? { parameters: shared } : {}) };
  });
  return { layers, parameters, names };
}

/** A name that none has yet: that of the node, or of what it makes; "/layer1/conv1/Conv" becomes "layer1.conv1.Conv". */
function layerName({ operator, name, outputs }: Node, taken: Set<string>): string {
  const given = name || outputs[0];
  const plain = given
    .replace(/^[/:]+/, "")
    .replace(/[/:]+/g, ".")
    .replace(/[^\w.-]+/g, "_");
  const base = /^\d*$/.test(plain) ? `${operator}_${plain || "0"}` : plain;
  let free = base;
  for (let i = 2; taken.has(free); i++) free = `${base}_${i}`;
  taken.add(free);
  return free;
}
