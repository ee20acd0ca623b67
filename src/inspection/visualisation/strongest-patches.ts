import type { Samples } from "../../data/samples.js";
import type { Box } from "../../data/sources/dataset.js";
import { float32 } from "../../graph/tensor.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, record } from "../../values/record.js";
import { firstOf, inParts, samplesBatch } from "../batches.js";
import { type Backward, gradient } from "../gradient.js";
import { Look } from "../look.js";
import { expectImages, expectNames, type Opened } from "../opened.js";
import type { Stop } from "../watch.js";
import { type Place, placeOf, unitsOf } from "./unit.js";

const SETTINGS = record({
  /** how many of each unit */
  each: defaulted(whole(1), 9),
});

/** The options of {@link strongestPatches}. */
export type PatchOptions = OptionsOf<(typeof SETTINGS)["fields"]> & {
  /** ends it, with the signal's reason: an AbortSignal */
  readonly signal?: Stop | undefined;
};

/** The part of a picture that excites a unit more than any other part of it. */
export interface Patch {
  /** which picture of the set */
  readonly sample: number;
  /** what the unit says there */
  readonly value: number;
  /** where in the unit's map */
  readonly place: Place;
  /** what the unit sees there: its receptive field, as far as it lies in the picture */
  readonly box: Box;
}

/** What was found when so many pictures had been looked at. */
export interface PatchProgress {
  readonly done: number;
  readonly of: number;
  /** by the names of the layers: of each unit its patches, the strongest first */
  readonly patches: Readonly<Record<string, readonly (readonly Patch[])[]>>;
}

/**
 * What excites each unit of some layers most in a set of pictures (Zeiler and Fergus 2014): of every picture the place where the unit's value is largest, and of these
 * the strongest. It shows what the unit has met that it likes; not what it would like better, nor that it needs all that the patches have in common.
 *
 * @returns what was found so far, after every few pictures
 * @throws RangeError for a name that the network has not, or pictures of another size; the signal's reason
 * @example
 * for await (const { done, patches } of strongestPatches(opened, letters.validation, ["conv2"])) {
 *   if (done === letters.validation.count) console.log(patches.conv2[7][0].box); // the strongest of unit 7
 * }
 */
export async function* strongestPatches(
  opened: Opened,
  samples: Samples,
  layers: readonly string[],
  options: PatchOptions = {},
): AsyncGenerator<PatchProgress> {
  const { signal, ...given } = options;
  const { each } = SETTINGS.make(given);
  expectNames(opened, layers);
  const units = layers.map((layer) => unitsOf(opened.model, layer));
  const found = units.map(({ shape }) => Array.from({ length: shape.channels }, (): Patch[] => []));
  for (let first = 0; first < samples.count; first += opened.together) {
    signal?.throwIfAborted();
    const end = Math.min(samples.count, first + opened.together);
    const indices = Array.from({ length: end - first }, (_, i) => first + i);
    const images = await samplesBatch(samples, indices);
    expectImages(opened, images);
    const peaks = await peaksOf(opened, images, layers);
    for (const [l, { shape, seen }] of units.entries()) {
      for (const [i, value] of peaks[l].values.data.entries()) {
        const patches = found[l][i % shape.channels];
        if (patches.length === each && value <= patches[each - 1].value) continue;
        const at = patches.findIndex((patch) => patch.value < value);
        const sample = first + Math.floor(i / shape.channels);
        const place = placeOf(peaks[l].places.data[i], shape.width);
        const patch = { sample, value, place, box: seen(place) };
        patches.splice(at < 0 ? patches.length : at, 0, patch);
        patches.length = Math.min(patches.length, each);
      }
    }
    const patches = Object.fromEntries(layers.map((layer, l) => [layer, found[l].map((own) => [...own])]));
    yield { done: end, of: samples.count, patches };
  }
}

