/** Models that are no networks of ours, and yet say what a picture is: they run as they are, one picture at a time. */

import type { Engine } from "../engine/engine.js";
import type { Evaluator } from "../graph/fold/fold.js";
import type { Model } from "../graph/model.js";
import { float32, tensor } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { areShares } from "../network/import/probable-end.js";
import { stream } from "../random/stream.js";
import type { ImageShape } from "../values/image-shape.js";
import { type Normalization, scaleOf } from "../values/normalization.js";
import { askedInTurn, type PreparedClassifier } from "./classifier.js";

/** What a model takes and gives, as far as it takes one picture and gives a number for each class. */
export interface PlainModel {
  readonly graph: Model;
  readonly image: ImageShape;
  readonly input: { readonly name: string; readonly type: "float32" | "uint8"; readonly channelsLast: boolean };
  readonly output: string;
  /** all outputs that are lists of numbers; `output` is one of them */
  readonly lists: readonly { readonly name: string; readonly size: string }[];
  /** how many classes */
  readonly scores: number;
  /** what makes probabilities of its numbers; none where they are probabilities already */
  readonly squash?: "softmax" | "sigmoid";
}

/** So many images of noise are looked at. */
const IMAGES = 3;

/**
 * Looks at a model by giving it noise.
 *
 * @param size of its images, where it leaves it open
 * @returns undefined where it takes something else than one image of 1 or 3 channels, or gives no list of float32 numbers for it
 * @throws EngineError when it does not run
 */
export async function lookAtModel(
  engine: Evaluator,
  graph: Model,
  size?: { readonly width: number; readonly height: number },
): Promise<PlainModel | undefined> {
  const taken = inputOf(graph, size);
  if (!taken) return undefined;
  const program = await engine.load(graph);
  try {
    const noise = stream(1, "noise");
    const { channels, height, width } = taken.image;
    const length = channels * height * width;
    const given: Readonly<Record<string, Tensor>>[] = [];
    for (let i = 0; i < IMAGES; i++) {
      const range = taken.input.type === "uint8" ? [0, 255.99] : [-2, 2];
      const data = Float32Array.from({ length }, () => range[0] + (range[1] - range[0]) * noise.uniform());
      given.push(await program.run(feedOf(taken, data)));
    }
    const listed = graph.graph.outputs.filter(({ name }) => isList(given[0][name]));
    if (listed.length === 0) return undefined;
    const [{ name: output }] = listed;
    const lists = listed.map(({ name }) => ({ name, size: `${given[0][name].data.length}` }));
    const found = given.map((outputs) => Array.from(outputs[output].data, Number));
    const scores = found[0].length;
    const isProbable =
      found.every(areShares) ||
      graph.graph.nodes.some(({ operator, outputs }) => operator === "Sigmoid" && outputs.includes(output));
    const squash = isProbable ? undefined : scores === 1 ? "sigmoid" : "softmax";
    return { graph, ...taken, output, lists, scores, ...(squash ? { squash } : {}) };
  } finally {
    await program.close();
  }
}

/** Whether a tensor is one list of numbers, whatever axes of one there are. */
const isList = ({ type, shape, data }: Tensor): boolean =>
  type === "float32" && data.length > 0 && shape.every((size) => size === 1 || size === data.length);

function inputOf(
  { graph }: Model,
  size: { readonly width: number; readonly height: number } | undefined,
): Pick<PlainModel, "image" | "input"> | undefined {
  const [input, ...others] = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  if (!input || others.length > 0 || input.opaque || input.shape?.length !== 4) return undefined;
  const { name, type } = input;
  const [batch, ...sides] = input.shape;
  const isChannels = (side: unknown): side is 1 | 3 => side === 1 || side === 3;
  const channelsLast = !isChannels(sides[0]);
  const [channels, height, width] = channelsLast ? [sides[2], sides[0], sides[1]] : sides;
  const rows = typeof height === "number" ? height : size?.height;
  const columns = typeof width === "number" ? width : size?.width;
  if ((type !== "float32" && type !== "uint8") || !isChannels(channels)) return undefined;
  if (rows === undefined || columns === undefined || (typeof batch === "number" && batch !== 1)) return undefined;
  return { image: { channels, height: rows, width: columns }, input: { name, type, channelsLast } };
}

/** One image, C×H×W, as the model takes it. */
function feedOf({ image, input }: Pick<PlainModel, "image" | "input">, data: Float32Array): Record<string, Tensor> {
  const { channels, height, width } = image;
  const area = height * width;
  const placed = input.channelsLast
    ? Float32Array.from(data, (_, i) => data[(i % channels) * area + Math.floor(i / channels)])
    : data;
  const shape = input.channelsLast ? [1, height, width, channels] : [1, channels, height, width];
  const value = input.type === "uint8" ? tensor("uint8", shape, Uint8Array.from(placed)) : float32(placed, shape);
  return { [input.name]: value };
}

/** What a plain model's pictures and numbers mean. */
export interface PlainUse {
  readonly owner: string;
  /** one for each number; of one number two, no and yes */
  readonly classes: readonly string[];
  readonly normalization: Normalization;
  readonly labelOffset?: number | undefined;
}

/** A model that is asked as it is. */
export async function plainClassifier(
  engine: Engine,
  plain: PlainModel,
  { owner, classes, normalization, labelOffset }: PlainUse,
): Promise<PreparedClassifier> {
  const { graph, image, input, output, squash } = plain;
  const area = image.height * image.width;
  const { mean } = normalization;
  const numberOf = (byte: number, i: number): number => {
    const channel = Math.floor(i / area);
    return (byte - mean[mean.length > image.channels ? i : channel]) * scaleOf(normalization, channel);
  };
  const program = await engine.load(graph);
  return askedInTurn({
    ...{ owner, classes, image, labelOffset, together: 1 },
    async probabilitiesOf(bytes) {
      const data = input.type === "uint8" ? bytes : bytes.map(numberOf);
      const { [output]: given } = await program.run(feedOf(plain, data));
      const probabilities = squashed(Array.from(given.data, Number), squash);
      return probabilities.length === 1 ? [1 - probabilities[0], probabilities[0]] : probabilities;
    },
    close: () => program.close(),
  });
}

/** p = e^(s − m) / Σ e^(s − m) with m the largest s, or 1 / (1 + e^−s) */
function squashed(scores: readonly number[], squash: PlainModel["squash"]): readonly number[] {
  if (squash === undefined) return scores;
  if (squash === "sigmoid") return scores.map((score) => 1 / (1 + Math.exp(-score)));
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
