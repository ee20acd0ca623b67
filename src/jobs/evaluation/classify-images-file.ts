/** What a model says of pictures, one after the other, as they are given. */

import { addAbortSignal } from "node:stream";
import { buffer } from "node:stream/consumers";
import { BrokenPicture } from "../../data/pictures/broken-picture.js";
import type { PictureFile } from "../../data/pictures/formats/decoder.js";
import { preparePicture } from "../../data/pictures/image-file.js";
import { findRanges } from "../../data/pictures/numbers/data-ranges-file.js";
import { picturePaths } from "../../data/pictures/picture-paths-file.js";
import { type Guess, PREPARED } from "../../evaluation/classifier.js";
import { waitingLine } from "../../files/at-once.js";
import { defined } from "../../values/defined.js";
import type { OptionsOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { importDefinitions } from "../run/definitions-file.js";
import { CLASSIFY_IMAGES } from "../settings/classify-settings.js";
import { type AskedModel, openAnyModel } from "./asked-model-file.js";
import { type ExplainedGuess, type Explainer, explainerOf } from "./explain-guesses.js";

/** The path that stands for the picture at standard input. */
export const STANDARD_INPUT = "-";

/** What {@link classifyImages} is asked for; every option has a default. */
export interface ClassifyImagesOptions extends OptionsOf<typeof CLASSIFY_IMAGES.fields> {
  /** stops it */
  readonly signal?: AbortSignal | undefined;
}

/** A class, how likely it is, and its number in WordNet, where it is known. */
export interface NamedGuess extends Guess {
  readonly id?: string;
}

/** What {@link classifyImages} tells, in this order: "loaded" once, then a picture after the other. */
export type ClassifyImagesEvent =
  | {
      readonly type: "loaded";
      readonly classes: number;
      /** what surprises: one plain sentence each */
      readonly notes: readonly string[];
      /** how many pictures there are */
      readonly count: number;
    }
  | {
      readonly type: "guessed";
      readonly path: string;
      readonly guesses: readonly NamedGuess[];
      readonly file: PictureFile;
      /** why it is so, where that was asked for */
      readonly why?: ExplainedGuess;
    }
  | { readonly type: "broken"; readonly path: string; readonly reason: string };

/** The bytes of the picture that comes there. */
async function standardInput(signal: AbortSignal | undefined): Promise<Uint8Array> {
  const { stdin } = process;
  if (stdin.isTTY) throw new UsageError("-: expected a picture at standard input, as by < picture.jpg.");
  return buffer(signal ? addAbortSignal(signal, stdin) : stdin);
}

/** The preparation with a range for the 16 bits of all pictures, as a data set has it, so that a picture is the same here as where it is measured among them. */
async function inRange(
  { preprocessing, notes }: Pick<AskedModel, "preprocessing" | "notes">,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Pick<AskedModel, "preprocessing" | "notes">> {
  const items = paths.flatMap((each) => (each === STANDARD_INPUT ? [] : [{ path: each, label: 0 }]));
  const found = await findRanges({ root: "", items }, { known: preprocessing.ranges, ...defined({ signal }) });
  return { preprocessing: { ...preprocessing, ranges: found.ranges }, notes: [...notes, ...found.notes] };
}

/** So many pictures are decoded at a time, while the ones before go through the network. */
const FEW = 16;

/**
 * Says what pictures are, in their order. Those that cannot be decoded are told, and the others go on.
 *
 * @param path a model file, ours or another toolbox's
 * @param pictures files, folders, patterns ("photographs/*.jpg"), or "-" for one picture at standard input
 * @throws Error when the model cannot be read or gives no probability for each class, a path is not there, or no picture fits a pattern
 * @example
 * const { files } = await finishJob(trainPictures("animals", { epochs: 1, folder: "runs/first" }));
 * for await (const event of classifyImages(files.model, ["animals/cat"])) if (event.type === "guessed") console.log(event.guesses[0].name);
 */
export async function* classifyImages(
  path: string,
  pictures: readonly string[],
  { signal, ...options }: ClassifyImagesOptions = {},
): AsyncGenerator<ClassifyImagesEvent, void, undefined> {
  const settings = CLASSIFY_IMAGES.make(options);
  await importDefinitions(settings.define);
  const paths = await picturePaths(pictures, [STANDARD_INPUT]);
  const { classes, classIds, classifier, ...opened } = await openAnyModel(path, settings);
  const places = new Map(classes.map((name, i) => [name, i]));
  const idOf = (name: string): string | undefined => classIds?.[places.get(name) ?? -1] || undefined;
  let explainer: Explainer | undefined;
  try {
    explainer = await explainerOf({ path, classes, ...defined({ classIds }), ...opened }, settings);
    const { preprocessing, notes } = await inRange(opened, paths, signal);
    yield {
      ...{ type: "loaded", classes: classes.length, notes: [...notes, ...(explainer?.notes ?? [])] },
      count: paths.length,
    };
    const line = waitingLine(PREPARED);
    const decode = (from: number) =>
      paths.slice(from, from + FEW).map(async (each) => {
        const file = each === STANDARD_INPUT ? await standardInput(signal) : each;
        const image = await line(() => preparePicture(file, preprocessing, settings.box)).catch((error: unknown) => {
          if (error instanceof BrokenPicture)
            return file.length === 0 ? "nothing came at standard input" : error.reason;
          throw error;
        });
        return { path: each, file, image };
      });
    let next = Promise.all(decode(0));
    for (let at = 0; at < paths.length; at += FEW) {
      const decoded = await next;
      signal?.throwIfAborted();
      next = Promise.all(decode(at + FEW));
      // what fails is thrown when it is waited for
      next.catch(() => undefined);
      const images = decoded.flatMap(({ image }) => (typeof image === "string" ? [] : [image]));
      const guessed = [...(await classifier.classify(images))];
      for (const { path: each, file, image } of decoded) {
        if (typeof image === "string") yield { type: "broken", path: each, reason: image };
        else {
          const all = guessed.shift() ?? [];
          const guesses = all.slice(0, settings.top).map((guess): NamedGuess => {
            const id = idOf(guess.name);
            return id === undefined ? guess : { ...guess, id };
          });
          const why = await explainer?.explain(image, all, signal);
          yield { type: "guessed", path: each, guesses, file, ...(why ? { why } : {}) };
        }
      }
    }
  } finally {
    await explainer?.close();
    await classifier.close();
  }
}
