/** MatConvNet's DagNN: named layers, variables and parameters, as `saveobj` makes them plain. */

import { concat, sum } from "../../blocks/combining/combine.js";
import { cropLike } from "../../blocks/combining/crop.js";
import { scale } from "../../blocks/combining/scale.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { MatFields, type MatNumbers, wrongValue } from "../matlab/values.js";
import { type ForeignLayer, uniqueNames } from "../placed-layers.js";
import { vectorOf } from "./arrays.js";
import * as blocks from "./blocks.js";
import { type Layers, named } from "./simple.js";

/** A layer of the file. */
interface DagLayer {
  readonly fields: MatFields;
  readonly block: MatFields;
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly params: readonly string[];
}

/** A parameter of the file. */
interface Param extends blocks.Rates {
  readonly value: MatNumbers;
}

/** The layers of a DagNN, with the variables that are its inputs. */
export interface Dag extends Layers {
  readonly inputs: readonly string[];
}

/**
 * The layers of a DagNN; parameters have the names of the file.
 *
 * @param channels those of its images, where they are known
 * @throws ModelFormatError when a layer is of an unknown type, or has wrong fields; it is named
 */
export function dagLayers(net: MatFields, channels: number | undefined): Dag {
  const layers = inOrder(net.records("layers"));
  const params = paramsOf(net);
  const notes: string[] = [];
  const made = new Set(layers.map(({ output }) => output));
  const depths = new Map<string, number | undefined>();
  const labels = new Set<string>();
  const out: ForeignLayer[] = [];
  for (const layer of layers) {
    // A program may have losses and measures of its own: "dagnn.SegmentationLoss".
    if (/(Loss|Accuracy)$/.test(layer.type)) {
      for (const label of layer.inputs.slice(1)) labels.add(label);
      const loss = layer.type === "Loss" ? (layer.block.text("loss") ?? "softmaxlog") : layer.type;
      if (!Object.hasOwn(blocks.LOSSES, loss)) {
        notes.push(`Layer '${layer.name}' was left out: a loss '${loss}' is not read.`);
        continue;
      }
    }
    const depth = layer.inputs.map((name) => (made.has(name) ? depths.get(name) : channels));
    const entry = named(layer.fields.where, () => convert(layer, params, depth), layer.name);
    depths.set(layer.output, depthOf(entry, depth));
    out.push(entry);
  }
  const inputs = new Set(
    layers.flatMap((layer) => layer.inputs.filter((name) => !made.has(name) && !labels.has(name))),
  );
  return { layers: out, notes, inputs: [...inputs] };
}

function depthOf({ layer }: ForeignLayer, inputs: readonly (number | undefined)[]): number | undefined {
  if (layer.type === "conv" || layer.type === "convTranspose") return layer.filters;
  if (layer.type !== "concat" || layer.axis !== "channels") return inputs[0];
  return inputs.reduce((all, depth) => (all === undefined || depth === undefined ? undefined : all + depth), 0);
}

function paramsOf(net: MatFields): ReadonlyMap<string, Param> {
  return new Map(
    net.records("params").flatMap((fields) => {
      const value = fields.numbers("value");
      const rates = { learningRate: fields.list("learningRate"), weightDecay: fields.list("weightDecay") };
      return value ? [[fields.text("name") ?? "", { value, ...rates }] as const] : [];
    }),
  );
}

/** The layers, each behind those whose variables it reads. @throws ModelFormatError where there is a cycle */
function inOrder(records: readonly MatFields[]): DagLayer[] {
  const names = uniqueNames(records.map((fields, i) => fields.text("name") || `layer${i + 1}`));
  let left = records.map((fields, i) => layerOf(fields, names[i]));
  const pending = new Set(left.map(({ output }) => output));
  const done: DagLayer[] = [];
  while (left.length > 0) {
    const later: DagLayer[] = [];
    for (const layer of left) {
      if (layer.inputs.some((name) => pending.has(name))) later.push(layer);
      else {
        pending.delete(layer.output);
        done.push(layer);
      }
    }
    if (later.length === left.length) {
      throw new ModelFormatError(
        `MatConvNet: layers: expected an order, got a cycle through ${later
          .slice(0, 5)
          .map(({ name }) => `'${name}'`)
          .join(", ")}.`,
      );
    }
    left = later;
  }
  return done;
}

