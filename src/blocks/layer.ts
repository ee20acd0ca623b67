/** All blocks: which types of layers there are, and what belongs to each. */

import { type Kind, objectOf } from "../values/kind.js";
import { nearestName, notAmong } from "../values/nearest.js";
import { ARGUMENTS, expectedText, within, wrongKind } from "../values/place.js";
import type { Fields, RecordOf, Refuse } from "../values/record.js";
import * as activation from "./activation/activation.js";
import {
  type Behaviour,
  type Block,
  declareBlock,
  type LayerBase,
  type LayerFactory,
  type LayerFrom,
  type LayerOf,
  PLACE_NAMES,
} from "./block.js";
import { concatBlock, sumBlock } from "./combining/combine.js";
import { cropBlock, cropLikeBlock } from "./combining/crop.js";
import { padChannelsBlock } from "./combining/pad-channels.js";
import { pairwiseDistanceBlock } from "./combining/pairwise-distance.js";
import { scaleBlock } from "./combining/scale.js";
import { convBlock } from "./convolution/conv.js";
import { convTransposeBlock } from "./convolution/conv-transpose.js";
import { definitions, expectBuild, expectFields, type OwnName } from "./definitions.js";
import { dropoutBlock } from "./dropout/dropout.js";
import { graphBlock } from "./graph/graph-layer.js";
import { definedLosses, type Loss, lossBlock, lossNames } from "./loss/loss.js";
import { drawCodeBlock } from "./noise/draw-code.js";
import { blankBlock, noiseBlock } from "./noise/noise.js";
import { batchNormBlock } from "./normalization/batch-norm.js";
import { layerNormBlock } from "./normalization/layer-norm.js";
import { localResponseNormBlock, spatialNormBlock } from "./normalization/local-norm.js";
import { lpNormBlock, normOffsetBlock } from "./normalization/norm.js";
import { globalPoolBlock } from "./pooling/global-pool.js";
import { poolBlock } from "./pooling/pool.js";
import { roiPoolBlock } from "./pooling/roi-pool.js";
import { maxUnpoolBlock } from "./pooling/unpool.js";
import { elmanBlock, gruBlock, lstmBlock } from "./recurrent/recurrent.js";
import { recurrentConvBlock } from "./recurrent/recurrent-conv.js";
import { bilinearSamplerBlock } from "./sampling/bilinear-sampler.js";
import { affineGridBlock, scalingGridBlock } from "./sampling/grid.js";
import { upsampleBlock } from "./sampling/upsample.js";
import { dctBlock } from "./sound/dct.js";
import { logMelBlock } from "./sound/log-mel.js";
import { samplesBlock } from "./sound/samples.js";

/** The blocks without the losses, by the types of their layers. */
const BLOCKS = {
  conv: convBlock,
  pool: poolBlock,
  globalPool: globalPoolBlock,
  maxUnpool: maxUnpoolBlock,
  upsample: upsampleBlock,
  sum: sumBlock,
  concat: concatBlock,
  padChannels: padChannelsBlock,
  scale: scaleBlock,
  crop: cropBlock,
  cropLike: cropLikeBlock,
  convTranspose: convTransposeBlock,
  pairwiseDistance: pairwiseDistanceBlock,
  bilinearSampler: bilinearSamplerBlock,
  affineGrid: affineGridBlock,
  scalingGrid: scalingGridBlock,
  roiPool: roiPoolBlock,
  batchNorm: batchNormBlock,
  localResponseNorm: localResponseNormBlock,
  spatialNorm: spatialNormBlock,
  lpNorm: lpNormBlock,
  normOffset: normOffsetBlock,
  layerNorm: layerNormBlock,
  dropout: dropoutBlock,
  noise: noiseBlock,
  blank: blankBlock,
  drawCode: drawCodeBlock,
  samples: samplesBlock,
  logMel: logMelBlock,
  dct: dctBlock,
  relu: activation.reluBlock,
  leakyRelu: activation.leakyReluBlock,
  softplus: activation.softplusBlock,
  sigmoid: activation.sigmoidBlock,
  tanh: activation.tanhBlock,
  elu: activation.eluBlock,
  gelu: activation.geluBlock,
  clip: activation.clipBlock,
  hardSigmoid: activation.hardSigmoidBlock,
  hardSwish: activation.hardSwishBlock,
  silu: activation.siluBlock,
  softmax: activation.softmaxBlock,
  elman: elmanBlock,
  gru: gruBlock,
  lstm: lstmBlock,
  recurrentConv: recurrentConvBlock,
  graph: graphBlock,
} as const;

/** The types of the toolbox's own layers. */
type Type = keyof typeof BLOCKS;

/** A layer of one's own, whose type has a slash; see {@link defineBlock}. */
export interface OwnLayer extends LayerBase {
  readonly type: OwnName;
}

/** A layer of a network: a plain object that serialises to JSON. */
export type Layer = { [T in Type]: LayerFrom<(typeof BLOCKS)[T]> }[Type] | Loss | OwnLayer;

const own = definitions<Block<LayerBase>>("block", "defineBlock");

/** The names of all blocks and losses that a program has defined itself. */
export const definedNames = (): readonly string[] => [...own.names(), ...definedLosses()];

/** The block of a type; nothing where there is none. */
function blockOfType(type: string): Block<LayerBase> | undefined {
  if (type === "loss") return lossBlock;
  return isType(type) ? BLOCKS[type] : own.get(type);
}

