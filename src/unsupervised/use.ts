/** What a trained autoencoder says of pictures: their codes, what it makes of them, and pictures that nobody has taken. */

import type { Image } from "../data/pictures/image.js";
import type { Samples } from "../data/samples.js";
import type { Engine } from "../engine/engine.js";
import { GraphBuilder } from "../graph/builder.js";
import { elementCount, float32, tensor } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { buildNetwork } from "../network/build-network.js";
import type { TrainedModel } from "../network/model/model.js";
import { inputOf, layersUpTo, type Network, parametersOf, withoutLoss } from "../network/network.js";
import { stream } from "../random/stream.js";
import { addImages, BATCH_INPUTS } from "../training/step/objective.js";
import { hasMeanImage, type Normalization, scaleOf } from "../values/normalization.js";
import { expectWhole } from "../values/range.js";
import { RECONSTRUCTION } from "./autoencoder.js";
import { MIRROR } from "./mirror.js";

/** What is needed of a model. */
type Used = Pick<TrainedModel, "network" | "parameters" | "normalization">;

/** So many pictures go through the network together. */
const TOGETHER = 64;

/** The variable of an autoencoder that is the code; of an encoder, what it gives. */
export function codeOf(network: Network): string {
  const { layers } = withoutLoss(network);
  const last = layers.findLast(({ name }) => !name.startsWith(MIRROR));
  return last?.output.name ?? network.inputs[0].name;
}

/** Whether a network makes pictures of itself. */
export const isAutoencoder = ({ layers }: Network): boolean =>
  layers.some(({ output }) => output.name === RECONSTRUCTION);

/**
 * The codes of pictures, by an autoencoder or its encoder: numbers that say what is in them. `neighbours`, `pca`, `tsne` and `umap` of
 * `bellpepper/inspection` take them as they are.
 *
 * @returns picture × the sizes of the code
 * @throws RangeError when there is no picture
 * @example
 * import { autoencoder } from "bellpepper/unsupervised";
 * const { encoder } = autoencoder(ocr(), { code: 8 });
 * const parameters = initialize(encoder, 1);
 * const codes = await embed(engine, { network: encoder, parameters, normalization }, letters.validation);
 * codes.shape; // [26, 8, 1, 1]
 */
export async function embed(engine: Engine, model: Used, samples: Samples): Promise<Tensor<"float32">> {
  const { code } = await valuesOver(engine, model, samples, {
    code: (_, values) => values.get(codeOf(model.network)) ?? "",
  });
  return code;
}

/** What an autoencoder makes of pictures. */
export interface Reconstructions {
  /** picture × C×H×W, normalised */
  readonly pictures: Tensor<"float32">;
  /** of each picture: the mean over its numbers of (y − x)², normalised. 1 is as much as pictures differ from the mean. */
  readonly errors: Float32Array;
}

/**
 * What an autoencoder makes of pictures, and how far it is from them: one that is like none of those that it was trained on it cannot make.
 *
 * @throws RangeError when there is no picture, or the model is no autoencoder
 * @example
 * import { autoencoder } from "bellpepper/unsupervised";
 * const { network: whole } = autoencoder(ocr(), { code: 8 });
 * const parameters = initialize(whole, 1);
 * const { errors } = await reconstruct(engine, { network: whole, parameters, normalization }, letters.validation);
 * errors.length; // 26
 */
export async function reconstruct(engine: Engine, model: Used, samples: Samples): Promise<Reconstructions> {
  if (!isAutoencoder(model.network)) throw new RangeError(`Network '${model.network.name}' is no autoencoder.`);
  const [{ name: image }] = model.network.inputs;
  const { pictures, errors } = await valuesOver(engine, model, samples, {
    pictures: (_, values) => values.get(RECONSTRUCTION) ?? "",
    errors: (g, values) => {
      const difference = g.op("Sub", [values.get(RECONSTRUCTION) ?? "", values.get(image) ?? ""]);
      return g.op("ReduceMean", [g.op("Mul", [difference, difference]), g.ints(1, 2, 3)], { keepdims: 1 });
    },
  });
  return { pictures, errors: errors.data };
}

/**
 * Pictures that a variational autoencoder has never seen: codes of normal numbers, decoded.
 *
 * @param decoder its decoder
 * @param parameters those of the whole, among which the decoder's are
 * @returns picture × C×H×W, normalised
 * @throws RangeError when the count is no whole number of at least 1
 * @example
 * import { autoencoder } from "bellpepper/unsupervised";
 * const { network: whole, decoder = whole } = autoencoder(ocr(), { variational: true, code: 8 });
 * const drawn = await drawPictures(engine, decoder, initialize(whole, 1), { count: 3, seed: 1 });
 * drawn.shape; // [3, 1, 32, 32]
 */