function layerOf(fields: MatFields, name: string): DagLayer {
  const type = fields.text("type") ?? "";
  const outputs = fields.texts("outputs");
  const inputs = fields.texts("inputs");
  if (outputs.length !== 1 || inputs.length === 0) {
    throw new ModelFormatError(
      `${fields.where} '${name}': expected inputs and one output, got ${inputs.length} and ${outputs.length}.`,
    );
  }
  return {
    ...{ fields, name, inputs },
    block: fields.record("block") ?? new MatFields(new Map(), fields.at("block")),
    type: type.replace(/^dagnn\./, ""),
    output: outputs[0],
    params: fields.texts("params"),
  };
}

/** Our names of a layer's parameters, in MatConvNet's order. */
const OWN_NAMES: Readonly<Record<string, readonly string[]>> = {
  Conv: ["filters", "biases"],
  ConvTranspose: ["filters", "biases"],
  BatchNorm: ["gain", "bias", "moments"],
  Scale: ["gain", "bias"],
};

/** Types without parameters, by MatConvNet's names, as the blocks are called in a SimpleNN. */
const PLAIN: Readonly<Record<string, string>> = {
  ReLU: "relu",
  Sigmoid: "sigmoid",
  SoftMax: "softmax",
  DropOut: "dropout",
  LRN: "normalize",
  SpatialNorm: "spnorm",
  NormOffset: "noffset",
};

const AXES = ["height", "width", "channels"] as const;

function convert(
  { fields, block, type, name, inputs, output, params: paramNames }: DagLayer,
  params: ReadonlyMap<string, Param>,
  [channels]: readonly (number | undefined)[],
): blocks.Converted {
  const reads = type === "Loss" ? inputs.slice(0, 1) : inputs;
  const all = (OWN_NAMES[type] ?? []).slice(type === "Scale" && inputs.length > 1 ? 1 : 0);
  const own = all.slice(0, paramNames.length);
  const place: blocks.Place = {
    ...{ name, inputs: [...reads], output },
    ...(own.length > 0 && { parameters: Object.fromEntries(own.map((key, i) => [key, paramNames[i]])) }),
  };
  const found = paramNames.map((param) => params.get(param));
  const missing = paramNames.find((param) => !params.has(param));
  if (missing !== undefined)
    throw new ModelFormatError(`${fields.where}: expected a parameter '${missing}', got none.`);
  const rates = (key: keyof blocks.Rates): number[] | undefined =>
    found.some((param) => param?.[key]) ? found.map((param) => param?.[key]?.[0] ?? 1) : undefined;
  const arrays = found.map((param) => param?.value);
  const given = { arrays, channels, learningRate: rates("learningRate"), weightDecay: rates("weightDecay") };
  switch (type) {
    case "Conv":
      return blocks.convOf(block, given, place);
    case "ConvTranspose":
      return blocks.convTransposeOf(block, given, place);
    case "BatchNorm":
      return blocks.batchNormOf(block, given, place);
    case "Pooling":
      return { layer: blocks.poolOf(block, "poolSize", place) };
    case "Sum":
      return { layer: sum(place) };
    case "Concat":
      return { layer: concat(AXES[(block.number("dim") ?? 3) - 1], place) };
    case "Crop":
      return { layer: cropLike(cropOf(block), place) };
    case "Scale": {
      const values = Object.fromEntries(own.flatMap((key, i) => (arrays[i] ? [[key, vectorOf(arrays[i])]] : [])));
      return { layer: scale({ ...place, bias: own.includes("bias") }), values };
    }
    case "Loss":
      return { layer: blocks.LOSSES[block.text("loss") ?? "softmaxlog"](place) };
  }
  if (Object.hasOwn(PLAIN, type)) return { layer: blocks.PLAIN[PLAIN[type]](block, place) };
  const known = [...Object.keys(OWN_NAMES), "Pooling", "Sum", "Concat", "Crop", "Loss", ...Object.keys(PLAIN)];
  throw wrongValue(
    fields.at("type"),
    `a block that is read (${known.join(", ")}), called '${type}'`,
    fields.get("type"),
  );
}

function cropOf(block: MatFields): [number, number] {
  const [top = 0, left = top] = block.list("crop") ?? [];
  return [top, left];
}
