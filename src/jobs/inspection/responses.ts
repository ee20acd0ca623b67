/** Filters of deeper layers, by what they respond to most. */

import type { Image } from "../../data/pictures/image.js";
import { cut, fromLast } from "../../data/pictures/resize/arrange.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { samplesBatch } from "../../inspection/batches.js";
import { cutTensor, type Patch, strongestPatches } from "../../inspection/visualisation/strongest-patches.js";
import { unitsOf } from "../../inspection/visualisation/unit.js";
import type { TrainedModel } from "../../network/model/model.js";
import { inputOf, withoutLoss } from "../../network/network.js";
import { responsesSection, type ShownResponses } from "../../report/inspection/responses-section.js";
import type { Section } from "../../report/page/section.js";
import type { Inspection, LookedAt, PartWatch } from "./inspection.js";
import { AROUND, bytesImage, frameOf } from "./units.js";

/** So many layers, filters of a layer, and pictures of a data set are shown. */
const [LAYERS, FILTERS, PICTURES] = [6, 48, 200];

/** The parts of the data set, or of the given pictures, to which deeper filters respond most. @returns nothing without pictures, or without such filters */
export async function responsesOfInspection(
  { model, opened, set, pictures }: Inspection,
  { signal, tell }: PartWatch,
): Promise<Section | undefined> {
  const size = inputOf(model.network);
  const layers = deeperLayers(model);
  if (!opened || layers.length === 0 || (size.channels !== 1 && size.channels !== 3)) return undefined;
  const samples = set ? someOf(set.samples) : samplesOf(pictures, model);
  if (samples.count === 0) return undefined;
  let found: Readonly<Record<string, readonly (readonly Patch[])[]>> = {};
  for await (const { patches, done, of } of strongestPatches(opened, samples, layers, { each: 1, signal })) {
    found = patches;
    tell("pictures", done, of);
  }
  const isTurned = (samples.order ?? model.preprocessing?.order) === "bgr";
  const shown: ShownResponses[] = [];
  for (const layer of layers) {
    const units = unitsOf(model, layer);
    const all = found[layer].flat();
    const few = Math.min(FILTERS, all.length);
    const some = Array.from({ length: few }, (_, i) => all[Math.floor((i * all.length) / few)]);
    const images: Image[] = [];
    for (const { sample, box, place } of some) {
      const part = bytesImage(cutTensor(await samplesBatch(samples, [sample]), 0, box));
      const { x, y, width, height } = frameOf(units, place, size);
      const frame = { left: x - box.x, top: y - box.y, width, height };
      images.push(cut(isTurned ? fromLast(part) : part, frame, AROUND));
    }
    const [down, across] = units.field.size;
    const sees = down >= size.height || across >= size.width ? undefined : ([down, across] as const);
    shown.push({ layer, filters: all.length, sees, images });
  }
  return responsesSection(shown, samples.count);
}

/** The convolutions behind the first, or some of them evenly, the last among them. */
function deeperLayers({ network }: TrainedModel): string[] {
  const [, ...deeper] = withoutLoss(network).layers.filter(({ layer }) => layer.type === "conv");
  const few = Math.min(LAYERS, deeper.length);
  return Array.from({ length: few }, (_, i) => deeper[Math.ceil(((i + 1) * deeper.length) / few) - 1].name);
}

/** Some samples evenly. */
function someOf(samples: Samples): Samples {
  const count = Math.min(PICTURES, samples.count);
  const at = (i: number): number => Math.floor((i * samples.count) / count);
  return {
    ...samples,
    count,
    read: (i, epoch, into, offset) => samples.read(at(i), epoch, into, offset),
    prepare: async (indices, epoch) => await samples.prepare?.(Array.from(indices, at), epoch),
  };
}

/** Pictures as samples. */
const samplesOf = (pictures: readonly LookedAt[], { network }: TrainedModel): Samples => ({
  count: pictures.length,
  shape: inputOf(network),
  target: classTarget(
    ["picture"],
    pictures.map(() => 0),
  ),
  read: (i, _, into, offset) => into.set(Uint8Array.from(pictures[i].input.data), offset),
});
