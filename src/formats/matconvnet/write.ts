/** Writes networks for MatConvNet: a SimpleNN where the layers are a chain, a DagNN otherwise. */

import type { Layer } from "../../blocks/layer.js";
import type { Tensor } from "../../graph/types.js";
import { expectFit, type TrainedModel } from "../../network/model/model.js";
import { inputOf, type PlacedLayer } from "../../network/network.js";
import type { ImageShape } from "../../values/image-shape.js";
import { scaleOf } from "../../values/normalization.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { cell, logical, row, single, struct, text, type Written, writeMat5 } from "../matlab/write-mat.js";
import { swapSides } from "./arrays.js";

type Fields = Readonly<Record<string, Written>>;

/** A layer as both kinds of networks have it. */
interface Description {
  /** its type in a SimpleNN; nothing where only a DagNN has such a layer */
  readonly simple?: string;
  /** its block in a DagNN */
  readonly dag: string;
  readonly fields: Fields;
  /** fields that have other names in a DagNN's block */
  readonly block?: Fields;
}

const LOSSES: Readonly<Record<string, string>> = {
  softmaxLog: "softmaxlog",
  log: "log",
  multiclassHinge: "mhinge",
  structuredHinge: "mshinge",
  classError: "classerror",
  topKError: "topkerror",
  logistic: "logistic",
  binaryLog: "binarylog",
  hinge: "hinge",
  binaryError: "binaryerror",
};

const AXES = { height: 1, width: 2, channels: 3 } as const;

/** What MatConvNet calls a layer; undefined where it has none like it. */
function describe({ layer, inputs, parameters }: PlacedLayer): Description | undefined {
  const input = inputs[0].shape;
  switch (layer.type) {
    case "conv": {
      const [filters] = parameters;
      const size = row(...layer.support, filters.shape[1], layer.filters);
      const fields = {
        size,
        pad: row(...layer.pad),
        stride: row(...layer.stride),
        dilate: row(...layer.dilation),
        opts: cell([]),
      };
      return { simple: "conv", dag: "Conv", fields, block: { ...fields, hasBias: logical(layer.biases) } };
    }
    case "convTranspose": {
      const size = row(...layer.support, layer.filters / layer.groups, input.channels);
      const fields = {
        size,
        upsample: row(...layer.upsample),
        crop: row(...layer.crop),
        numGroups: row(layer.groups),
        opts: cell([]),
      };
      return { simple: "convt", dag: "ConvTranspose", fields, block: { ...fields, hasBias: logical(layer.biases) } };
    }
    case "batchNorm":
      return {
        ...{ simple: "bnorm", dag: "BatchNorm", fields: { epsilon: row(layer.epsilon) } },
        block: { numChannels: row(input.channels), epsilon: row(layer.epsilon), opts: cell([]) },
      };
    case "pool":
      return pool(layer.method, layer.support, layer.stride, layer.pad);
    case "globalPool":
      return pool(layer.method, [input.height, input.width], [1, 1], [0, 0, 0, 0]);
    case "relu":
      return { simple: "relu", dag: "ReLU", fields: { leak: row(0) } };
    case "leakyRelu":
      return { simple: "relu", dag: "ReLU", fields: { leak: row(layer.leak) } };
    case "sigmoid":
      return { simple: "sigmoid", dag: "Sigmoid", fields: {} };
    case "softmax":
      return { simple: "softmax", dag: "SoftMax", fields: {} };
    case "dropout":
      return { simple: "dropout", dag: "DropOut", fields: { rate: row(layer.rate) } };
    case "localResponseNorm":
      return { simple: "lrn", dag: "LRN", fields: { param: row(layer.size, layer.kappa, layer.alpha, layer.beta) } };
    case "spatialNorm":
      return {
        simple: "spnorm",
        dag: "SpatialNorm",
        fields: { param: row(...layer.support, layer.alpha, layer.beta) },
      };
    case "normOffset":
      return { simple: "noffset", dag: "NormOffset", fields: { param: row(layer.alpha, layer.beta) } };
    case "sum":
      return { dag: "Sum", fields: { numInputs: row(inputs.length) } };
    case "concat":
      return { dag: "Concat", fields: { dim: row(AXES[layer.axis]), numInputs: row(inputs.length) } };
    case "scale":
      return { dag: "Scale", fields: { size: row(1, 1, input.channels), hasBias: logical(layer.bias) } };
    case "cropLike":
      return { dag: "Crop", fields: { crop: row(...layer.offset) } };
    case "loss": {
      const loss = "loss" in layer ? LOSSES[layer.loss] : undefined;
      if (loss === undefined) return undefined;
      return { simple: loss === "softmaxlog" ? "softmaxloss" : "loss", dag: "Loss", fields: { loss: text(loss) } };
    }
  }
  return undefined;
}