/** Where each unit of some layers says most, in each picture: of as large values the first. */
async function peaksOf(
  opened: Opened,
  image: Tensor<"float32">,
  layers: readonly string[],
): Promise<{ readonly values: Tensor<"float32">; readonly places: Tensor<"float32"> }[]> {
  const found = await inParts(opened, { image }, async (part, count) => {
    const { shape } = part.image;
    const program = await opened.kept(JSON.stringify(["peaks", shape, layers]), () =>
      peaksGraph(opened, shape, layers),
    );
    const run = await program.run(part);
    return Object.fromEntries(Object.keys(run).map((name) => [name, firstOf(run[name], count)]));
  });
  return layers.map((_, l) => ({ values: found[`values/${l}`], places: found[`places/${l}`] }));
}

/** Only the largest values leave the graph: the maps of all layers are some megabytes of each picture. */
function peaksGraph({ model }: Opened, images: readonly number[], layers: readonly string[]): Graph {
  const look = new Look(model, images);
  const { g } = look;
  for (const [l, layer] of layers.entries()) {
    const value = look.valueOf(layer);
    const [count, channels] = g.shape(value);
    const lines = g.op("Reshape", [value, g.ints(count, channels, -1)]);
    g.output(`values/${l}`, g.op("ReduceMax", [lines, g.ints(2)], { keepdims: 0 }));
    g.output(`places/${l}`, g.op("Cast", [g.op("ArgMax", [lines], { axis: 2, keepdims: 0 })], { to: 1 }));
  }
  return look.graph();
}

/** Patches with what of them makes a unit say what it says. */
export interface Projection {
  /** C×h×w of each patch's box: how much of the unit's value comes from each pixel, to either side of 0 */
  readonly evidence: Tensor<"float32">;
  readonly patch: Patch;
}

/**
 * What of its strongest patches a unit looks at: its value there, projected back to the picture. "deconvolution" (Zeiler and Fergus 2014) and "guided"
 * (Springenberg et al. 2015) show sharp outlines of what is there, and partly draw them by themselves: they hardly change when the layers behind have random weights.
 *
 * @param unit which channel of the layer
 * @param patches what {@link strongestPatches} found of it in the same samples
 * @example
 * const patches = [{ sample: 3, value: 0.1, place: [2, 2], box: { x: 4, y: 4, width: 14, height: 14 } }] as const;
 * const [{ evidence }] = await projectPatches(opened, letters.validation, { layer: "conv2", unit: 7, patches }, "guided");
 * evidence.shape; // [1, 14, 14]
 */
export async function projectPatches(
  opened: Opened,
  samples: Samples,
  { layer, unit, patches }: { readonly layer: string; readonly unit: number; readonly patches: readonly Patch[] },
  backward: Backward,
): Promise<Projection[]> {
  expectNames(opened, [layer]);
  const { shape } = unitsOf(opened.model, layer);
  const { channels, height, width } = shape;
  const projections: Projection[] = [];
  for (let first = 0; first < patches.length; first += opened.together) {
    const some = patches.slice(first, first + opened.together);
    const weights = new Float32Array(some.length * channels * height * width);
    for (const [i, { place }] of some.entries()) {
      weights[((i * channels + unit) * height + place[0]) * width + place[1]] = 1;
    }
    const of = { layer, weights: float32(weights, [some.length, channels, height, width]) };
    const images = await samplesBatch(
      samples,
      some.map(({ sample }) => sample),
    );
    const { gradients } = await gradient(opened, images, { of, backward });
    projections.push(...some.map((patch, i) => ({ patch, evidence: cutTensor(gradients.image, i, patch.box) })));
  }
  return projections;
}

/** A part of one of several pictures: C×h×w. */
export function cutTensor({ shape, data }: Tensor<"float32">, index: number, box: Box): Tensor<"float32"> {
  const [, channels, height, width] = shape;
  const part = new Float32Array(channels * box.height * box.width);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < box.height; y++) {
      const from = ((index * channels + c) * height + box.y + y) * width + box.x;
      part.set(data.subarray(from, from + box.width), (c * box.height + y) * box.width);
    }
  }
  return float32(part, [channels, box.height, box.width]);
}
