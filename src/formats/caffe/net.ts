/** Caffe's networks: which layers there are in use, what they read, and where their arrays are. */

import { blockOf } from "../../blocks/layer.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { InputShapes } from "../../network/network.js";
import { errorText } from "../../values/error-text.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import type { ForeignOptions } from "../foreign-model.js";
import { type ForeignLayer, uniqueNames } from "../placed-layers.js";
import { blobData } from "./blob.js";
import { type CaffeLayer, ELEMENTWISE, LAYERS } from "./layers.js";
import type { Message } from "./message.js";

/** The types of the first version, by the names of the newest, where they are not the same but for their letters. */
const NEWER: Readonly<Record<string, string>> = {
  LRN: "LRN",
  TANH: "TanH",
  RELU: "ReLU",
  BNLL: "BNLL",
  SOFTMAX_LOSS: "SoftmaxWithLoss",
};

/** INNER_PRODUCT → InnerProduct. */
const newerType = (type: string): string =>
  NEWER[type] ??
  type
    .split("_")
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join("");

const DATA = ["Data", "ImageData", "MemoryData", "HDF5Data", "Hdf5Data", "WindowData", "DummyData", "AnnotatedData"];
/** They measure, and make nothing that others read. */
const MEASURES = ["Accuracy", "Silence", "HDF5Output"];

/** A network as the layers of ours. */
export interface CaffeNet {
  readonly name: string;
  readonly inputs: InputShapes;
  readonly layers: readonly ForeignLayer[];
  readonly notes: readonly string[];
  /** what is said of the images where they are read: scale, mean */
  readonly transform: Message | undefined;
}

/** A layer of the file as both versions say it. */
interface RawLayer {
  readonly name: string;
  readonly type: string;
  readonly message: Message;
  readonly bottoms: readonly string[];
  readonly tops: readonly string[];
  readonly isOld: boolean;
}

/** The layers that are there when a network is used. */
export function rawLayers(net: Message): RawLayer[] {
  const isOld = net.has("layers");
  const all = [...net.messages("layer"), ...net.messages("layers")].filter(isUsed);
  const names = uniqueNames(all.map((message, i) => message.text("name") || `layer${i + 1}`));
  return all.map((message, i) => ({
    ...{ message, isOld, name: names[i] },
    type: isOld ? newerType(message.text("type")) : message.text("type"),
    bottoms: message.texts("bottom"),
    tops: message.texts("top"),
  }));
}

function isUsed(message: Message): boolean {
  const phases = (name: string): string[] => message.messages(name).map((rule) => rule.text("phase"));
  const isTrain = (phase: string): boolean => phase === "TRAIN" || phase === "0";
  const include = phases("include");
  if (include.length > 0 && include.every(isTrain)) return false;
  if (phases("exclude").some((phase) => phase === "TEST" || phase === "1")) return false;
  return !isTrain(message.text("phase"));
}

/** The arrays of each layer that has any, by its name. */
export function blobsOf(net: Message): ReadonlyMap<string, Float32Array[]> {
  const layers = [...net.messages("layer"), ...net.messages("layers")].filter((message) => message.has("blobs"));
  return new Map(
    layers.map((message) => {
      const name = message.text("name");
      return [name, message.messages("blobs").map((blob, i) => blobData(blob, `layer '${name}': array ${i + 1}`))];
    }),
  );
}

/**
 * The layers of a network.
 *
 * @param blobs the arrays; undefined where there are none
 * @throws ModelFormatError when a layer is of an unknown type, or has wrong fields; it is named
 */