function pool(
  method: "max" | "average",
  support: readonly number[],
  stride: readonly number[],
  pad: readonly number[],
): Description {
  const fields = {
    method: text(method === "max" ? "max" : "avg"),
    stride: row(...stride),
    pad: row(...pad),
    opts: cell([]),
  };
  const size = row(...support);
  return { simple: "pool", dag: "Pooling", fields: { ...fields, pool: size }, block: { ...fields, poolSize: size } };
}

/**
 * A trained network as a MAT file of MatConvNet's: a SimpleNN in its newest layout where its layers are a chain, else a DagNN, with the classes, the size of the
 * images, the mean, and the rates of all parameters. Filters have MATLAB's order, H×W×C×K. The scale of the normalisation, for which MatConvNet
 * has no place, goes into the filters of the layers that read the image.
 *
 * @throws RangeError, naming the layer, where MatConvNet has none like it; when the parameters do not fit the network, or the file would be larger than 2 GB
 * @example
 * const image = { channels: 1, height: 8, width: 8 };
 * const network = sequential("tiny", image, [conv(3, 4), relu(), conv(6, 2), softmaxLogLoss()]);
 * const model = { network, parameters: initialize(network, 1), classes: ["a", "b"], normalization: { mean: [127], scale: 1 }, history: null };
 * (await readForeign(writeMatConvNet(model))).network?.layers.length; // 4
 */
export function writeMatConvNet(model: TrainedModel): Uint8Array {
  expectFit(model);
  const { network } = model;
  const described = network.layers.flatMap((placed) => {
    const description = describe(placed);
    return description ? [{ placed, description }] : [];
  });
  const others = network.layers.filter((layer) => described.every(({ placed }) => placed !== layer));
  if (others.length > 0) {
    const named = others.slice(0, 5).map(({ name, layer }) => `layer '${name}' (${layer.type})`);
    const more = others.length > 5 ? ` and ${others.length - 5} more` : "";
    throw new RangeError(
      `${named.join(", ")}${more}: MatConvNet has none like ${others.length === 1 ? "it" : "these"}; it has conv, convTranspose, batchNorm, pool, globalPool, relu, leakyRelu, sigmoid, softmax, dropout, localResponseNorm, spatialNorm, normOffset, sum, concat, scale, cropLike and losses.`,
    );
  }
  const scaled = scaledParameters(model);
  const array = (name: string, shape: readonly number[]): Written => arrayOf(scaled(name), shape);
  const meta = metaOf(model);
  const isChain = network.layers.every(
    ({ inputs }, i) =>
      inputs.length === 1 && inputs[0].name === (i === 0 ? network.inputs[0] : network.layers[i - 1].output).name,
  );
  const names = network.layers.flatMap(({ parameters }) => parameters.map(({ name }) => name));
  const isSimple =
    isChain && new Set(names).size === names.length && described.every(({ description }) => description.simple);
  if (isSimple) {
    const layers = described.map(({ placed, description }) => simpleLayer(placed, description, array));
    return writeMat5({ layers: cell(layers), meta });
  }
  return writeMat5({ ...dagVariables(model, described, array), meta });
}

type ArrayOf = (name: string, shape: readonly number[]) => Written;

