/** Layers of MatConvNet's, of both kinds of networks, as layers of ours. */

import * as activation from "../../blocks/activation/activation.js";
import type { LayerOptions } from "../../blocks/block.js";
import { conv } from "../../blocks/convolution/conv.js";
import { convTranspose } from "../../blocks/convolution/conv-transpose.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import * as attributes from "../../blocks/loss/attribute-losses.js";
import * as classes from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { localResponseNorm, spatialNorm } from "../../blocks/normalization/local-norm.js";
import { normOffset } from "../../blocks/normalization/norm.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { Tensor } from "../../graph/types.js";
import { type MatFields, type MatNumbers, wrongValue } from "../matlab/values.js";
import { filtersOf, pairOf, sidesOf, vectorOf } from "./arrays.js";

/** The name and the place of a layer, and the names of its parameters. */
export type Place = LayerOptions & { readonly name: string };

/** A layer without its place, and its parameters' values by their names within it. */
export interface Converted {
  readonly layer: Layer;
  readonly values?: Readonly<Record<string, Tensor<"float32">>>;
}

/** Multipliers of the learning rate and of the weight decay, a number for each parameter. */
export interface Rates {
  readonly learningRate?: readonly number[] | undefined;
  readonly weightDecay?: readonly number[] | undefined;
}

/** What a layer with parameters is given. */
export interface Parameters extends Rates {
  readonly arrays: readonly (MatNumbers | undefined)[];
  /** the channels of its input, where they are known */
  readonly channels?: number | undefined;
}

/** The rates of two parameters, where the file has them. */
function multipliers({ learningRate, weightDecay }: Rates): {
  learningRate?: [number, number];
  weightDecay?: [number, number];
} {
  const two = (list: readonly number[] | undefined): [number, number] | undefined => {
    if (!list || list.length < 1 || !list.every((value) => value >= 0 && Number.isFinite(value))) return undefined;
    return [list[0], list[1] ?? list[0]];
  };
  const [rate, decay] = [two(learningRate), two(weightDecay)];
  return { ...(rate && { learningRate: rate }), ...(decay && { weightDecay: decay }) };
}

/** A convolution. How many groups it has follows from the channels of its input: filters see fewer. */
export function convOf(fields: MatFields, given: Parameters, place: Place): Converted {
  const [f, b] = given.arrays;
  if (!f) throw new ModelFormatError(`${fields.where}: expected filters; a convolution without any is not read.`);
  const filters = filtersOf(f, `${fields.where}: filters`);
  const [count, depth, height, width] = filters.shape;
  const groups = (given.channels ?? depth) / depth;
  const layer = conv([height, width], count, {
    ...place,
    ...multipliers(given),
    stride: pairOf(fields, "stride", 1),
    pad: sidesOf(fields, "pad"),
    dilation: pairOf(fields, "dilate", 1),
    groups: Number.isInteger(groups) && groups > 0 ? groups : 1,
    biases: b !== undefined,
  });
  return { layer, values: { filters, ...(b && { biases: vectorOf(b) }) } };
}

/** A transposed convolution: filters are H×W×K×C. */
export function convTransposeOf(fields: MatFields, given: Parameters, place: Place): Converted {
  const [f, b] = given.arrays;
  if (!f) throw new ModelFormatError(`${fields.where}: expected filters, got none.`);
  const filters = filtersOf(f, `${fields.where}: filters`);
  const [, count, height, width] = filters.shape;
  const groups = fields.number("numGroups") ?? 1;
  const layer = convTranspose([height, width], count * groups, {
    ...place,
    ...multipliers(given),
    upsample: pairOf(fields, "upsample", 1),
    crop: sidesOf(fields, "crop"),
    groups,
    biases: b !== undefined,
  });
  return { layer, values: { filters, ...(b && { biases: vectorOf(b) }) } };
}

/** Batch normalisation; the moments, C×2 column by column, lie in memory as our 2×C. */
export function batchNormOf(fields: MatFields, given: Parameters, place: Place): Converted {
  const [g, b, moments] = given.arrays;
  if (!g || !b) throw new ModelFormatError(`${fields.where}: expected a gain and a bias.`);
  if (!moments) {
    throw new ModelFormatError(
      `${fields.where}: expected its moments, which a network needs in use; files from before MatConvNet 1.0-beta17 lack them: save it again with a newer one.`,
    );
  }
  const share = given.learningRate?.[2];
  const layer = batchNorm({
    ...place,
    ...multipliers(given),
    epsilon: fields.number("epsilon") ?? 1e-5,
    ...(share !== undefined && share >= 0 && share <= 1 && { share }),
  });
  return { layer, values: { gain: vectorOf(g), bias: vectorOf(b), moments: vectorOf(moments) } };
}

/** @param support the field of the window's size: "pool", or a DAG's "poolSize" */
export function poolOf(fields: MatFields, support: string, place: Place): Layer {
  const method = fields.text("method") ?? "max";
  const options = { ...place, stride: pairOf(fields, "stride", 1), pad: sidesOf(fields, "pad") };
  if (method === "max") return maxPool(pairOf(fields, support, 1), options);
  if (method === "avg") return averagePool(pairOf(fields, support, 1), options);
  throw wrongValue(fields.at("method"), "'max' or 'avg'", fields.get("method"));
}

const rectifier = (fields: MatFields, place: Place): Layer => {
  const leak = fields.number("leak") ?? 0;
  return leak === 0 ? activation.relu(place) : activation.leakyRelu(leak, place);
};

function fourNumbers(fields: MatFields, missing: readonly number[]): readonly number[] {
  const list = fields.list("param") ?? missing;
  if (list.length !== missing.length)
    throw wrongValue(fields.at("param"), `${missing.length} numbers`, fields.get("param"));
  return list;
}

/** Layers without parameters, by their types in a SimpleNN; a DAG's have the same fields. */
export const PLAIN: Readonly<Record<string, (fields: MatFields, place: Place) => Layer>> = {
  pool: (fields, place) => poolOf(fields, "pool", place),
  relu: rectifier,
  sigmoid: (_, place) => activation.sigmoid(place),
  softmax: (_, place) => activation.softmax(place),
  dropout: (fields, place) => dropout(fields.number("rate") ?? 0.5, place),
  normalize(fields, place) {
    const [size, kappa, alpha, beta] = fourNumbers(fields, [5, 1, 1e-4 / 5, 0.75]);
    return localResponseNorm({ ...place, size, kappa, alpha, beta });
  },
  spnorm(fields, place) {
    const [height, width, alpha, beta] = fourNumbers(fields, [2, 2, 10, 2]);
    return spatialNorm({ ...place, support: [height, width], alpha, beta });
  },
  noffset(fields, place) {
    const [alpha, beta] = fourNumbers(fields, [1, 0.5]);
    return normOffset({ ...place, alpha, beta });
  },
};

/** Losses by MatConvNet's names (`vl_nnloss`). */
export const LOSSES: Readonly<Record<string, (place: Place) => Layer>> = {
  softmaxlog: (place) => classes.softmaxLogLoss(place),
  log: (place) => classes.logLoss(place),
  mhinge: (place) => classes.multiclassHingeLoss(place),
  mshinge: (place) => classes.structuredHingeLoss(place),
  classerror: (place) => classes.classError(place),
  topkerror: (place) => classes.topKError(5, place),
  logistic: (place) => attributes.logisticLoss(place),
  binarylog: (place) => attributes.binaryLogLoss(place),
  hinge: (place) => attributes.hingeLoss(place),
  binaryerror: (place) => attributes.binaryError(0, place),
};
