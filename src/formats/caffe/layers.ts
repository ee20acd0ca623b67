/** Caffe's layers as layers of ours. */

import * as activation from "../../blocks/activation/activation.js";
import { type ConcatAxis, concat, sum } from "../../blocks/combining/combine.js";
import { cropLike } from "../../blocks/combining/crop.js";
import { scale } from "../../blocks/combining/scale.js";
import { conv } from "../../blocks/convolution/conv.js";
import { convTranspose } from "../../blocks/convolution/conv-transpose.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { localResponseNorm } from "../../blocks/normalization/local-norm.js";
import { globalAveragePool, globalMaxPool } from "../../blocks/pooling/global-pool.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { tensor } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Message } from "./message.js";

/** A layer of the file, in its place. */
export interface CaffeLayer {
  readonly name: string;
  readonly type: string;
  readonly message: Message;
  /** our names of the variables that it reads and makes */
  readonly inputs: readonly string[];
  readonly output: string;
  /** its arrays; none where only the text is there */
  readonly blobs: readonly Float32Array[] | undefined;
  /** multipliers of learning rate and weight decay, a pair for each array */
  readonly rates: readonly (readonly [number, number])[];
  /** a learned scale that comes right behind a batch normalisation */
  readonly scale?: CaffeLayer | undefined;
}

/** A layer of ours with its values; the last of several makes the output. */
export interface Made {
  readonly layer: Layer & { readonly name: string };
  readonly values?: Readonly<Record<string, Tensor<"float32">>> | undefined;
}

type Convert = (layer: CaffeLayer, shapes: readonly [ImageShape, ...ImageShape[]]) => Made[];

/** The place of a layer of ours that is the only one. */
const placeOf = ({ name, inputs, output }: CaffeLayer) => ({ name, inputs: [...inputs], output });

const only = (
  layer: Layer & { readonly name?: string | undefined },
  at: CaffeLayer,
  values?: Made["values"],
): Made[] => [{ layer: { ...layer, name: at.name }, values }];

const vector = (data: Float32Array): Tensor<"float32"> => tensor("float32", [data.length], data);
const constant = (value: number, count: number): Tensor<"float32"> => vector(new Float32Array(count).fill(value));

function refuse({ name, type }: CaffeLayer, why: string): ModelFormatError {
  return new ModelFormatError(`Caffe: layer '${name}' (${type}): ${why}.`);
}

/** Height and width by `kernel_size` once or twice, or by `kernel_h` and `kernel_w`. */
function pair(message: Message, name: string, short: string, missing: number): [number, number] {
  const list = message.numbers(name);
  if (list.length > 2) throw message.wrong(name, "one or two numbers", list.join(" "));
  const [height = missing, width = height] = list;
  return [message.number(`${short}_h`, height), message.number(`${short}_w`, width)];
}

const multipliers = ({ rates }: CaffeLayer) => {
  const [filters = [1, 1], biases = [1, 1]] = rates;
  return {
    learningRate: [filters[0], biases[0]] as [number, number],
    weightDecay: [filters[1], biases[1]] as [number, number],
  };
};

/** Values of filters and biases; their shapes follow from the layer. */
function bankValues({ blobs }: CaffeLayer, biased: boolean): Made["values"] {
  if (!blobs || blobs.length === 0) return undefined;
  return { filters: vector(blobs[0]), ...(biased && blobs[1] && { biases: vector(blobs[1]) }) };
}

const convolution: Convert = (layer) => {
  const message = layer.message.message("convolution_param");
  const [height, width] = pair(message, "pad", "pad", 0);
  const biases = message.number("bias_term", 1) === 1;
  const filters = message.number("num_output", 0);
  const isDepthwise = layer.type !== "Convolution";
  const made = conv(pair(message, "kernel_size", "kernel", 0), filters, {
    ...placeOf(layer),
    ...multipliers(layer),
    biases,
    stride: pair(message, "stride", "stride", 1),
    pad: [height, height, width, width],
    dilation: pair(message, "dilation", "dilation", 1),
    groups: isDepthwise ? filters : message.number("group", 1),
  });
  return only(made, layer, bankValues(layer, biases));
};

