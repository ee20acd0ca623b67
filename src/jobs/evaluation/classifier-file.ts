/** A trained model that is opened once and then asked about one picture after the other, as a server does. */

import { fileURLToPath } from "node:url";
import type { PictureFile } from "../../data/pictures/formats/decoder.js";
import { preparePicture } from "../../data/pictures/image-file.js";
import { isPixels, type Pixels, prepareImage } from "../../data/pictures/prepare-image.js";
import { type Classifier, classifierOf } from "../../evaluation/classifier.js";
import { wrongKind } from "../../values/place.js";
import { type OptionsOf, record } from "../../values/record.js";
import { ENGINE } from "../settings/engine-settings.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { openAnyModel } from "./asked-model-file.js";

const CLASSIFIER = record({ ...FOREIGN, ...ENGINE });

/** A picture: the path of its file (or a URL of one, `file:`), the bytes of its file, or pixels. */
export type AnyPicture = string | URL | Uint8Array | ArrayBuffer | Blob | Pixels;

const EXPECTED =
  "the path of a picture or a URL of its file (file:), the bytes of the file (Uint8Array, ArrayBuffer, Blob), or pixels (width, height, and 4 bytes of data for each)";

/** A model file that is open to be asked. */
export interface OpenedClassifier extends Classifier<AnyPicture> {
  /** what surprises about the model, such as what its file does not say and is assumed: one plain sentence each */
  readonly notes: readonly string[];
}

/**
 * Opens a model file to ask it about pictures: paths of files, bytes of files, or pixels, one or many at once.
 *
 * @param path a model file of `trainPictures` or `crossvalidate`, or of another toolbox (see `readAnyModel`)
 * @param options where to compute, and with how many threads; what a foreign file does not say
 * @returns what is asked; a picture that cannot be decoded is a BrokenPicture (of `bellpepper/data`) that names the file, of many a SomeBroken, which has what is said of the others
 * @throws ModelFormatError (of `bellpepper/graph`) that names the file when there is none, or it is no model; RangeError when the model takes no
 *   pictures, or gives no probability for each class; TypeError or RangeError for an option; EngineError (of `bellpepper/engine`) when the
 *   device cannot be used
 * @example
 * const { files } = await finishJob(trainPictures("animals", { epochs: 1, folder: "runs/asked" }));
 * const classifier = await openClassifier(files.model);
 * const [best] = await classifier.classify("animals/cat/1.png");
 * console.log(`${best.name} (${best.number}), score ${best.probability.toFixed(3)}`);
 * await classifier.close();
 */
export async function openClassifier(
  path: string,
  options: OptionsOf<typeof CLASSIFIER.fields> = {},
): Promise<OpenedClassifier> {
  const settings = CLASSIFIER.make(options);
  const { classes, preprocessing, classifier, notes } = await openAnyModel(path, settings);
  const asked = classifierOf(classes, classifier, async (picture: AnyPicture) => {
    if (isPixels(picture)) return prepareImage(picture, preprocessing);
    return preparePicture(await fileOf(picture), preprocessing);
  });
  return { ...asked, notes };
}

/** The path of a picture's file, or its bytes. @throws TypeError when it is neither */
async function fileOf(picture: Exclude<AnyPicture, Pixels>): Promise<PictureFile> {
  if (typeof picture === "string" || picture instanceof Uint8Array) return picture;
  if (picture instanceof ArrayBuffer) return new Uint8Array(picture);
  if (picture instanceof Blob) return new Uint8Array(await picture.arrayBuffer());
  if (picture instanceof URL && picture.protocol === "file:") return fileURLToPath(picture);
  throw wrongKind({ path: "picture" }, EXPECTED, picture);
}
