/** One call of a layer: what its rule asks for. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Tensor } from "../../graph/types.js";
import type { Laid, LaidGraph } from "../channels-last/values.js";
import type { KerasLayer } from "./model.js";

/** A value, or a number that an operation is given. */
export type Given = Laid | number;

/** What a layer computes. */
export type Rule = (call: Call) => Laid;

export class Call {
  constructor(
    readonly graph: LaidGraph,
    readonly layer: KerasLayer,
    readonly given: readonly Given[],
  ) {}

  get fields() {
    return this.layer.fields;
  }

  /** The values that it is called with. */
  get values(): Laid[] {
    return this.given.filter((value) => typeof value !== "number");
  }

  /** The only value that it is called with. */
  get x(): Laid {
    const [x, ...others] = this.values;
    if (!x || others.length > 0) throw new ModelFormatError(`expected one input, got ${this.values.length}`);
    return x;
  }

  /** Some of the layer's weights; the sizes are checked by what they are used for. */
  weight(index: number, what: string, rank: number): Tensor<"float32"> {
    const weight = this.layer.weights[index];
    if (!weight) throw new ModelFormatError(`expected its ${what} among the file's weights, got nothing`);
    if (weight.shape.length !== rank) {
      throw new ModelFormatError(`expected a ${what} of ${rank} axes, got ${formatShape(weight.shape)}`);
    }
    return weight;
  }

  /** What is made of weights, once for all calls. */
  once(what: string, make: () => Tensor<"float32">): Tensor<"float32"> {
    const known = this.layer.made.get(what);
    if (known) return known;
    const made = make();
    this.graph.budget.take(made.data.byteLength, what);
    this.layer.made.set(what, made);
    return made;
  }

  /** The name of a parameter: "block1/conv/kernel". */
  name(parameter: string): string {
    return `${this.layer.path}/${parameter}`;
  }

  /** @throws ModelFormatError when the file has more weights than the layer */
  expectWeights(count: number): void {
    const { weights } = this.layer;
    if (weights.length !== count) {
      throw new ModelFormatError(`expected ${count} arrays of weights, got ${weights.length}`);
    }
  }
}

/** The layer applied to images; with `channels_first` the toolbox's own order is ONNX's. */
export function onImages(call: Call, x: Laid, apply: (x: Laid) => Laid): Laid {
  const format = call.fields.choice("data_format", ["channels_last", "channels_first"], "channels_last");
  return format === "channels_last" ? apply(x) : asFirst(call.graph, apply(asLast(call.graph, x)));
}

/** A value N×C×H×W as the image that it is. */
export const asLast = (graph: LaidGraph, x: Laid): Laid => ({ image: graph.plain(x) });

/** An image as a value N×C×H×W; what has no sides any more stays as it is. */
export const asFirst = (graph: LaidGraph, x: Laid): Laid =>
  x.flat || graph.rank(x) < 3 ? x : { plain: graph.image(x) };