const deconvolution: Convert = (layer) => {
  const message = layer.message.message("convolution_param");
  const [height, width] = pair(message, "pad", "pad", 0);
  const biases = message.number("bias_term", 1) === 1;
  if (pair(message, "dilation", "dilation", 1).some((d) => d !== 1)) throw refuse(layer, "a dilation is not read");
  const made = convTranspose(pair(message, "kernel_size", "kernel", 0), message.number("num_output", 0), {
    ...placeOf(layer),
    ...multipliers(layer),
    biases,
    upsample: pair(message, "stride", "stride", 1),
    crop: [height, height, width, width],
    groups: message.number("group", 1),
  });
  return only(made, layer, bankValues(layer, biases));
};

/** A matrix product over all of a C×H×W input: a convolution that sees all of it. */
const innerProduct: Convert = (layer, [{ channels, height, width }]) => {
  const message = layer.message.message("inner_product_param");
  const count = message.number("num_output", 0);
  const biases = message.number("bias_term", 1) === 1;
  const axis = message.number("axis", 1);
  if (axis !== 1) throw refuse(layer, `expected axis 1, got ${axis}`);
  const made = conv([height, width], count, { ...placeOf(layer), ...multipliers(layer), biases });
  const values = bankValues(layer, biases);
  const size = channels * height * width;
  if (message.number("transpose", 0) === 0 || values?.filters.data.length !== size * count)
    return only(made, layer, values);
  const { data } = values.filters;
  const turned = Float32Array.from({ length: size * count }, (_, i) => data[(i % size) * count + Math.floor(i / size)]);
  return only(made, layer, { ...values, filters: vector(turned) });
};

/** Caffe rounds up how many windows there are; where the last reaches over the edge, our pad is larger there. */
const pooling: Convert = (layer, [input]) => {
  const message = layer.message.message("pooling_param");
  const method = message.text("pool", "MAX");
  if (method !== "MAX" && method !== "AVE" && method !== "0" && method !== "1") {
    throw refuse(layer, `expected MAX or AVE, got ${method}`);
  }
  const isMax = method === "MAX" || method === "0";
  const place = placeOf(layer);
  if (message.number("global_pooling", 0) === 1)
    return only(isMax ? globalMaxPool(place) : globalAveragePool(place), layer);
  const support = pair(message, "kernel_size", "kernel", 0);
  const stride = pair(message, "stride", "stride", 1);
  const pad = pair(message, "pad", "pad", 0);
  const over = [0, 1].map((axis) => {
    const length = [input.height, input.width][axis];
    let windows = Math.ceil((length + 2 * pad[axis] - support[axis]) / stride[axis]) + 1;
    if (pad[axis] > 0 && (windows - 1) * stride[axis] >= length + pad[axis]) windows--;
    return Math.max(0, (windows - 1) * stride[axis] + support[axis] - length - 2 * pad[axis]);
  });
  const sides: [number, number, number, number] = [pad[0], pad[0] + over[0], pad[1], pad[1] + over[1]];
  const options = { ...place, stride, pad: sides };
  if (isMax) return only(maxPool(support, options), layer);
  if (pad.every((p) => p === 0)) return only(averagePool(support, options), layer);
  // Caffe counts the pad among the pixels: every sum is divided by all of the window, which is a convolution.
  if (over.some((p) => p > 0)) throw refuse(layer, "an average over windows that reach beyond their pad is not read");
  const { channels } = input;
  const made = conv(support, channels, { ...options, groups: channels, biases: false, frozen: true });
  const taps = support[0] * support[1];
  return only(made, layer, { filters: constant(1 / taps, channels * taps) });
};

const normalization: Convert = (layer) => {
  const message = layer.message.message("lrn_param");
  const region = message.text("norm_region", "ACROSS_CHANNELS");
  if (region !== "ACROSS_CHANNELS" && region !== "0") throw refuse(layer, `norm_region ${region} is not read`);
  const size = message.number("local_size", 5);
  const [alpha, beta, kappa] = [message.number("alpha", 1), message.number("beta", 0.75), message.number("k", 1)];
  return only(localResponseNorm({ ...placeOf(layer), size, alpha: alpha / size, beta, kappa }), layer);
};

