/** What excites some units of a network: which units are shown, and their pictures. */

import type { Image } from "../../data/pictures/image.js";
import { cut, fromLast } from "../../data/pictures/resize/arrange.js";
import type { Samples } from "../../data/samples.js";
import type { Box } from "../../data/sources/dataset.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { samplesBatch } from "../../inspection/batches.js";
import type { Backward } from "../../inspection/gradient.js";
import type { Opened } from "../../inspection/opened.js";
import { rootMeanSquare } from "../../inspection/statistics.js";
import { type MadePicture, maximizeActivation } from "../../inspection/visualisation/maximize-activation.js";
import {
  cutTensor,
  type Patch,
  projectPatches,
  strongestPatches,
} from "../../inspection/visualisation/strongest-patches.js";
import { middleOf, type Place, type Units, unitsOf } from "../../inspection/visualisation/unit.js";
import { networkTable } from "../../network/display/table.js";
import type { TrainedModel } from "../../network/model/model.js";
import { inputOf, withoutLoss } from "../../network/network.js";
import {
  type ShownLayer,
  type ShownUnit,
  type SilentUnits,
  unitsSection,
} from "../../report/inspection/units-section.js";
import type { Section } from "../../report/page/section.js";
import { rectifiersOf } from "../../training/statistics/diagnosis.js";
import type { ImageShape } from "../../values/image-shape.js";
import { isStop } from "../events/event-stream.js";
import type { Inspection, PartWatch } from "./inspection.js";

/** Layers that are shown. */
const LAYERS = 3;
/** Of so many of its patches, what a unit looks at is shown. */
const PROJECTED = 3;
/** What lies around a picture, and evidence of nothing. */
export const [AROUND, NOTHING] = [225, 128];

/** What excites a few units of a few layers; undefined where the network reads something else than a picture, or has no convolution. */
export async function unitsOfInspection(
  { model, opened, set }: Inspection,
  watch: PartWatch,
): Promise<Section | undefined> {
  const { channels } = inputOf(model.network);
  if (!opened || (channels !== 1 && channels !== 3)) return undefined;
  const layers = chosenLayers(model);
  if (layers.length === 0) return undefined;
  const found = set && (await patchesOf(opened, set.samples, [...layers, ...rectifiers(model)], watch));
  const shown: ShownLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    const tell = (done: number, of: number): void => watch.tell("steps", i * of + done, layers.length * of);
    try {
      shown.push(await shownLayer({ opened, layer, samples: set?.samples }, found?.[layer], { ...watch, tell }));
    } catch (error) {
      if (!isStop(error, watch.signal) || (shown.length === 0 && !found)) throw error;
      watch.without(`what excites ${layers.slice(i).join(" and ")}`);
      break;
    }
  }
  const silent = found ? rectifiers(model).map((layer) => silentIn(layer, found[layer])) : [];
  return unitsSection({
    layers: shown,
    pictures: set?.samples.count ?? 0,
    of: set?.of ?? 0,
    silent,
    steps: effortFor(model).steps,
  });
}

/** Some units of a layer. */
async function shownLayer(
  { opened, layer, samples }: Omit<UnitLook, "units">,
  patches: Found[string] | undefined,
  watch: { readonly signal: AbortSignal; tell(done: number, of: number): void },
): Promise<ShownLayer> {
  const { model } = opened;
  const units = unitsOf(model, layer);
  const own = chosenUnits(units.shape.channels, effortFor(model).units, patches);
  const made = await madeFor(opened, layer, own, watch);
  const rows: ShownUnit[] = [];
  for (const [i, unit] of own.entries()) {
    watch.signal.throwIfAborted();
    rows.push(await shownUnit({ opened, layer, units, samples }, unit, made[i], patches?.[unit] ?? []));
  }
  const { height, width } = inputOf(model.network);
  const [down, across] = units.field.size;
  const sees = down >= height || across >= width ? undefined : ([down, across] as const);
  const names = classesOf(model, layer);
  const shown = names ? rows.map((row) => ({ ...row, name: names[row.unit] })) : rows;
  return { layer, units: units.shape.channels, sees, shown };
}

/** The classes that the units of a layer stand for: where it is the last with weights, and has a unit for each. */
function classesOf({ network, classes }: TrainedModel, layer: string): readonly string[] | undefined {
  const last = withoutLoss(network).layers.findLast(({ parameters }) => parameters.length > 0);
  return last?.name === layer && last.output.shape.channels === classes.length ? classes : undefined;
}

type Found = Readonly<Record<string, readonly (readonly Patch[])[]>>;

async function patchesOf(
  opened: Opened,
  samples: Samples,
  layers: readonly string[],
  { signal, tell }: PartWatch,
): Promise<Found> {
  let found: Found = {};
  for await (const { patches, done, of } of strongestPatches(opened, samples, layers, { signal })) {
    found = patches;
    tell("pictures", done, of);
  }
  return found;
}

async function madeFor(
  opened: Opened,
  layer: string,
  units: readonly number[],
  { signal, tell }: { readonly signal: AbortSignal; tell(done: number, of: number): void },
): Promise<readonly MadePicture[]> {
  const { steps, starts } = effortFor(opened.model);
  let all: readonly MadePicture[] = [];
  for await (const { made, done, of } of maximizeActivation(opened, layer, units, { steps, starts, signal })) {
    all = made;
    tell(done, of);
  }
  return all;
}

