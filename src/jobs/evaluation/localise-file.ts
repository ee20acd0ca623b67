/** Where a model sees what it takes a picture for, beside where it is. */

import { join } from "node:path";
import { decoderOf } from "../../data/pictures/formats/formats-file.js";
import type { PictureSamples } from "../../data/pictures/pictures-file.js";
import { type Box, type Dataset, type DatasetItem, fewOf, type Problem } from "../../data/sources/dataset.js";
import type { Engine } from "../../engine/engine.js";
import type { LocatedSample } from "../../evaluation/localisation/localisation-error.js";
import { overlapOf } from "../../evaluation/localisation/localisation-error.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { waitingLine } from "../../files/at-once.js";
import { formatCsv } from "../../files/csv.js";
import { float32 } from "../../graph/tensor.js";
import { evidenceModel } from "../../inspection/attribution/class-evidence.js";
import { boxInPicture, evidenceBox } from "../../inspection/attribution/evidence-box.js";
import { modelGraph, type TrainedModel } from "../../network/model/model.js";
import { outputOf } from "../../network/network.js";
import { plural } from "../../report/page/text/words.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { UsageError } from "../../values/usage-error.js";

/** So many classes of each picture are located. */
const GUESSES = 5;

/** So many pictures are opened at a time, to know their sizes. */
const OPENED = 16;

/** A data set of whole pictures, with the boxes that were around what is meant in each. */
export interface BoxedPictures {
  readonly dataset: Dataset;
  /** by the picture's path */
  readonly boxes: ReadonlyMap<string, readonly Box[]>;
  /** how many pictures have none, in a sentence, where some have none */
  readonly notes: readonly string[];
}

/**
 * The pictures of a list, each once and whole, with its boxes. A box that reaches beyond its picture is left out, which is said among the problems.
 *
 * @throws UsageError when no picture has a box; RangeError when a picture has boxes of several classes, which one label cannot say
 */
export async function wholePictures(dataset: Dataset): Promise<BoxedPictures> {
  const items = new Map<string, DatasetItem>();
  const boxes = new Map<string, Box[]>();
  for (const { box, ...item } of dataset.items) {
    const { path, label } = item;
    const first = items.get(path);
    if (first && first.label !== label) {
      throw new RangeError(
        `'${path}' is '${dataset.classes[first.label]}' and '${dataset.classes[label]}': to localise, expected one class in each picture.`,
      );
    }
    if (!first) items.set(path, item);
    if (box) boxes.set(path, [...(boxes.get(path) ?? []), box]);
  }
  if (boxes.size === 0) {
    throw new UsageError("To localise, expected a list with a column 'box' (x y width height), got no box.");
  }
  const { inside, problems } = await withinPictures(dataset.root, boxes);
  const without = [...items.keys()].filter((path) => !inside.has(path));
  const [have, are] = without.length === 1 ? ["has no box", "it is"] : ["have no box", "they are"];
  const note = `${plural(without.length, "picture")} of ${items.size} ${have} (${fewOf(without)}): ${are} not counted in the error of localisation.`;
  if (inside.size === 0)
    throw new UsageError(
      `To localise, expected boxes within the pictures. ${problems[0].path}: ${problems[0].reason}.`,
    );
  return {
    dataset: { ...dataset, items: [...items.values()], problems: [...dataset.problems, ...problems] },
    boxes: inside,
    notes: without.length > 0 ? [note] : [],
  };
}

/** @throws UsageError when none of these pictures has a box */
export function expectBoxes({ boxes }: BoxedPictures, items: readonly DatasetItem[]): void {
  if (items.some(({ path }) => boxes.has(path))) return;
  throw new UsageError(`To localise, expected boxes of the pictures that are measured, got none of ${items.length}.`);
}