export function takeNet(
  net: Message,
  blobs: ReadonlyMap<string, readonly Float32Array[]> | undefined,
  options: ForeignOptions,
): CaffeNet {
  const notes: string[] = [];
  const raw = rawLayers(net);
  const sources = raw.filter(({ type }) => type === "Input" || DATA.includes(type));
  const inputs = inputsOf(net, sources, options);
  const labels = new Set(sources.flatMap(({ tops }) => tops.slice(1).filter((top) => !Object.hasOwn(inputs, top))));
  const { layers, aliases } = wired(
    raw.filter((layer) => !sources.includes(layer)),
    Object.keys(inputs),
    blobs,
    notes,
  );
  const shapes = new Map<string, ImageShape>(Object.entries(inputs));
  const flat = new Set<string>(aliases);
  const made = merged(layers, labels).flatMap((layer) => place(layer, shapes, flat));
  const transform = sources.find(({ message }) => message.has("transform_param") || message.has("data_param"))?.message;
  return { ...{ inputs, notes, name: net.text("name"), layers: made }, transform: transform && transformOf(transform) };
}

const transformOf = (message: Message): Message =>
  message.has("transform_param") ? message.message("transform_param") : message.message("data_param");

function inputsOf(net: Message, sources: readonly RawLayer[], { image }: ForeignOptions): Record<string, ImageShape> {
  const names = net.texts("input");
  const dims = net.numbers("input_dim");
  const shapes = net.messages("input_shape");
  const found: [string, readonly number[]][] = names.map((name, i) => [
    name,
    shapes[i]?.numbers("dim") ?? dims.slice(4 * i, 4 * i + 4),
  ]);
  for (const { type, tops, message } of sources) {
    const own = message.message("input_param").messages("shape");
    if (type === "Input")
      for (const [i, top] of tops.entries()) found.push([top, (own[i] ?? own[0])?.numbers("dim") ?? []]);
    else if (tops.length > 0) found.push([tops[0], dataSize(message)]);
  }
  const list = found.filter(([name], i) => name !== "label" || i === 0);
  if (list.length === 0) throw new ModelFormatError("Caffe: expected an input, or a layer that reads data, got none.");
  return Object.fromEntries(
    list.map(([name, sizes], i) => {
      const [, channels, height = 1, width = 1] = sizes;
      const said = channels > 0 && height > 0 && width > 0 ? { channels, height, width } : undefined;
      const shape = (i === 0 ? image : undefined) ?? said;
      if (!shape) {
        throw new ModelFormatError(`Caffe: input '${name}': expected its size, got nothing: give it as options.image.`);
      }
      return [name, shape];
    }),
  );
}

/** N, channels, height, width, where a layer that reads data says them. */
function dataSize(message: Message): number[] {
  const memory = message.message("memory_data_param");
  if (memory.has("height"))
    return [1, memory.number("channels", 3), memory.number("height", 0), memory.number("width", 0)];
  const transform = transformOf(message);
  const size = transform.number("crop_size", 0);
  return size > 0 ? [1, transform.number("force_gray", 0) === 1 ? 1 : 3, size, size] : [];
}

/**
 * Gives each variable a name of its own: a layer of Caffe's may write into what it reads. What makes nothing new (Split, Flatten) makes another name
 * of a variable.
 */
function wired(
  raw: readonly RawLayer[],
  inputs: readonly string[],
  blobs: ReadonlyMap<string, readonly Float32Array[]> | undefined,
  notes: string[],
): { layers: CaffeLayer[]; aliases: Set<string> } {
  const current = new Map(inputs.map((name) => [name, name]));
  const taken = new Set(inputs);
  const flattened = new Set<string>();
  const layers: CaffeLayer[] = [];
  for (const { name, type, message, bottoms, tops, isOld } of raw) {
    const reads = bottoms.map((bottom) => current.get(bottom) ?? bottom);
    if (type === "Split" || type === "Flatten" || isFlattening(type, message)) {
      for (const top of tops) current.set(top, reads[0]);
      if (type !== "Split") flattened.add(reads[0]);
      continue;
    }
    if (MEASURES.includes(type) || (/Loss$/.test(type) && !Object.hasOwn(LAYERS, type))) {
      if (!MEASURES.includes(type)) notes.push(`Layer '${name}' was left out: a loss of type ${type} is not read.`);
      continue;
    }
    const wanted = tops[0] ?? name;
    const output = !taken.has(wanted) ? wanted : !taken.has(name) ? name : `${name}/${wanted}`;
    taken.add(output);
    if (tops[0] !== undefined) current.set(tops[0], output);
    const own = blobs?.get(name) ?? (blobs ? [] : undefined);
    layers.push({ ...{ name, type, message, output, inputs: reads }, blobs: own, rates: ratesOf(message, isOld) });
  }
  return { layers, aliases: flattened };
}