/** The first convolution, the last, and one between. */
function chosenLayers({ network }: TrainedModel): string[] {
  const all = withoutLoss(network).layers.filter(({ layer }) => layer.type === "conv");
  const count = Math.min(LAYERS, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / Math.max(1, count - 1))].name);
}

const rectifiers = ({ network }: TrainedModel): string[] => rectifiersOf(network).map(({ name }) => name);

const silentIn = (layer: string, units: Found[string]): SilentUnits => ({
  layer,
  units: units.length,
  silent: units.filter(([strongest]) => strongest.value <= 0).length,
});

/** So many units, evenly among those that something excites. */
function chosenUnits(count: number, most: number, patches: Found[string] | undefined): number[] {
  const all = Array.from({ length: count }, (_, unit) => unit);
  const alive = patches ? all.filter((unit) => patches[unit].some(({ value }) => value !== 0)) : all;
  const from = alive.length > 0 ? alive : all;
  const few = Math.min(most, from.length);
  return Array.from({ length: few }, (_, i) => from[Math.floor((i * from.length) / few)]);
}

/** How much is made, so that it takes less than a minute or so: by the cost of a picture, in multiply-adds. */
function effortFor({ network }: TrainedModel): {
  readonly units: number;
  readonly steps: number;
  readonly starts: number;
} {
  const cost = networkTable(network).totals.multiplyAdds;
  if (cost < 5e7) return { units: 8, steps: 64, starts: 2 };
  return cost < 1e9 ? { units: 4, steps: cost < 2e8 ? 48 : 32, starts: 1 } : { units: 2, steps: 32, starts: 1 };
}

/** Whose units are looked at. */
interface UnitLook {
  readonly opened: Opened;
  readonly layer: string;
  readonly units: Units;
  readonly samples: Samples | undefined;
}

/** A unit with its pictures, each in a frame as large as what the unit sees. */
async function shownUnit(
  { opened, layer, units, samples }: UnitLook,
  unit: number,
  made: MadePicture,
  patches: readonly Patch[],
): Promise<ShownUnit> {
  const size = inputOf(opened.model.network);
  const isTurned = (samples?.order ?? opened.model.preprocessing?.order) === "bgr";
  const framed = (part: Image, box: Box, place: Place, around: number): Image => {
    const { x, y, width, height } = frameOf(units, place, size);
    return cut(isTurned ? fromLast(part) : part, { left: x - box.x, top: y - box.y, width, height }, around);
  };
  const projected = async (backward: Backward): Promise<Image[]> => {
    const some = patches.slice(0, PROJECTED);
    if (!samples || some.length === 0) return [];
    const all = await projectPatches(opened, samples, { layer, unit, patches: some }, backward);
    return all.map(({ patch, evidence }) => framed(evidenceImage(evidence), patch.box, patch.place, NOTHING));
  };
  const images =
    samples && patches.length > 0
      ? await samplesBatch(
          samples,
          patches.map(({ sample }) => sample),
        )
      : undefined;
  const middle = middleOf(units.shape);
  const { shape, data } = made.image;
  return {
    unit,
    made: framed(bytesImage(cutTensor(float32(data, [1, ...shape]), 0, made.box)), made.box, middle, AROUND),
    most: { made: made.value, ...(patches.length > 0 ? { data: patches[0].value } : {}) },
    patches: images
      ? patches.map(({ box, place }, i) => framed(bytesImage(cutTensor(images, i, box)), box, place, AROUND))
      : [],
    deconvolved: await projected("deconvolution"),
    guided: await projected("guided"),
  };
}

/** What is shown of a picture for a place: the square that the unit sees there, or the whole picture where that is as large. */
export function frameOf({ field }: Units, place: Place, { height, width }: ImageShape): Box {
  if (field.size[0] >= height || field.size[1] >= width) return { x: 0, y: 0, width, height };
  const [y, x] = [0, 1].map((axis) =>
    Math.floor(field.offset[axis] + place[axis] * field.stride[axis] - (field.size[axis] - 1) / 2),
  );
  return { x, y, width: Math.ceil(field.size[1]), height: Math.ceil(field.size[0]) };
}

/** C×h×w numbers as the bytes that they are near. */
export function bytesImage({ shape: [channels, height, width], data }: Tensor<"float32">): Image {
  return { channels: channels === 3 ? 3 : 1, height, width, data: Uint8Array.from(data, Math.round) };
}

/**
 * Evidence as a picture: grey where there is none, brighter what speaks for the unit, darker what speaks against it. A few pixels often have much more than all others: three times the
 * root mean square of what is not 0 is as bright as it gets.
 */
function evidenceImage({ shape, data }: Tensor<"float32">): Image {
  const most = 3 * rootMeanSquare(data);
  const scale = most > 0 ? 127 / most : 0;
  const bytes = data.map((value) => NOTHING + Math.min(127, Math.max(-127, scale * value)));
  return bytesImage(float32(bytes, shape));
}
