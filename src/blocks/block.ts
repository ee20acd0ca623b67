/** What every block of the toolbox has in common. */

import type { GraphBuilder } from "../graph/builder.js";
import type { Window } from "../graph/window.js";
import type { ImageShape } from "../values/image-shape.js";
import { byName, flag, type GivenFor, list, number, text, type ValueOf, whole, word } from "../values/kind.js";
import { ARGUMENTS, type Place } from "../values/place.js";
import {
  defaulted,
  type Fields,
  type OptionsOf,
  oneOf,
  optional,
  type RecordOf,
  type Refuse,
  record,
  required,
} from "../values/record.js";

/** The pixels that one feature depends on, as they move with the feature; vertical before horizontal. */
export interface Field {
  /** its height and width, in pixels; not clipped to the image */
  readonly size: readonly [number, number];
  /** how far it moves from one feature to the next, in pixels; a part of one behind what enlarges, 0 where every feature sees the same */
  readonly stride: readonly [number, number];
  /**
   * where the centre of the first feature's field lies, in pixels; 0 is the centre of the first pixel.
   * MatConvNet counts pixels from one, so that its `rf offset` is this plus one.
   */
  readonly offset: readonly [number, number];
}

/**
 * How a parameter begins. Numbers are drawn independently of each other.
 *
 * - `gaussian`: deviation · N(0, 1)
 * - `xavier`: uniform between ±√(3 / fan-in), so that its variance is 1 / fan-in (Glorot and Bengio 2010, as Caffe and MatConvNet have it)
 * - `he`: √(2 / fan) · N(0, 1), the "improved Xavier" for layers before a ReLU (He et al. 2015); the fan is that of the inputs unless said otherwise
 * - `constant`: every number is the value
 * - `rows`: the numbers of row i of the first axis are the value i
 *
 * The fan-in of a filter is the number of its weights, the fan-out its taps times the number of filters.
 */
export const INITIALIZATION = oneOf("type", {
  gaussian: record({ deviation: required(number()) }),
  xavier: record({}),
  he: record({ fan: optional(word(["in", "out"])) }),
  constant: record({ value: required(number()) }),
  rows: record({ values: required(list(number())) }),
  zeros: record({}),
});

/** How a parameter begins; see {@link INITIALIZATION}. */
export type Initialization = ValueOf<typeof INITIALIZATION>;

/** The fields of {@link ParameterSpec}. */
const PARAMETER = record({
  /** its name within the layer: "filters", "biases" */
  name: required(text()),
  /** its sizes; none for one number */
  shape: required(list(whole(1))),
  initialization: required(INITIALIZATION),
  /**
   * How training changes it: "gradient" by the solver, "average" towards what each batch has, w ← (1 − a)·w + a·(the batch's),
   * as the moments of a batch normalisation; "gradient".
   */
  update: defaulted(word(["gradient", "average"]), "gradient"),
  /** multiplies the learning rate of the run; of an average it is the share a of the newest batch; 1. 0 freezes. */
  learningRate: defaulted(number({ least: 0 }), 1),
  /** multiplies the weight decay of the run; 1 */
  weightDecay: defaulted(number({ least: 0 }), 1),
  /** the rows of its first axis in which every number is above 0, such as deviations: a model file that has others is refused; none */
  positiveRows: optional(list(whole(0))),
});

/** A learnable array of a layer. */
export type ParameterSpec = ValueOf<typeof PARAMETER>;

/** A learnable array as a block declares it: what has a default may be left out. */
export type ParameterOptions = GivenFor<typeof PARAMETER>;

/** The learnable arrays of a layer. */
const PARAMETERS = list(PARAMETER);

/** The fields that any layer has: its name and its place in a network. Left out, it stands behind the layer before it. */
const PLACE = {
  /** unique in its network; made from the type where it is left out ("conv1", "pool1", …) */
  name: optional(text()),
  /** the variables that it reads; the output of the layer before it, or the network's first input */
  inputs: optional(list(text(), 1)),
  /** the name of the variable that it makes; the layer's own name */
  output: optional(text()),
  /** the network-wide names of its parameters ("filters" → "shared/filters"); "NAME/filters" and so on. Layers that say the same name share it. */
  parameters: optional(byName(text())),
  /** whether training leaves its parameters as they are; false */
  frozen: optional(flag()),
};