const isType = (type: string): type is Type => Object.hasOwn(BLOCKS, type);

/** The block that belongs to a layer. @throws TypeError, saying what to do, when nobody has defined its type */
export function blockOf({ type }: { readonly type: string }): Block<LayerBase> {
  const block = blockOfType(type);
  if (!block) throw own.missing(type);
  return block;
}

/**
 * Defines a type of layer of one's own: its layers train, are saved, resumed and displayed like those of the toolbox. A program that reads a
 * network with such layers defines the type first; a command is given the module that does so with `--define`. docs/own.md has programs.
 *
 * @param type what its layers are called in JSON, with a slash: "mine/swish"
 * @param fields what they have beside a name and a place: `defaulted(number(), 1)` and so on, from `bellpepper/values`
 * @param behaviour what they compute, as ONNX operators; each must have a derivative (`RULES` of `bellpepper/autodiff`)
 * @param rule what must hold between the fields
 * @returns what makes its layers, from the values of the fields
 * @throws RangeError when the type has not one slash or is defined already, or a field has a name that every layer has; TypeError when a
 *   field is none, or nothing is computed
 * @example
 * const swish = defineBlock("docs/swish", { beta: defaulted(number(), 1) }, {
 *   build: (g, { beta }, [x]) => g.op("Mul", [x, g.op("Sigmoid", [g.op("Mul", [x, g.scalar(beta)])])]),
 * });
 * swish({ beta: 2 }); // {"type": "docs/swish", "beta": 2}
 */
export function defineBlock<const T extends OwnName, F extends Fields>(
  type: T,
  fields: F,
  behaviour: Behaviour<LayerOf<{ readonly type: T }, F>>,
  rule?: (layer: RecordOf<F>, refuse: Refuse) => void,
): LayerFactory<{ readonly type: T }, F> {
  expectFields(fields, ["type", ...PLACE_NAMES]);
  expectBuild(behaviour);
  const block = declareBlock(type, fields, behaviour, rule as Parameters<typeof declareBlock<T, F>>[3]);
  own.add(type, block);
  return (...[options]) => block.take(options ?? {}, ARGUMENTS);
}

/**
 * A layer as JSON has it. What the function that makes such a layer has a default for may be left out, and one number may stand
 * for both axes or all four sides: `{ "type": "conv", "support": 5, "filters": 20 }`.
 */
export const LAYER: Kind<Layer> = {
  expected: "a layer",
  take(json, at) {
    const { type } = objectOf(json, at) as { readonly type?: unknown };
    const known = [...Object.keys(BLOCKS), "loss", ...own.names()];
    const block = typeof type === "string" ? blockOfType(type) : undefined;
    if (!block) {
      const isOwn = typeof type === "string" && type.includes("/");
      if (isOwn) throw own.missing(type, at);
      const form = typeof type === "string" ? jsonFormOf(type, known) : undefined;
      if (!form) throw notAmong(within(at, "type"), known, type);
      const expected = expectedText(within(at, "type"), `one of ${known.join(", ")}`, type);
      throw new TypeError(`${expected} In JSON it is ${form}.`);
    }
    return block.take(json, at) as Layer;
  },
};

/** What functions that are not called as their layers' type make, by the functions' names, such as the documentation of blocks has them. */
function formsByName(): Map<string, object> {
  const pools = (["max", "average"] as const).flatMap((method) => [
    [poolBlock.called({ ...POOLED, type: "pool", method }), { type: "pool", method, support: 2, stride: 2 }] as const,
    [globalPoolBlock.called({ type: "globalPool", method }), { type: "globalPool", method }] as const,
  ]);
  const losses = lossNames.map(
    (loss) => [lossBlock.called({ type: "loss", loss } as Loss), { type: "loss", loss }] as const,
  );
  const names = lossNames.map((loss) => [loss, { type: "loss", loss }] as const);
  return new Map<string, object>([...names, ...losses, ...pools, ["relu6", { type: "clip", least: 0, most: 6 }]]);
}

const POOLED = { support: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] } as const;

/** The layer as JSON has it that a name was meant to be; nothing where a type is as near. */
function jsonFormOf(name: string, types: readonly string[]): string | undefined {
  const forms = formsByName();
  const nearest = forms.has(name) ? name : nearestName(name, [...types, ...forms.keys()]);
  const form = nearest === undefined ? undefined : forms.get(nearest);
  return form && JSON.stringify(form).replace(/[{:,]/g, "$& ").replace("}", " }");
}

/** Layers as JSON has them: a list. Messages call them "layer 1" and so on. */
export const LAYERS: Kind<readonly Layer[]> = {
  expected: "a list of layers",
  take(json, at) {
    if (!Array.isArray(json)) throw wrongKind(at, "a list of layers", json);
    const owner = at.where === undefined ? "" : `${at.where}: `;
    return json.map((layer: unknown, i) => layerFrom(layer, `${owner}layer ${i + 1}`));
  },
};

/**
 * The layer that JSON holds; see {@link LAYER}.
 *
 * @param where what it is, for messages: "layer 3"
 * @throws TypeError when a field is missing, of the wrong type or not known
 * @throws RangeError when an option is out of range
 */
export const layerFrom = (json: unknown, where: string): Layer => LAYER.take(json, { where, path: "" });