export async function drawPictures(
  engine: Engine,
  decoder: Network,
  parameters: TrainedModel["parameters"],
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<Tensor<"float32">> {
  expectWhole("count", [count], 1);
  const [{ name, shape }] = decoder.inputs;
  const size = [count, shape.channels, shape.height, shape.width];
  const g = new GraphBuilder(decoder.name);
  addParameters(g, decoder, parameters);
  const values = buildNetwork(g, decoder, { [name]: g.input("codes", "float32", size) });
  g.output("pictures", values.get(RECONSTRUCTION) ?? "");
  const random = stream(seed, "codes");
  const codes = float32(
    Float32Array.from({ length: elementCount(size) }, () => random.normal()),
    size,
  );
  const program = await engine.load(g.build());
  try {
    const { pictures } = await program.run({ codes });
    return float32(Float32Array.from(pictures.data, Number), pictures.shape.map(Number));
  } finally {
    await program.close();
  }
}

/**
 * Normalised numbers as pictures: byte = x/scale + mean, at least 0 and at most 255; only of one channel or three.
 *
 * @param pictures picture × C×H×W
 * @example
 * const [picture] = picturesOf(float32([-1, 0, 1, 9], [1, 1, 2, 2]), { mean: [100], scale: 0.1 });
 * picture.data; // [90, 100, 110, 190]
 */
export function picturesOf({ shape, data }: Tensor<"float32">, normalization: Normalization): Image[] {
  const [count, channels, height, width] = shape;
  if (channels !== 1 && channels !== 3) return [];
  const area = height * width;
  const size = channels * area;
  const { mean } = normalization;
  const each = hasMeanImage(normalization, { channels, height, width });
  return Array.from({ length: count }, (_, i): Image => {
    const bytes = new Uint8Array(size);
    for (let k = 0; k < size; k++) {
      const channel = Math.floor(k / area);
      const value = data[i * size + k] / scaleOf(normalization, channel) + mean[each ? k : channel];
      bytes[k] = Math.min(255, Math.max(0, Math.round(value)));
    }
    return { width, height, channels, data: bytes };
  });
}

/** Adds a network's parameters to a graph as they are. */
function addParameters(g: GraphBuilder, network: Network, parameters: TrainedModel["parameters"]): void {
  for (const { name } of parametersOf(network)) {
    const value = parameters.get(name);
    if (!value) throw new RangeError(`The parameter '${name}' of network '${network.name}' is missing.`);
    g.initializer(name, value);
  }
}

/** Values of a network for all samples, one row each. */
async function valuesOver<K extends string>(
  engine: Engine,
  { network, parameters, normalization }: Used,
  samples: Samples,
  wanted: Readonly<Record<K, (g: GraphBuilder, values: ReadonlyMap<string, string>) => string>>,
): Promise<Record<K, Tensor<"float32">>> {
  expectWhole("the number of pictures", [samples.count], 1);
  const size = Math.min(TOGETHER, samples.count);
  const [image] = network.inputs;
  const g = new GraphBuilder(network.name);
  const body = isAutoencoder(network) ? layersUpTo(network, RECONSTRUCTION) : withoutLoss(network);
  addParameters(g, body, parameters);
  const values = buildNetwork(g, body, { [image.name]: addImages(g, image, normalization, size) });
  const names = Object.keys(wanted) as K[];
  for (const name of names) g.output(name, wanted[name](g, values));
  const program = await engine.load(g.build());
  const rows = Object.fromEntries(names.map((name) => [name, [] as Float32Array[]])) as Record<K, Float32Array[]>;
  const shapes = new Map<K, readonly number[]>();
  const { channels, height, width } = inputOf(network);
  const bytes = channels * height * width;
  try {
    for (let first = 0; first < samples.count; first += size) {
      // The last rows of the last batch are those of the last picture, and are cut off.
      const indices = Array.from({ length: size }, (_, i) => Math.min(first + i, samples.count - 1));
      await samples.prepare?.(indices, 0);
      const pixels = new Uint8Array(size * bytes);
      for (const [i, index] of indices.entries()) samples.read(index, 0, pixels, i * bytes);
      const found = await program.run({
        [BATCH_INPUTS.images]: tensor("uint8", [size, channels, height, width], pixels),
      });
      const count = Math.min(size, samples.count - first);
      for (const name of names) {
        const shape = found[name].shape.map(Number);
        const width = elementCount(shape) / size;
        shapes.set(name, shape.slice(1));
        rows[name].push(Float32Array.from(found[name].data, Number).subarray(0, count * width));
      }
    }
  } finally {
    await program.close();
  }
  return Object.fromEntries(
    names.map((name) => [name, float32(joined(rows[name]), [samples.count, ...(shapes.get(name) ?? [])])]),
  ) as Record<K, Tensor<"float32">>;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