/** The names of the fields that any layer has. */
export const PLACE_NAMES = Object.keys(PLACE);

/** What a layer of any type may be given. */
export type LayerOptions = OptionsOf<typeof PLACE>;

/** A layer of any type, as plain data. */
export interface LayerBase extends RecordOf<typeof PLACE> {
  readonly type: string;
}

/** A batch that is computed in parts side by side. */
export interface WholeBatch {
  /** how many pictures it has, in all parts */
  readonly pictures: number;
  /** which places of this part hold one of them: N numbers of 1 or 0 in the graph; all where it is left out */
  readonly present?: string;
}

/** What a layer is built for. */
export interface BuildMode {
  /** true where a step of training is built: moments of the batch, dropout; false where the network is used or measured */
  readonly training: boolean;
  /** an int32 scalar in the graph that differs from step to step and follows from the run's seed */
  randomSeed(): string;
  /** the whole batch, where this is one of its parts and what is normalised by the batch sees all of it; only in training */
  readonly wholeBatch?: WholeBatch;
  /** says to which value of this batch a parameter that is averaged moves; only in training */
  average(parameter: string, value: string): void;
}

/** A layer is built for use. */
export const FOR_USE: BuildMode = {
  training: false,
  randomSeed: () => {
    throw new Error("Nothing is random where a network is used.");
  },
  average: () => {
    throw new Error("No parameter moves where a network is used.");
  },
};

/** The values of a layer's parameters, by their names within the layer. */
type ParameterValues = Readonly<Record<string, string>>;

/** The shapes of what a layer reads. */
type Shapes = readonly [ImageShape, ...ImageShape[]];

/** The window of a layer that works pixel by pixel. */
export const PIXEL: Window = { support: [1, 1], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1] };

/** The field of what sees all of an image, wherever it stands. */
export const wholeField = ({ height, width }: ImageShape): Field => ({
  size: [height, width],
  stride: [0, 0],
  offset: [(height - 1) / 2, (width - 1) / 2],
});

/**
 * What a type of layer computes: pure functions of the layer's data.
 * (Written as methods so that a `Block<Conv>` may stand where a block of any layer is wanted; `blockOf` pairs them rightly.)
 */
export interface Behaviour<L> {
  /** the name of the function that makes such a layer, where it is not the type */
  called?(layer: L): string;
  /** how many variables it reads, least and most; exactly one where it is left out */
  readonly inputCount?: readonly [number, number];
  /** The output's shape for inputs of the given ones; the first one's where it is left out. @throws ShapeError when the layer does not fit */
  outputShape?(layer: L, ...inputs: Shapes): ImageShape;
  /** The layer's learnable parameters; none where it is left out. */
  parameters?(layer: L, ...inputs: Shapes): readonly ParameterOptions[];
  /** The window on its first input that the layer looks through; {@link PIXEL} where it is left out. */
  window?(layer: L, input: ImageShape): Window;
  /** The field of one output pixel on the first input, where it is not that of the window: of a layer that enlarges, or sees everything. */
  field?(layer: L, input: ImageShape): Field | undefined;
  /**
   * Multiply-adds for one image, 0 where it is left out. Those of weights with what they look at count (convolutions, fully connected layers, products of matrices), as in
   * what is published of networks; normalisations, factors, activations and poolings do not.
   */
  multiplyAdds?(layer: L, ...inputs: Shapes): number;
  /**
   * Adds the layer to a graph.
   *
   * @param inputs the values that it reads, each N×C×H×W
   * @param parameters the values of its parameters, by their names within the layer
   * @returns its output
   */
  build(g: GraphBuilder, layer: L, inputs: readonly string[], parameters: ParameterValues, mode: BuildMode): string;
}

/** A type of layer: its fields, and what it computes. */
export interface Block<L extends LayerBase>
  extends Required<Omit<Behaviour<L>, "field" | "parameters">>,
    Pick<Behaviour<L>, "field"> {
  readonly type: string;
  /** The layer's learnable parameters. */
  parameters(layer: L, ...inputs: Shapes): readonly ParameterSpec[];
  /** The layer that JSON holds. @throws TypeError, RangeError when a field is wrong or not known */
  take(json: unknown, at: Place): L;
}

