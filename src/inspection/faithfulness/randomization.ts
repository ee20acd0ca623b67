/** Whether a map of evidence hangs on what the network has learned. */

import type { Engine } from "../../engine/engine.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { TrainedModel } from "../../network/model/model.js";
import { withoutLoss } from "../../network/network.js";
import { permutation, stream } from "../../random/stream.js";
import { perPixel } from "../attribution/maps.js";
import { type Opened, openNetwork } from "../opened.js";
import { correlation } from "../statistics.js";
import type { Watch } from "../watch.js";

/** How alike the maps are when one more layer has lost what it has learned. */
export interface RandomizationStep {
  /** the layer that has lost it, as all behind it have */
  readonly layer: string;
  /** for each method, the mean over all pictures of the {@link rankCorrelation} with the map of the network as it is; none where there is a map of one of both alone */
  readonly correlations: Readonly<Record<string, number>>;
}

/** Maps of evidence, by the names of methods. */
type Maps = Readonly<Partial<Record<string, Tensor<"float32">>>>;

/** How {@link cascadingRandomization} goes on. */
export interface RandomizationOptions extends Watch {
  /** so many layers, evenly chosen, are looked at; all unless given */
  readonly steps?: number;
  readonly seed?: number;
}

/**
 * Sensitivity to random weights (Adebayo et al. 2018, "cascading randomization"): from the scores backwards, the weights of one layer after the other lose what they have learned, and the maps
 * are made anew. The maps of a method that explains the network become others: a correlation that stays near 1 says that the method shows the picture's edges, whatever the network has learned.
 * A low one does not say that a method is right.
 *
 * The weights of a layer are put in random order, so that their size stays; moments of batch normalisations and other numbers of channels stay as they are.
 *
 * @param explain maps of N×C×h×w for pictures, by the names of methods
 * @returns one for each layer with weights, from the scores backwards
 * @throws Error the signal's reason
 * @example
 * const image = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const steps = await cascadingRandomization(engine, model, image, async (opened, images) => ({ saliency: await saliency(opened, images, 2) }), { steps: 1 });
 * steps[0].layer; // "conv4"
 */
export async function cascadingRandomization(
  engine: Engine,
  model: TrainedModel,
  images: Tensor<"float32">,
  explain: (opened: Opened, images: Tensor<"float32">) => Promise<Maps>,
  { steps, seed = 1, onProgress, signal }: RandomizationOptions = {},
): Promise<RandomizationStep[]> {
  const layers = weightsOf(model);
  const looked = evenly(layers.length, steps ?? layers.length);
  const mapsOf = (own: TrainedModel["parameters"]): Promise<Maps> =>
    mapsWith(engine, { ...model, parameters: own }, images, explain);
  const whole = await mapsOf(model.parameters);
  const parameters = new Map(model.parameters);
  const found: RandomizationStep[] = [];
  for (const [k, { name, weights }] of layers.entries()) {
    signal?.throwIfAborted();
    for (const weight of weights) shuffle(parameters, weight.name, seed);
    if (!looked.has(k)) continue;
    found.push({ layer: name, correlations: correlationsOf(whole, await mapsOf(parameters)) });
    onProgress?.(found.length, looked.size);
  }
  return found;
}

/**
 * How alike maps stay when all weights have lost what they have learned: the last step of {@link cascadingRandomization} alone, against maps that are there already.
 *
 * @param whole maps of the network as it is
 * @returns the correlations of {@link RandomizationStep}
 * @example
 * const image = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const whole = { saliency: await saliency(opened, image, 2) };
 * const found = await fullRandomization(engine, model, image, whole, async (own, images) => ({ saliency: await saliency(own, images, 2) }));
 * Object.keys(found); // ["saliency"]
 */
export async function fullRandomization(
  engine: Engine,
  model: TrainedModel,
  images: Tensor<"float32">,
  whole: Maps,
  explain: (opened: Opened, images: Tensor<"float32">) => Promise<Maps>,
  { seed = 1 }: { readonly seed?: number } = {},
): Promise<RandomizationStep["correlations"]> {
  const parameters = new Map(model.parameters);
  for (const { weights } of weightsOf(model)) for (const { name } of weights) shuffle(parameters, name, seed);
  return correlationsOf(whole, await mapsWith(engine, { ...model, parameters }, images, explain));
}

/** The layers with weights, from the scores backwards. */
const weightsOf = ({ network }: TrainedModel) =>
  withoutLoss(network)
    .layers.map(({ name, parameters }) => ({ name, weights: parameters.filter(({ shape }) => shape.length > 1) }))
    .filter(({ weights }) => weights.length > 0)
    .reverse();

async function mapsWith(
  engine: Engine,
  model: TrainedModel,
  images: Tensor<"float32">,
  explain: (opened: Opened, images: Tensor<"float32">) => Promise<Maps>,
): Promise<Maps> {
  const opened = await openNetwork(engine, model);
  try {
    return await explain(opened, images);
  } finally {
    await opened.close();
  }
}

function shuffle(parameters: Map<string, Tensor>, name: string, seed: number): void {
  const own = parameters.get(name);
  if (own) parameters.set(name, shuffled(own, stream(seed, "randomization", name)));
}

/** So many of the numbers below a count, the first and the last among them. */
function evenly(count: number, steps: number): Set<number> {
  const few = Math.min(steps, count);
  return new Set(Array.from({ length: few }, (_, i) => (few === 1 ? 0 : Math.round((i * (count - 1)) / (few - 1)))));
}

function shuffled({ shape, data }: Tensor, random: ReturnType<typeof stream>): Tensor<"float32"> {
  return float32(
    Float32Array.from(permutation(data.length, random), (i) => Number(data[i])),
    shape,
  );
}

function correlationsOf(whole: Maps, random: Maps): Record<string, number> {
  const pairs = Object.entries(whole).flatMap(([name, a]) => {
    const b = random[name];
    return a && b ? [[name, meanCorrelation(perPixel(a, "sum"), perPixel(b, "sum"))] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function meanCorrelation(a: Tensor<"float32">, b: Tensor<"float32">): number {
  const [count] = a.shape;
  const size = a.data.length / count;
  const own = ({ data }: Tensor<"float32">, n: number): Float32Array => data.subarray(n * size, (n + 1) * size);
  return Array.from({ length: count }, (_, n) => rankCorrelation(own(a, n), own(b, n)) / count).reduce((x, y) => x + y);
}

/**
 * Spearman's rank correlation: the correlation of the ranks, from −1 to 1. Equal numbers share the mean of their ranks; 0 where all numbers of one side are equal.
 *
 * @throws RangeError when they are not as many
 * @example
 * rankCorrelation([1, 2, 3], [10, 100, 20]); // 0.5
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`Expected as many numbers of both, got ${a.length} and ${b.length}.`);
  return correlation(ranksOf(a), ranksOf(b));
}

/** The rank of each number, from 0; equal ones have the mean of theirs. */
function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Float64Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}
