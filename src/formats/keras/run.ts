/** Keras's models as graphs: calls of layers in the order in which their inputs are there. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { errorText } from "../../values/error-text.js";
import type { Laid, LaidGraph } from "../channels-last/values.js";
import { activationLayers } from "./activations.js";
import { arrangingLayers, TRAINING_ONLY } from "./arrange.js";
import { Call, type Given, type Rule } from "./call.js";
import type { CallNode, KerasLayer, KerasModel, Ref } from "./model.js";
import { normalizingLayers } from "./normalize.js";
import { recurrentLayers } from "./recurrent.js";
import { windowLayers } from "./windows.js";

const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...windowLayers,
    ...normalizingLayers,
    ...activationLayers,
    ...arrangingLayers,
    ...recurrentLayers,
  }),
);

/** The layers that are read, by Keras's names. */
export const KERAS_LAYERS: readonly string[] = [...RULES.keys(), ...TRAINING_ONLY].filter(
  (name) => !name.includes("."),
);

/** So many calls may a model have, those in models within it counted each time. */
const MOST = 20_000;

/** A model being written into a graph. */
export class Running {
  #calls = 0;
  /** layers that do nothing in use */
  readonly idle: string[] = [];

  constructor(readonly graph: LaidGraph) {}

  /** What a model makes of values. */
  model(model: KerasModel, inputs: readonly Laid[]): Laid[] {
    if (model.isSequential) {
      const [x, ...others] = inputs;
      if (!x || others.length > 0) throw new ModelFormatError(`expected one input, got ${inputs.length}`);
      return [model.layers.reduce((value, layer) => this.#layer(layer, [value])[0], x)];
    }
    if (inputs.length !== model.inputs.length) {
      throw new ModelFormatError(`expected ${model.inputs.length} inputs, got ${inputs.length}`);
    }
    const values = new Map<Ref, Laid>();
    model.inputs.forEach((ref, i) => void values.set(ref, inputs[i]));
    for (const call of inOrder(model)) {
      const { layer, index } = call;
      if (values.has(`${layer.name}/${index}/0`)) continue;
      const given = call.arguments.map((argument): Given => {
        if ("number" in argument) return argument.number;
        const value = values.get(argument.ref);
        if (!value) throw new ModelFormatError(`Keras: layer '${layer.path}': expected its input '${argument.ref}'.`);
        return value;
      });
      this.#layer(layer, given).forEach((value, i) => void values.set(`${layer.name}/${index}/${i}`, value));
    }
    return model.outputs.map((ref) => {
      const value = values.get(ref);
      if (!value) throw new ModelFormatError(`Keras: model '${model.name}': expected its output '${ref}'.`);
      return value;
    });
  }

  #layer(layer: KerasLayer, given: readonly Given[]): Laid[] {
    if (++this.#calls > MOST) throw new ModelFormatError(`Keras: expected at most ${MOST} calls of layers.`);
    const { className, path, model } = layer;
    try {
      const call = new Call(this.graph, layer, given);
      if (model) return this.model(model, call.values);
      if (TRAINING_ONLY.has(className)) {
        if (!this.idle.includes(path)) this.idle.push(path);
        return [call.x];
      }
      if (given.some((value) => typeof value === "number") && !className.startsWith("ops.")) {
        throw new ModelFormatError("expected values, got a number");
      }
      const rule = RULES.get(className);
      if (!rule) throw new ModelFormatError("this layer is not read; docs/models.md lists those that are");
      return [this.graph.g.scope(path, () => rule(call))];
    } catch (error) {
      const text = errorText(error);
      if (text.startsWith("Keras:")) throw error;
      throw new ModelFormatError(`Keras: layer '${path}' (${className}): ${text.replace(/\.$/, "")}.`, {
        cause: error,
      });
    }
  }
}

/** Calls so that each comes behind those that it needs. @throws ModelFormatError where they go round in a circle */
function inOrder(model: KerasModel): CallNode[] {
  const waiting = new Map<Ref, CallNode[]>();
  const missing = new Map<CallNode, number>();
  const ready: CallNode[] = [];
  const given = new Set(model.inputs);
  for (const call of model.calls) {
    const refs = new Set(call.arguments.flatMap((argument) => ("ref" in argument ? [argument.ref] : [])));
    const open = [...new Set([...refs].map(ownerOf))].filter((ref) => !given.has(`${ref}/0`));
    missing.set(call, open.length);
    for (const ref of open) {
      const others = waiting.get(ref) ?? [];
      others.push(call);
      waiting.set(ref, others);
    }
    if (open.length === 0) ready.push(call);
  }
  const ordered: CallNode[] = [];
  for (let next = ready.pop(); next; next = ready.pop()) {
    ordered.push(next);
    const name = `${next.layer.name}/${next.index}`;
    for (const call of waiting.get(name) ?? []) {
      const left = (missing.get(call) ?? 0) - 1;
      missing.set(call, left);
      if (left === 0) ready.push(call);
    }
  }
  if (ordered.length < model.calls.length) {
    const stuck = model.calls.find((call) => (missing.get(call) ?? 0) > 0);
    throw new ModelFormatError(`Keras: layer '${stuck?.layer.path}': expected inputs that other layers make.`);
  }
  return ordered;
}

/** "conv1/0" of "conv1/0/0" */
const ownerOf = (ref: Ref): string => ref.slice(0, ref.lastIndexOf("/"));