/** A Reshape to N×(all the rest). */
function isFlattening(type: string, message: Message): boolean {
  const [first, second, ...rest] = message.message("reshape_param").message("shape").numbers("dim");
  return type === "Reshape" && first === 0 && second === -1 && rest.every((size) => size === 1);
}

function ratesOf(message: Message, isOld: boolean): [number, number][] {
  if (!isOld)
    return message.messages("param").map((param) => [param.number("lr_mult", 1), param.number("decay_mult", 1)]);
  const decays = message.numbers("weight_decay");
  return message.numbers("blobs_lr").map((rate, i) => [rate, decays[i] ?? 1]);
}

/** Puts a learned scale into the batch normalisation before it, where nothing else reads what is between them. */
function merged(layers: readonly CaffeLayer[], labels: ReadonlySet<string>): CaffeLayer[] {
  const readers = new Map<string, number>();
  for (const { inputs } of layers) for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const done = new Map<string, number>();
  const out: CaffeLayer[] = [];
  for (const layer of layers) {
    const [input] = layer.inputs;
    const at = done.get(input);
    if (layer.type === "Scale" && layer.inputs.length === 1 && at !== undefined && readers.get(input) === 1) {
      out[at] = { ...out[at], scale: layer, output: layer.output };
      continue;
    }
    if (layer.type === "BatchNorm") done.set(layer.output, out.length);
    out.push({ ...layer, inputs: layer.inputs.filter((name) => !labels.has(name)) });
  }
  return out;
}

/** The layers of ours for one of the file. */
function place(layer: CaffeLayer, shapes: Map<string, ImageShape>, flat: Set<string>): ForeignLayer[] {
  const { name, type, inputs } = layer;
  const where = `Caffe: layer '${name}'`;
  if (!Object.hasOwn(LAYERS, type)) {
    throw new ModelFormatError(
      `${where}: expected a type that is read (${Object.keys(LAYERS).join(", ")}), got '${type}'.`,
    );
  }
  const [first, ...others] = inputs.map((input) => {
    const shape = shapes.get(input);
    if (!shape) throw new ModelFormatError(`${where}: expected a layer before it that makes '${input}', got none.`);
    return shape;
  });
  if (!first) throw new ModelFormatError(`${where}: expected an input, got none.`);
  const isFlat = flat.has(inputs[0]) && first.height * first.width > 1;
  if (isFlat && type !== "InnerProduct" && !ELEMENTWISE.has(type)) {
    throw new ModelFormatError(
      `${where}: it reads a map of ${shapeText(first)} that was flattened, which only InnerProduct may.`,
    );
  }
  if (isFlat && ELEMENTWISE.has(type)) flat.add(layer.output);
  try {
    const made = LAYERS[type](layer, [first, ...others]);
    for (const { layer: own } of made) {
      const [a, ...rest] = (own.inputs ?? []).flatMap((input) => shapes.get(input) ?? []);
      shapes.set(own.output ?? own.name, blockOf(own).outputShape(own, a ?? first, ...rest));
    }
    return made.map(({ layer: own, values }) => ({ layer: own, ...(values && { values }) }));
  } catch (error) {
    if (error instanceof ModelFormatError) throw error;
    throw new ModelFormatError(`${where} (${type}): ${errorText(error)}`, { cause: error });
  }
}
