/** The filters of a first layer, made of patches of pictures instead of learned by gradients. */

import type { Conv } from "../blocks/convolution/conv.js";
import type { Samples } from "../data/samples.js";
import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { pca } from "../inspection/embedding/pca.js";
import { rowsOf } from "../inspection/embedding/rows.js";
import type { Network, PlacedLayer } from "../network/network.js";
import { initialize } from "../training/step/initialize.js";
import type { Normalization } from "../values/normalization.js";
import { featureLayers } from "./encoder.js";
import { kMeans } from "./k-means.js";
import { drawPatches, whiten, whitening } from "./patches.js";

/** How filters are made of patches. */
export type FilterKind = "kmeans" | "pca";

/** Filters and biases of a layer, by their network-wide names, and what is known of them. */
export interface FirstFilters {
  readonly layer: string;
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** how many of the layer's filters were made; the others are as the layer draws them: patches differ in no more directions */
  readonly made: number;
  /** how many patches were looked at */
  readonly patches: number;
}

/** The options of {@link firstFilters}. */
export interface FirstFilterOptions {
  readonly kind: FilterKind;
  /** patches that are drawn */
  readonly patches: number;
  readonly seed: number;
}

/**
 * The filters of a network's first layer with weights, from patches of the size of its support:
 *
 * - **"kmeans"** (Coates, Lee and Ng 2011): patches are brought to mean 0 and deviation 1 each, and whitened, W·(p − μ); the filters are W·c for the centres c that k-means
 *   finds, so that the layer's response to a patch p is the product of c and the whitened patch
 * - **"pca"**: the directions in which patches differ most, as many as there are
 *
 * Each filter is scaled so that its responses to the patches have deviation 1, and its bias takes away their mean.
 *
 * @throws RangeError when the network does not begin with a convolution of the picture, or patches have no contrast
 * @example
 * const options = { kind: "pca", patches: 200, seed: 1 } as const;
 * const { parameters } = await firstFilters(ocr(), letters.training, normalization, options);
 * parameters.get("conv1/filters")?.shape; // [20, 1, 5, 5]
 */
export async function firstFilters(
  network: Network,
  samples: Samples,
  normalization: Normalization,
  { kind, patches: count, seed }: FirstFilterOptions,
): Promise<FirstFilters> {
  const { placed, layer } = firstConvolution(network);
  const patches = await drawPatches(samples, normalization, { support: layer.support, count, seed });
  const { width } = rowsOf(patches, 2);
  const rows =
    kind === "pca"
      ? directionsOf(patches, Math.min(layer.filters, width, count))
      : centresOf(withContrast(patches), layer.filters, seed);
  const { filters, biases } = scaled(rows, patches);
  const made = rows.shape[0];
  const values = [filters, biases];
  const drawn = initialize(network, seed);
  return {
    layer: placed.name,
    parameters: new Map(
      placed.parameters.map(({ name, shape }, i) => {
        const data = Float32Array.from(drawn.get(name)?.data ?? []);
        data.set(values[i]);
        return [name, float32(data, shape)] as const;
      }),
    ),
    made,
    patches: patches.shape[0],
  };
}

/** @throws RangeError when there is none that looks at all channels of the picture */
function firstConvolution(network: Network): { readonly placed: PlacedLayer; readonly layer: Conv } {
  const [placed] = featureLayers(network);
  if (placed.layer.type === "conv" && placed.layer.groups === 1 && placed.layer.dilation.every((d) => d === 1)) {
    return { placed, layer: placed.layer };
  }
  throw new RangeError(
    `Network '${network.name}' begins with layer '${placed.name}' of type '${placed.layer.type}': filters are made for a convolution that reads the picture.`,
  );
}

/** Patches of mean 0 and deviation 1 each; those that are flat say nothing and are left out. */
function withContrast(patches: Tensor<"float32">): Tensor<"float32"> {
  const { data, count, width } = rowsOf(patches, 2);
  const kept: number[] = [];
  for (let i = 0; i < count; i++) {
    const patch = data.subarray(i * width, (i + 1) * width);
    const mean = patch.reduce((a, b) => a + b, 0) / width;
    const deviation = Math.sqrt(patch.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width);
    if (deviation > FLAT) for (const value of patch) kept.push((value - mean) / deviation);
  }
  if (kept.length >= 2 * width) return float32(kept, [kept.length / width, width]);
  throw new RangeError(
    `Of ${count} patches of the pictures fewer than two have any contrast: there is nothing to learn from.`,
  );
}

/** A patch whose deviation is below this share of that of all pixels is taken to be flat. */
const FLAT = 0.1;

/** W·c of each centre of the whitened patches. */
function centresOf(patches: Tensor<"float32">, filters: number, seed: number): Tensor<"float32"> {
  const [count, width] = patches.shape;
  if (filters > count)
    throw new RangeError(`${filters} filters need at least as many patches with contrast; there are ${count}.`);
  const white = whitening(patches);
  const { centres } = kMeans(whiten(patches, white), filters, { seed, rounds: ROUNDS });
  const made = new Float32Array(filters * width);
  for (let k = 0; k < filters; k++) {
    for (let a = 0; a < width; a++) {
      let sum = 0;
      for (let b = 0; b < width; b++) sum += white.matrix[a][b] * centres.data[k * width + b];
      made[k * width + a] = sum;
    }
  }
  return float32(made, [filters, width]);
}

/** Rounds of k-means after which filters hardly change any more. */
const ROUNDS = 30;

/** The directions in which patches differ, none of those in which they do not. */
function directionsOf(patches: Tensor<"float32">, most: number): Tensor<"float32"> {
  const { directions, variances } = pca(patches, most);
  const found = variances.findIndex((value) => value <= 1e-9 * variances[0]);
  const count = found < 0 ? most : found;
  if (count > 0 && variances[0] > 0)
    return float32(directions.data.subarray(0, count * directions.shape[1]), [count, directions.shape[1]]);
  throw new RangeError("The patches of the pictures are all the same: there is nothing to learn from.");
}

/** The filters, of which each responds to the patches with mean 0 and deviation 1. */
function scaled(
  rows: Tensor<"float32">,
  patches: Tensor<"float32">,
): { readonly filters: Float32Array; readonly biases: Float32Array } {
  const { data, count, width } = rowsOf(patches, 1);
  const filters = Float32Array.from(rows.data);
  const biases = new Float32Array(filters.length / width);
  for (let k = 0; k < biases.length; k++) {
    const filter = filters.subarray(k * width, (k + 1) * width);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < count; i++) {
      let response = 0;
      for (let d = 0; d < width; d++) response += filter[d] * data[i * width + d];
      sum += response;
      squares += response * response;
    }
    const mean = sum / count;
    const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean)) || 1;
    for (let d = 0; d < width; d++) filter[d] /= deviation;
    biases[k] = -mean / deviation;
  }
  return { filters, biases };
}