/** The fields of a type of layer beside those that any layer has. */
type LayerFields<F> = F & typeof PLACE;

/** The layers that begin with some fields, such as their type, and have these. */
export type LayerOf<H, F> = H & RecordOf<LayerFields<F>>;

/** What makes layers: from the options of a function, or from JSON. */
export interface LayerRecord<H, F> {
  /** The layer with these options. @throws TypeError, RangeError when one is wrong or not known */
  make(options: OptionsOf<LayerFields<F>>): LayerOf<H, F>;
  /** The layer that JSON holds. @throws TypeError, RangeError when a field is wrong or not known */
  take(json: unknown, at: Place): LayerOf<H, F>;
}

/**
 * Declares what the layers of a type have.
 *
 * @param head what each of them begins with, such as `{ type: "conv" }`
 * @param fields what they have beside that, a name and a place
 * @param rule what must hold between the fields
 */
export function layerRecord<H extends Readonly<Record<string, string>>, F extends Fields>(
  head: H,
  fields: F,
  rule?: (layer: RecordOf<LayerFields<F>>, refuse: Refuse) => void,
): LayerRecord<H, F> {
  const { take } = record<LayerFields<F>>({ ...fields, ...PLACE }, rule);
  const layerOf = (values: RecordOf<LayerFields<F>>): LayerOf<H, F> => {
    const { frozen, ...rest } = values as RecordOf<LayerFields<F>> & { readonly frozen?: boolean };
    return { ...head, ...rest, ...(frozen === true ? { frozen } : {}) } as LayerOf<H, F>;
  };
  const beside = (json: unknown): unknown =>
    typeof json === "object" && json !== null && !Array.isArray(json)
      ? Object.fromEntries(Object.entries(json).filter(([name]) => !Object.hasOwn(head, name)))
      : json;
  return {
    make: (options) => layerOf(take(beside(options), ARGUMENTS)),
    take: (json, at) => layerOf(take(beside(json), at)),
  };
}

/** Makes layers; options may be left out where all of them have a default. */
export type LayerFactory<H, F> = (
  ...options: Partial<OptionsOf<LayerFields<F>>> extends OptionsOf<LayerFields<F>>
    ? [options?: OptionsOf<LayerFields<F>>]
    : [options: OptionsOf<LayerFields<F>>]
) => LayerOf<H, F>;

/** A type of layer with the function that makes its layers. */
export interface DeclaredBlock<T extends string, F>
  extends Block<LayerOf<{ readonly type: T }, F>>,
    LayerRecord<{ readonly type: T }, F> {}

/** The layers of a block. */
export type LayerFrom<B> = B extends LayerRecord<infer H, infer F> ? LayerOf<H, F> : never;

/** What may be given for the layers of a block, apart from some fields. */
export type OptionsFrom<B, Apart extends string = never> =
  B extends LayerRecord<infer _, infer F> ? Omit<OptionsOf<LayerFields<F>>, Apart> : never;

/**
 * Declares a type of layer.
 *
 * @param type what its layers are called in JSON
 * @param fields what they have beside a name and a place
 * @param behaviour what they compute
 * @param rule what must hold between the fields
 */
export const declareBlock = <const T extends string, F extends Fields>(
  type: T,
  fields: F,
  behaviour: Behaviour<LayerOf<{ readonly type: T }, F>>,
  rule?: (layer: RecordOf<LayerFields<F>>, refuse: Refuse) => void,
): DeclaredBlock<T, F> => ({
  type,
  called: () => type,
  inputCount: [1, 1],
  outputShape: (_, input) => input,
  window: () => PIXEL,
  multiplyAdds: () => 0,
  ...behaviour,
  parameters: (layer, ...inputs) =>
    PARAMETERS.take(behaviour.parameters?.(layer, ...inputs) ?? [], { where: `block '${type}'`, path: "parameters" }),
  ...layerRecord<{ readonly type: T }, F>({ type }, fields, rule),
});