/** The boxes that lie within their pictures, and what is said of the others. Of pictures that cannot be opened all are kept; they are found broken later. */
async function withinPictures(
  root: string,
  boxes: BoxedPictures["boxes"],
): Promise<{ readonly inside: BoxedPictures["boxes"]; readonly problems: readonly Problem[] }> {
  const line = waitingLine(OPENED);
  const looked = await Promise.all(
    [...boxes].map(async ([path, all]) => {
      const size = await line(() => decoderOf(path).metadata(join(root, path), { huge: true })).catch(() => undefined);
      const isInside = ({ x, y, width, height }: Box): boolean =>
        size === undefined || (x + width <= size.width && y + height <= size.height);
      const outer = all.find((box) => !isInside(box));
      const reason =
        outer &&
        size &&
        `left out: the box ${boxText(outer)}, which reaches beyond ${size.width}×${size.height} pixels`;
      return { path, within: all.filter(isInside), reason };
    }),
  );
  return {
    inside: new Map(looked.flatMap(({ path, within }) => (within.length > 0 ? [[path, within]] : []))),
    problems: looked.flatMap(({ path, reason }) => (reason === undefined ? [] : [{ path, reason }])),
  };
}

const boxText = ({ x, y, width, height }: Box, digits = 0): string =>
  [x, y, width, height].map((side) => side.toFixed(digits)).join(" ");

/** What {@link locate} is given beside the model. */
export interface Located {
  readonly samples: PictureSamples;
  /** what the model says of the samples, in its own order of classes */
  readonly table: ClassTable;
  readonly boxed: BoxedPictures;
  readonly preprocessing: Preprocessing;
}

/** The five likeliest classes of each picture, each with the box of its evidence, in the picture's own pixels. */
export async function locate(
  engine: Engine,
  model: TrainedModel,
  { samples, table, boxed, preprocessing }: Located,
  signal: AbortSignal | undefined,
): Promise<LocatedSample[]> {
  const evidence = evidenceModel(model);
  const map = outputOf(evidence.network);
  const { channels, height, width } = samples.shape;
  const program = await engine.load(modelGraph(evidence), { seldom: true });
  const pixels = new Uint8Array(channels * height * width);
  const places = map.height * map.width;
  const located: LocatedSample[] = [];
  try {
    for (let i = 0; i < samples.count; i++) {
      signal?.throwIfAborted();
      await samples.prepare([i], 0);
      samples.read(i, 0, pixels, 0);
      const { scores } = await program.run({ image: float32(pixels, [1, channels, height, width]) });
      const { path } = samples.items[i];
      const size = await decoderOf(path).metadata(join(boxed.dataset.root, path));
      const guesses = likeliest(table, i).map((label) => {
        const data = Float32Array.from({ length: places }, (_, k) => Number(scores.data[label * places + k]));
        const box = evidenceBox({ width: map.width, height: map.height, data }, { width, height });
        return { label, box: boxInPicture(box, preprocessing, size) };
      });
      located.push({ label: table.labels[i], boxes: boxed.boxes.get(path) ?? [], guesses });
    }
  } finally {
    await program.close();
  }
  return located;
}

/** The classes of the highest scores of a sample. */
function likeliest({ classes, scores }: ClassTable, sample: number): number[] {
  const own = scores.subarray(sample * classes.length, (sample + 1) * classes.length);
  return Array.from(own.keys())
    .sort((a, b) => own[b] - own[a])
    .slice(0, GUESSES);
}

/** A line for each guess: where it was seen, and how much of a true box that covers, where there is one. */
export function boxesCsv(located: readonly LocatedSample[], { classes, paths = [] }: ClassTable): string {
  const rows = located.flatMap((sample, i) =>
    sample.guesses.map((guess, rank) => {
      return [
        paths[i] ?? `${i}`,
        classes[sample.label],
        `${rank + 1}`,
        classes[guess.label],
        boxText(guess.box, 1),
        sample.boxes.length > 0 ? overlapOf(sample, guess).toFixed(3) : "",
      ];
    }),
  );
  return formatCsv([["path", "label", "rank", "class", "box", "overlap"], ...rows]);
}