/** Mean, variance, and what both are to be divided by; a scale right behind it is its gain and bias. */
const batchNormalization: Convert = (layer, [{ channels }]) => {
  const epsilon = layer.message.message("batch_norm_param").number("eps", 1e-5);
  const made = batchNorm({ ...placeOf(layer), ...(layer.scale && multipliers(layer.scale)), epsilon });
  if (!layer.blobs || layer.blobs.length === 0) return only(made, layer);
  const [mean, variance, factor = Float32Array.of(1)] = layer.blobs;
  if (mean.length !== channels || variance?.length !== channels) {
    throw refuse(layer, `expected ${channels} means and variances, got ${mean.length} and ${variance?.length ?? 0}`);
  }
  const by = factor[0] === 0 ? 0 : 1 / factor[0];
  const moments = new Float32Array(2 * channels);
  for (let i = 0; i < channels; i++) {
    moments[i] = mean[i] * by;
    moments[channels + i] = Math.sqrt(variance[i] * by + epsilon);
  }
  const [gain, bias] = layer.scale?.blobs ?? [];
  return only(made, layer, {
    gain: gain ? vector(gain) : constant(1, channels),
    bias: bias ? vector(bias) : constant(0, channels),
    moments: tensor("float32", [2, channels], moments),
  });
};

const scaling: Convert = (layer, [{ channels }]) => {
  const message = layer.message.message(layer.type === "Bias" ? "bias_param" : "scale_param");
  const [axis, axes] = [message.number("axis", 1), message.number("num_axes", 1)];
  if (layer.inputs.length === 1 && (axis !== 1 || axes !== 1)) {
    throw refuse(
      layer,
      `expected one factor for each channel (axis 1, num_axes 1), got axis ${axis}, num_axes ${axes}`,
    );
  }
  const [first, second] = layer.blobs ?? [];
  if (layer.type === "Bias") {
    const values = first && { gain: constant(1, channels), bias: vector(first) };
    return only(scale({ ...placeOf(layer), bias: true, learningRate: [0, layer.rates[0]?.[0] ?? 1] }), layer, values);
  }
  const bias = message.number("bias_term", 0) === 1;
  const made = scale({ ...placeOf(layer), ...multipliers(layer), bias });
  const isComputed = layer.inputs.length > 1;
  const [gain, b] = isComputed ? [undefined, first] : [first, second];
  return only(made, layer, layer.blobs && { ...(gain && { gain: vector(gain) }), ...(b && { bias: vector(b) }) });
};

/** (shift + scale·x)^power, where the power is 1: a factor and a constant that are not learned. */
const power: Convert = (layer, [{ channels }]) => {
  const message = layer.message.message("power_param");
  const exponent = message.number("power", 1);
  if (exponent !== 1) throw refuse(layer, `a power of ${exponent} is not read`);
  const made = scale({ ...placeOf(layer), bias: true, frozen: true });
  const values = {
    gain: constant(message.number("scale", 1), channels),
    bias: constant(message.number("shift", 0), channels),
  };
  return only(made, layer, values);
};

const elementwise: Convert = (layer, [{ channels }]) => {
  const message = layer.message.message("eltwise_param");
  const operation = message.text("operation", "SUM");
  if (operation === "PROD" || operation === "0") {
    if (layer.inputs.length !== 2) throw refuse(layer, `expected a product of two, got ${layer.inputs.length}`);
    return only(scale(placeOf(layer)), layer);
  }
  if (operation !== "SUM" && operation !== "1") throw refuse(layer, `the operation ${operation} is not read`);
  const factors = message.numbers("coeff");
  const scaled = layer.inputs.map((input, i): Made[] => {
    const factor = factors[i] ?? 1;
    if (factor === 1) return [];
    const name = `${layer.name}/factor${i + 1}`;
    return [
      {
        layer: { ...scale({ name, inputs: [input], frozen: true }), name },
        values: { gain: constant(factor, channels) },
      },
    ];
  });
  const inputs = layer.inputs.map((input, i) => scaled[i][0]?.layer.name ?? input);
  return [...scaled.flat(), ...only(sum({ ...placeOf(layer), inputs }), layer)];
};

