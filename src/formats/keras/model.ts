/** Keras's models as they stand in its JSON: layers, and what each is called with. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { Tensor } from "../../graph/types.js";
import { Fields, isList, isObject, type Json, type JsonObject } from "./fields.js";
import { type Place, slotOf, type WeightsOf } from "./weights.js";

/** A value by the layer that makes it, the how many-th call of it, and which of the results: "conv1/0/0". */
export type Ref = string;

/** What a layer is called with: values, and numbers of operations such as x · 2. */
export type Argument = { readonly ref: Ref } | { readonly number: number };

/** A call of a layer. */
export interface CallNode {
  readonly layer: KerasLayer;
  readonly index: number;
  readonly arguments: readonly Argument[];
}

/** A layer, or a model in a model. */
export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  /** with the names of the models around it */
  readonly path: string;
  readonly fields: Fields;
  /** Keras 2 computes a few things in another way */
  readonly version: number;
  readonly weights: readonly Tensor<"float32">[];
  readonly model: KerasModel | undefined;
  /** what was made of the weights, so that calls share it */
  readonly made: Map<string, Tensor<"float32">>;
}

/** A model; one that is sequential has neither calls nor inputs. */
export interface KerasModel {
  readonly name: string;
  readonly isSequential: boolean;
  readonly layers: readonly KerasLayer[];
  readonly calls: readonly CallNode[];
  readonly inputs: readonly Ref[];
  readonly outputs: readonly Ref[];
  /** the sizes of what a sequential model takes, as far as its first layer says it */
  readonly inputShape: Json | undefined;
}

/** So deep may models and lists lie in each other. */
const DEEPEST = 16;

/** What is needed to read a model. */
interface Reading {
  readonly version: number;
  readonly weightsOf: WeightsOf;
}

const MODELS = new Set(["Sequential", "Functional", "Model"]);

/** Whether JSON is a model of layers. */
export const isModel = (object: JsonObject): boolean =>
  typeof object.class_name === "string" && isObject(object.config) && isList(object.config.layers);

/** @throws ModelFormatError when it is none, or none of layers */
export function readKerasModel(json: Json, reading: Reading): Promise<KerasModel> {
  if (!isObject(json)) throw new ModelFormatError("Keras: expected a model's configuration.");
  const fields = new Fields(json, "Keras");
  const className = fields.text("class_name");
  if (!isModel(json)) {
    throw new ModelFormatError(
      `Keras: expected a Sequential or Functional model, got '${className}': a class of one's own is a program, and is not read.`,
    );
  }
  return takeModel(className, fields, { names: [], slots: [] }, reading);
}

async function takeModel(className: string, outer: Fields, place: Place, reading: Reading): Promise<KerasModel> {
  const where = place.names.length === 0 ? "Keras" : `Keras: model '${place.names.join("/")}'`;
  if (place.names.length > DEEPEST)
    throw new ModelFormatError(`${where}: expected at most ${DEEPEST} models in each other.`);
  const config = new Fields(outer.fields("config").object, where);
  const isSequential = className === "Sequential";
  const layers: KerasLayer[] = [];
  const calls: CallNode[] = [];
  const counts = new Map<string, number>();
  const known = new Set<string>();
  for (const object of config.objects("layers")) {
    const entry = new Fields(object, where);
    const layer = await takeLayer(entry, place, counts, reading);
    if (known.has(layer.name)) throw new ModelFormatError(`${where}: expected one layer '${layer.name}', got two.`);
    known.add(layer.name);
    layers.push(layer);
    for (const [index, node] of (isSequential ? [] : nodesOf(entry, layer.className.startsWith("ops."))).entries()) {
      calls.push({ layer, index, arguments: node });
    }
  }
  const outputs = isSequential ? [] : refsOf(config.get("output_layers"));
  return {
    name: config.text("name", ""),
    ...{ isSequential, layers, outputs },
    calls: renumbered(calls, outputs),
    inputs: isSequential ? [] : refsOf(config.get("input_layers")),
    inputShape: config.get("build_input_shape") ?? layers[0]?.fields.get("batch_input_shape"),
  };
}

/**
 * Calls as others refer to them: those of a model that was called once when it was made itself begin with 1, in Keras 2. A model whose calls are `n` is then
 * referred to as its `n`-th.
 */
function renumbered(calls: readonly CallNode[], outputs: readonly Ref[]): CallNode[] {
  const refs = new Set([
    ...outputs,
    ...calls.flatMap((call) => call.arguments.flatMap((a) => ("ref" in a ? [a.ref] : []))),
  ]);
  const counts = new Map<KerasLayer, number>();
  for (const { layer } of calls) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  return calls.map((call) => {
    const beginsWithOne = call.layer.model !== undefined && refs.has(`${call.layer.name}/${counts.get(call.layer)}/0`);
    return beginsWithOne ? { ...call, index: call.index + 1 } : call;
  });
}

