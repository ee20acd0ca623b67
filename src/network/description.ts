/** A network as JSON holds it, and back. */

import { elu, gelu, leakyRelu, sigmoid, softplus, tanh } from "../blocks/activation.js";
import type { Initialization, LayerBase } from "../blocks/block.js";
import { conv } from "../blocks/conv.js";
import type { Layer } from "../blocks/layer.js";
import { relu, softmax, softmaxLogLoss } from "../blocks/pixelwise.js";
import { averagePool, maxPool } from "../blocks/pool.js";
import type { Network } from "./network.js";
import { sequential } from "./network.js";

/** What determines a network: its name, the size of its images, its layers. Plain data for `JSON.stringify`. */
export interface NetworkDescription {
  readonly name: string;
  readonly input: Network["input"];
  readonly layers: readonly Layer[];
}

/**
 * The description from which {@link networkFrom} makes the same network again.
 *
 * @example
 * descriptionOf(lenet()).input; // {"channels": 1, "height": 28, "width": 28}
 */
export function descriptionOf({ name, input, layers }: Network): NetworkDescription {
  return { name, input, layers: layers.map(({ layer }) => layer) };
}

/**
 * The network of a description that was parsed from JSON, every field of it checked.
 *
 * @throws TypeError when a field is missing or of the wrong type: "layer 3: support: expected 2 numbers, got 5"
 * @throws RangeError when a layer's option is out of range
 * @throws ShapeError when the layers do not fit each other
 * @example
 * networkFrom(JSON.parse(JSON.stringify(descriptionOf(ocr())))); // equals ocr()
 */
export function networkFrom(description: unknown): Network {
  const fields = new Fields(description, "network");
  const input = new Fields(fields.get("input"), "network's input");
  const shape = { channels: input.number("channels"), height: input.number("height"), width: input.number("width") };
  const layers = fields.list("layers").map((layer, i) => layerFrom(new Fields(layer, `layer ${i + 1}`)));
  return sequential(fields.text("name"), shape, layers);
}

type Reader<L extends LayerBase> = (fields: Fields) => L;

const READERS: { readonly [T in Layer["type"]]: Reader<Extract<Layer, { type: T }>> } = {
  conv: (fields) =>
    conv(fields.numbers("support", 2), fields.number("filters"), {
      ...fields.named(),
      stride: fields.numbers("stride", 2),
      pad: fields.numbers("pad", 4),
      dilation: fields.numbers("dilation", 2),
      groups: fields.number("groups"),
      biases: fields.flag("biases"),
      initialization: initializationFrom(new Fields(fields.get("initialization"), `${fields.where}: initialization`)),
      learningRate: fields.numbers("learningRate", 2),
      weightDecay: fields.numbers("weightDecay", 2),
    }),
  pool: (fields) => {
    const support = fields.numbers("support", 2);
    const options = { ...fields.named(), stride: fields.numbers("stride", 2), pad: fields.numbers("pad", 4) };
    const method = fields.text("method");
    if (method === "max") return maxPool(support, options);
    if (method === "average") return averagePool(support, options);
    throw fields.wrong("method", '"max" or "average"');
  },
  relu: (fields) => relu(fields.named().name),
  leakyRelu: (fields) => leakyRelu(fields.number("leak"), fields.named().name),
  softplus: (fields) => softplus(fields.named().name),
  sigmoid: (fields) => sigmoid(fields.named().name),
  tanh: (fields) => tanh(fields.named().name),
  elu: (fields) => elu(fields.number("alpha"), fields.named().name),
  gelu: (fields) => gelu(fields.named().name),
  softmax: (fields) => softmax(fields.named().name),
  softmaxLogLoss: (fields) => softmaxLogLoss(fields.named().name),
};

const isLayerType = (type: string): type is Layer["type"] => Object.hasOwn(READERS, type);

function layerFrom(fields: Fields): Layer {
  const type = fields.text("type");
  if (!isLayerType(type)) throw fields.wrong("type", `one of ${Object.keys(READERS).join(", ")}`);
  try {
    return READERS[type](fields);
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`${fields.where}: ${error.message}`) : error;
  }
}

function initializationFrom(fields: Fields): Initialization {
  const type = fields.text("type");
  if (type === "zeros") return { type };
  if (type === "gaussian") return { type, deviation: fields.number("deviation") };
  throw fields.wrong("type", '"gaussian" or "zeros"');
}

type Numbers<N extends 2 | 4> = N extends 2 ? readonly [number, number] : readonly [number, number, number, number];

/** An object that came from JSON, read field by field; `where` tells errors what it is. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  /** @throws TypeError when the value is no object */
  constructor(
    value: unknown,
    readonly where: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new TypeError(`${where}: expected an object, got ${brief(value)}.`);
    }
    this.#values = new Map(Object.entries(value));
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  number(key: string): number {
    const value = this.get(key);
    if (typeof value !== "number") throw this.wrong(key, "a number");
    return value;
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string") throw this.wrong(key, "text");
    return value;
  }

  flag(key: string): boolean {
    const value = this.get(key);
    if (typeof value !== "boolean") throw this.wrong(key, "true or false");
    return value;
  }

  list(key: string): readonly unknown[] {
    const value: unknown = this.get(key);
    if (!Array.isArray(value)) throw this.wrong(key, "a list");
    return value;
  }

  /** A list of numbers; of exactly so many where a count is given. */
  numbers(key: string): readonly number[];
  numbers<N extends 2 | 4>(key: string, count: N): Numbers<N>;
  numbers(key: string, count?: number): readonly number[] {
    const value: unknown = this.get(key);
    if (!isNumbers(value) || (count !== undefined && value.length !== count)) {
      throw this.wrong(key, count === undefined ? "a list of numbers" : `${count} numbers`);
    }
    return value;
  }

  /** The optional field `name`. */
  named(): { name?: string } {
    return this.#values.has("name") ? { name: this.text("name") } : {};
  }

  wrong(key: string, expected: string): TypeError {
    return new TypeError(`${this.where}: ${key}: expected ${expected}, got ${brief(this.get(key))}.`);
  }
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((v) => typeof v === "number");

const brief = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60));