function simpleLayer(placed: PlacedLayer, { simple = "", fields }: Description, array: ArrayOf): Written {
  const { parameters } = placed;
  const weights = parameters.map(({ name, shape }) => array(name, shape));
  // MatConvNet expects two arrays, of which the second may be empty.
  if (placed.layer.type.startsWith("conv") && weights.length === 1) weights.push(row());
  return struct({
    ...{ name: text(placed.name), type: text(simple), ...fields },
    ...(weights.length > 0 && {
      weights: cell(weights),
      learningRate: row(...parameters.map(({ learningRate }) => learningRate)),
      weightDecay: row(...parameters.map(({ weightDecay }) => weightDecay)),
    }),
    precious: logical(false),
  });
}

function dagVariables(
  { network }: TrainedModel,
  described: readonly { readonly placed: PlacedLayer; readonly description: Description }[],
  array: ArrayOf,
): Record<string, Written> {
  const texts = (list: readonly string[]): Written => cell(list.map(text));
  const layers = described.map(({ placed, description: { dag, fields, block = fields } }) => ({
    name: text(placed.name),
    type: text(`dagnn.${dag}`),
    inputs: texts([...placed.inputs.map(({ name }) => name), ...(dag === "Loss" ? ["label"] : [])]),
    outputs: texts([placed.output.name]),
    params: texts(placed.parameters.map(({ name }) => name)),
    block: struct(block),
  }));
  const specs = new Map(
    network.layers.flatMap(({ parameters }) => parameters.map((spec) => [spec.name, spec] as const)),
  );
  const params = [...specs.values()].map(({ name, shape, update, learningRate, weightDecay }) => ({
    name: text(name),
    value: array(name, shape),
    learningRate: row(learningRate),
    weightDecay: row(weightDecay),
    trainMethod: text(update),
  }));
  const vars = [...network.inputs, ...network.layers.map(({ output }) => output)].map(({ name }) => ({
    name: text(name),
    precious: logical(false),
  }));
  return { layers: struct(...layers), params: struct(...params), vars: struct(...vars) };
}

/** An array of ours in MATLAB's order: filters have their sides swapped; gain, bias and the like are columns. */
function arrayOf({ data }: Tensor<"float32">, shape: readonly number[]): Written {
  if (shape.length === 4) {
    const [filters, channels, height, width] = shape;
    return single([height, width, channels, filters], () => {
      if (height === 1 || width === 1) return data;
      const swapped = data.slice();
      // What lies row by row as H×W lies column by column as W×H.
      swapSides(swapped, width, height);
      return swapped;
    });
  }
  // moments, 2×C: two columns
  const dims = shape.length === 2 ? [shape[1], shape[0]] : [data.length, 1];
  return single(dims, () => data);
}

/** The parameters; those that read the image are multiplied by the normalisation's scale. */
function scaledParameters({ network, parameters, normalization }: TrainedModel): (name: string) => Tensor<"float32"> {
  const { shape } = network.inputs[0];
  const scales = Array.from({ length: shape.channels }, (_, c) => scaleOf(normalization, c));
  const isScaled = scales.some((scale) => scale !== 1);
  const image = network.inputs[0].name;
  const readers = network.layers.filter(({ inputs }) => inputs.some(({ name }) => name === image));
  const other = readers.find(({ layer }) => layer.type !== "conv" && layer.type !== "convTranspose");
  if (isScaled && other) {
    throw new RangeError(
      `layer '${other.name}': expected a convolution to read the image, as MatConvNet has no place for the scale ${normalization.scale} of the normalisation.`,
    );
  }
  const first = new Map(isScaled ? readers.map((placed) => [placed.parameters[0].name, placed.layer] as const) : []);
  return (name) => {
    const value = parameters.get(name);
    if (!value) throw new RangeError(`parameter '${name}' is missing.`);
    const reader = first.get(name);
    if (!reader) return value;
    const channel = channelOf(reader, value.shape, shape.channels);
    return { ...value, data: value.data.map((number, i) => number * scales[channel(i)]) };
  };
}