async function takeLayer(
  entry: Fields,
  around: Place,
  counts: Map<string, number>,
  reading: Reading,
): Promise<KerasLayer> {
  const className = entry.text("class_name");
  const module = entry.text("module", "");
  const config = entry.fields("config");
  const name = config.text("name", entry.text("name", ""));
  const path = [...around.names, name].join("/");
  const where = `Keras: layer '${path}' (${className})`;
  // Operations on values, such as their sum, are no layers, and files do not count them. Layers of these names are given one list.
  const isOperation =
    /^keras\.(src\.)?ops/.test(module) || (module === "" && isGivenTwo(entry)) || className === "TFOpLambda";
  const slot = slotOf(className);
  const count = counts.get(slot) ?? 0;
  if (!isOperation) counts.set(slot, count + 1);
  const place: Place = {
    names: [...around.names, name],
    slots: [...around.slots, count === 0 ? slot : `${slot}_${count}`],
  };
  const policy = config.get("dtype");
  if (isObject(policy) && String(policy.class_name).includes("Quantized")) {
    throw new ModelFormatError(`${where}: expected weights of floats, got quantised ones.`);
  }
  const isInner = MODELS.has(className) && isModel(entry.object);
  const inside = INSIDE[className] ?? [[]];
  return {
    className: isOperation ? `ops.${config.text("function", className)}` : className,
    ...{ name, path },
    fields: new Fields(config.object, where),
    version: reading.version,
    model: isInner ? await takeModel(className, entry, place, reading) : undefined,
    weights: isInner || isOperation ? [] : await reading.weightsOf(place, inside),
    made: new Map(),
  };
}

/** Whether a layer is called as operations are: a + b, 2 · x. */
function isGivenTwo(entry: Fields): boolean {
  const nodes = entry.get("inbound_nodes");
  const [node] = isList(nodes) ? nodes : [];
  return isObject(node) && isList(node.args) && node.args.length === 2 && !isList(node.args[0]);
}

/** Layers whose variables are those of layers within. */
const INSIDE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  LSTM: [["cell"]],
  GRU: [["cell"]],
  SimpleRNN: [["cell"]],
  Bidirectional: [
    ["forward_layer", "cell"],
    ["backward_layer", "cell"],
  ],
};

/** The calls of a layer: objects in Keras 3, lists of lists in Keras 2. */
function nodesOf(entry: Fields, isOperation: boolean): Argument[][] {
  const nodes = entry.get("inbound_nodes") ?? [];
  if (!isList(nodes)) throw entry.wrong("inbound_nodes", "a list");
  return nodes.map((node) => {
    if (isObject(node)) {
      expectNoValues(node.kwargs, entry);
      return argumentsOf(node.args, entry, 0);
    }
    if (isOperation && isList(node)) return operandsOf(node, entry);
    return (isList(node) && !isRef(node) ? node : [node]).flatMap((value) => {
      if (!isList(value) || !isRef(value)) throw entry.wrong("inbound_nodes", "values");
      expectNoValues(value[3], entry);
      return [{ ref: refOf(value) }];
    });
  });
}

/** @throws ModelFormatError when a layer is given values by name, such as the state that a recurrent one begins with */
function expectNoValues(named: Json | undefined, entry: Fields): void {
  const text = JSON.stringify(named ?? null);
  if (text.includes("__keras_tensor__") || refsOf(named).length > 0) {
    throw new ModelFormatError(
      `${entry.where}: layer '${entry.text("name", "")}': expected values by their order alone, got some by name.`,
    );
  }
}

/** The operands of an operation of TensorFlow's in Keras 2: x, or a number in its place, and y by name. */
function operandsOf(node: readonly Json[], entry: Fields): Argument[] {
  const [first, , third, named] = node;
  const x = first === "_CONSTANT_VALUE" ? third : node.slice(0, 3);
  const { y, name, ...others } = isObject(named) ? named : {};
  if (Object.values(others).some((value) => value !== null)) throw entry.wrong("inbound_nodes", "two operands");
  return [x, y].flatMap((value): Argument[] => {
    if (value === undefined || value === null) return [];
    if (typeof value === "number") return [{ number: value }];
    if (isList(value) && isRef(value)) return [{ ref: refOf(value) }];
    throw entry.wrong("inbound_nodes", "values and numbers");
  });
}

function argumentsOf(value: Json | undefined, entry: Fields, depth: number): Argument[] {
  if (value === null || value === undefined) return [];
  if (typeof value === "number") return [{ number: value }];
  if (isList(value) && depth < DEEPEST) return value.flatMap((inner) => argumentsOf(inner, entry, depth + 1));
  if (isObject(value) && value.class_name === "__keras_tensor__" && isObject(value.config)) {
    const history = value.config.keras_history;
    if (isList(history) && isRef(history)) return [{ ref: refOf(history) }];
  }
  throw entry.wrong("inbound_nodes", "values and numbers");
}

const isRef = (value: readonly Json[]): boolean =>
  typeof value[0] === "string" && typeof value[1] === "number" && typeof value[2] === "number";

const refOf = ([layer, node, result]: readonly Json[]): Ref => `${layer}/${node}/${result}`;

/** All values in lists, or objects, of them. */
function refsOf(value: Json | undefined, depth = 0): Ref[] {
  if (isObject(value)) return Object.values(value).flatMap((inner) => refsOf(inner, depth + 1));
  if (!isList(value) || depth > DEEPEST) return [];
  return isRef(value) ? [refOf(value)] : value.flatMap((inner) => refsOf(inner, depth + 1));
}
