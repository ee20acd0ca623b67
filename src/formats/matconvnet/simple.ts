/** MatConvNet's SimpleNN: layers one after the other, in the layouts of all its versions (`vl_simplenn_tidy` makes the newest of them). */

import { pairwiseDistance } from "../../blocks/combining/pairwise-distance.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { errorText } from "../../values/error-text.js";
import { MatCell, type MatFields, MatNumbers, wrongValue } from "../matlab/values.js";
import { type ForeignLayer, uniqueNames } from "../placed-layers.js";
import * as blocks from "./blocks.js";

/** Layers, and what surprises in them. */
export interface Layers {
  readonly layers: readonly ForeignLayer[];
  readonly notes: readonly string[];
}

/** A layer of ours with a name, in place of an error that does not say where. */
export function named(where: string, convert: () => blocks.Converted, name: string): ForeignLayer {
  try {
    const { layer, values } = convert();
    return { layer: { ...layer, name }, ...(values && { values }) };
  } catch (error) {
    if (error instanceof ModelFormatError) throw error;
    throw new ModelFormatError(`MatConvNet: ${where}: ${errorText(error)}`, { cause: error });
  }
}

/**
 * The layers of a SimpleNN.
 *
 * @param channels those of its images, where they are known
 * @throws ModelFormatError when a layer is of an unknown type, or has wrong fields; it is named
 */
export function simpleLayers(net: MatFields, channels: number | undefined): Layers {
  const records = net.records("layers");
  const names = uniqueNames(records.map((fields, i) => fields.text("name") || `layer${i + 1}`));
  const notes: string[] = [];
  let depth = channels;
  const layers = records.flatMap((fields, i) => {
    const type = fields.text("type") ?? "";
    const loss = type === "loss" ? (fields.text("loss") ?? "softmaxlog") : undefined;
    if (loss !== undefined && !Object.hasOwn(blocks.LOSSES, loss)) {
      notes.push(`Layer '${names[i]}' was left out: a loss '${loss}' is not read.`);
      return [];
    }
    const made = named(fields.where, () => convert(type, fields, { name: names[i] }, depth), names[i]);
    if (made.layer.type === "conv" || made.layer.type === "convTranspose") depth = made.layer.filters;
    return [made];
  });
  return { layers, notes };
}

function convert(type: string, fields: MatFields, place: blocks.Place, channels: number | undefined): blocks.Converted {
  const given = { arrays: weightsOf(fields), channels, ...ratesOf(fields) };
  if (type === "conv") return blocks.convOf(fields, given, place);
  if (type === "convt") return blocks.convTransposeOf(fields, given, place);
  if (type === "bnorm") return blocks.batchNormOf(fields, given, place);
  if (type === "lrn") return { layer: blocks.PLAIN.normalize(fields, place) };
  if (type === "softmaxloss") return { layer: softmaxLogLoss(place) };
  if (type === "loss") return { layer: blocks.LOSSES[fields.text("loss") ?? "softmaxlog"](place) };
  if (type === "pdist") return { layer: distance(fields, place) };
  if (Object.hasOwn(blocks.PLAIN, type)) return { layer: blocks.PLAIN[type](fields, place) };
  throw wrongValue(
    fields.at("type"),
    `a type of layer that is read (conv, convt, bnorm, ${Object.keys(blocks.PLAIN).join(", ")}, lrn, loss, softmaxloss), called '${type}'`,
    fields.get("type"),
  );
}

const distance = (fields: MatFields, place: blocks.Place): Layer =>
  pairwiseDistance({ ...place, p: fields.number("p") ?? 2, noRoot: fields.number("noRoot") === 1 });

/** A layer's arrays: `weights`, or `filters` and `biases` of the first versions. */
function weightsOf(fields: MatFields): (MatNumbers | undefined)[] {
  const weights = fields.get("weights");
  if (weights instanceof MatCell) {
    return weights.items.map((item, i) => {
      if (item instanceof MatNumbers) return item.data.length === 0 ? undefined : item;
      throw wrongValue(`${fields.at("weights")}{${i + 1}}`, "numbers", item);
    });
  }
  if (weights !== undefined) throw wrongValue(fields.at("weights"), "a cell of arrays", weights);
  return [fields.numbers("filters"), fields.numbers("biases")];
}

/** Multipliers; the first versions have a field for each parameter. */
function ratesOf(fields: MatFields): blocks.Rates {
  const pair = (name: string): number[] | undefined => {
    const [filters, biases] = [fields.number(`filters${name}`), fields.number(`biases${name}`)];
    return filters === undefined || biases === undefined ? undefined : [filters, biases];
  };
  return {
    learningRate: fields.list("learningRate") ?? pair("LearningRate"),
    weightDecay: fields.list("weightDecay") ?? pair("WeightDecay"),
  };
}