const AXES: readonly (ConcatAxis | undefined)[] = [undefined, "channels", "height", "width"];

const concatenation: Convert = (layer) => {
  const message = layer.message.message("concat_param");
  const axis = message.number("axis", message.number("concat_dim", 1));
  const name = AXES[axis < 0 ? axis + 4 : axis];
  if (!name) throw refuse(layer, `expected axis 1, 2 or 3, got ${axis}`);
  return only(concat(name, placeOf(layer)), layer);
};

const cropping: Convert = (layer) => {
  const message = layer.message.message("crop_param");
  const axis = message.number("axis", 2);
  if (axis !== 2 && axis !== -2) throw refuse(layer, `expected axis 2, got ${axis}`);
  const [top = 0, left = top] = message.numbers("offset");
  return only(cropLike([top, left], placeOf(layer)), layer);
};

/**
 * A slope for each channel below zero: max(x, 0) − a·max(−x, 0). One for all channels is a leaky rectifier.
 */
const parametricRectifier: Convert = (layer, [{ channels }]) => {
  const [slopes] = layer.blobs ?? [];
  const isShared = layer.message.message("prelu_param").number("channel_shared", 0) === 1;
  if (isShared) return only(activation.leakyRelu(slopes?.[0] ?? 0.25, placeOf(layer)), layer);
  if (slopes && slopes.length !== channels) throw refuse(layer, `expected ${channels} slopes, got ${slopes.length}`);
  const [input] = layer.inputs;
  const named = (part: string): string => `${layer.name}/${part}`;
  const part = <L extends Layer>(made: L, name: string, values?: Made["values"]): Made => ({
    layer: { ...made, name: named(name) },
    values,
  });
  return [
    part(activation.relu({ inputs: [input] }), "positive"),
    part(scale({ inputs: [input], frozen: true }), "turned", { gain: constant(-1, channels) }),
    part(activation.relu({ inputs: [named("turned")] }), "negative"),
    part(scale({ inputs: [named("negative")] }), "slopes", slopes && { gain: vector(slopes.map((slope) => -slope)) }),
    ...only(sum({ ...placeOf(layer), inputs: [named("positive"), named("slopes")] }), layer),
  ];
};

const plain =
  (make: (place: ReturnType<typeof placeOf>, message: Message) => Layer): Convert =>
  (layer) =>
    only(make(placeOf(layer), layer.message), layer);

/** What is read, by the types of the newest version. */
export const LAYERS: Readonly<Record<string, Convert>> = {
  Convolution: convolution,
  ConvolutionDepthwise: convolution,
  DepthwiseConvolution: convolution,
  Deconvolution: deconvolution,
  InnerProduct: innerProduct,
  Pooling: pooling,
  LRN: normalization,
  BatchNorm: batchNormalization,
  Scale: scaling,
  Bias: scaling,
  Power: power,
  Eltwise: elementwise,
  Concat: concatenation,
  Crop: cropping,
  PReLU: parametricRectifier,
  ReLU: plain((place, message) => {
    const slope = message.message("relu_param").number("negative_slope", 0);
    return slope === 0 ? activation.relu(place) : activation.leakyRelu(slope, place);
  }),
  ELU: plain((place, message) => activation.elu(message.message("elu_param").number("alpha", 1), place)),
  Sigmoid: plain((place) => activation.sigmoid(place)),
  TanH: plain((place) => activation.tanh(place)),
  BNLL: plain((place) => activation.softplus(place)),
  Softmax: plain((place) => activation.softmax(place)),
  Dropout: plain((place, message) => dropout(message.message("dropout_param").number("dropout_ratio", 0.5), place)),
  SoftmaxWithLoss: (layer) => only(softmaxLogLoss({ ...placeOf(layer), inputs: layer.inputs.slice(0, 1) }), layer),
};

/** Layers that work element by element, for which a flattened map is as good as the map. */
export const ELEMENTWISE: ReadonlySet<string> = new Set(["ReLU", "ELU", "Sigmoid", "TanH", "BNLL", "Dropout"]);