/** Which channel of the image each number of a filter bank is multiplied with. */
function channelOf({ type }: Layer, shape: readonly number[], channels: number): (index: number) => number {
  const [filters, depth, h, w] = shape;
  // C × K/groups × fh × fw
  if (type === "convTranspose") return (i) => Math.floor(i / (depth * h * w));
  // K × C/groups × fh × fw
  const perGroup = (filters * depth) / channels;
  return (i) => {
    const filter = Math.floor(i / (depth * h * w));
    return Math.floor(filter / perGroup) * depth + (Math.floor(i / (h * w)) % depth);
  };
}

/** MATLAB's word for a kernel; its own default where it has none. */
const kernelOf = (resampling: string): string => {
  const kernels = [
    ["nearest", /nearest/],
    ["bilinear", /linear/],
    ["lanczos3", /lanczos/],
    ["box", /box|area/],
  ] as const;
  return kernels.find(([, pattern]) => pattern.test(resampling))?.[0] ?? "bicubic";
};

/**
 * How pictures come to their size, in the fields that MatConvNet has; `resampling`, `channelOrder` and `labelOffset`, which it does not read, say exactly what its own
 * fields do not.
 */
function preparation(
  { height, width }: ImageShape,
  rules: Preprocessing | undefined,
): Readonly<Record<string, Written>> {
  const [rows, columns] = rules?.border ?? [0, 0];
  return {
    ...{ border: row(rows, columns), cropSize: row(height / (height + rows), width / (width + columns)) },
    interpolation: text(kernelOf(rules?.resampling ?? "bicubic")),
    keepAspect: logical(rules !== undefined && rules.fit !== "squash"),
    ...(rules ? { resampling: text(rules.resampling), channelOrder: text(rules.order ?? "rgb") } : {}),
    ...(rules?.labelOffset ? { labelOffset: row(rules.labelOffset) } : {}),
  };
}

/**
 * What is said of a model's pictures that a file of MatConvNet's cannot hold, or that MatConvNet does not read in it: one plain sentence each.
 *
 * @example
 * preparationLost({ width: 8, height: 8, channels: 3, fit: "squash", resampling: "matlab-bicubic", background: "white", ranges: {} }); // []
 */
export function preparationLost(rules: Preprocessing): readonly string[] {
  const { fit, resampling, order, labelOffset, background, ranges } = rules;
  const said: readonly (readonly [boolean, string])[] = [
    [
      !resampling.startsWith("matlab"),
      `MatConvNet resizes pictures by MATLAB's imresize ('${kernelOf(resampling)}'), and not by ${resampling}, which stands in a field of our own.`,
    ],
    [
      order === "bgr",
      "MatConvNet takes pictures as red, green, blue, and this network takes blue, green, red, which stands in a field of our own: exchange them there.",
    ],
    [
      (labelOffset ?? 0) > 0,
      `The first of the scores (${labelOffset}) are of no class, which stands in a field of our own.`,
    ],
    [fit === "pad", "MatConvNet cannot fill up pictures of other proportions (fit pad): it cuts them off."],
    [background !== "white", `What is behind transparent parts (${background}) is not in the file.`],
    [
      Object.keys(ranges).length > 0,
      "Which numbers of pictures that are no bytes are black and white is not in the file.",
    ],
  ];
  return said.flatMap(([holds, sentence]) => (holds ? [sentence] : []));
}

function metaOf({ network, classes, normalization, preprocessing }: TrainedModel): Written {
  const { channels, height, width } = inputOf(network);
  const { mean } = normalization;
  const isImage = mean.length > channels;
  // MATLAB's pictures are H×W×C, column by column.
  const average = Float64Array.from(mean);
  if (isImage && height > 1 && width > 1) swapSides(average, width, height);
  const averageImage: Written = {
    kind: "double",
    dims: isImage ? [height, width, channels] : [1, 1, channels],
    values: Array.from(average),
  };
  return struct({
    inputs: struct({ name: text(network.inputs[0].name), size: row(height, width, channels, 10) }),
    normalization: struct({
      ...{ imageSize: row(height, width, channels), averageImage, ...preparation(inputOf(network), preprocessing) },
    }),
    classes: struct({ name: cell(classes.map(text)), description: cell(classes.map(text)) }),
  });
}
