/** A trained model that is opened once and then asked about one picture after the other, as a server does. */

import { preparePicture } from "../../data/pictures/image-file.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { modelGraph } from "../../network/model/model.js";
import { outputOf } from "../../network/network.js";
import { type OptionsOf, pick, record } from "../../values/record.js";
import { readAnyModel } from "../foreign/any-model-file.js";
import { ENGINE } from "../settings/engine-settings.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { preprocessingOf } from "./model-preprocessing.js";

const CLASSIFIER = record({ ...FOREIGN, ...ENGINE });

/** A class and how likely it is. */
export interface Guess {
  readonly name: string;
  /** 0 … 1 */
  readonly probability: number;
}

/** A model that says what pictures are. */
export interface Classifier {
  /** in the model's order */
  readonly classes: readonly string[];
  /**
   * What a picture is: all classes, the likeliest first. The picture is prepared as the model says.
   *
   * @param picture a file
   * @throws BrokenPicture (of `bellpepper/data`) that names the file when it cannot be decoded; EngineError (of `bellpepper/engine`) after `close`
   */
  classify(picture: string): Promise<readonly Guess[]>;
  /** Frees what computes; afterwards nothing can be asked. */
  close(): Promise<void>;
}

/**
 * Opens a model file to ask it about pictures.
 *
 * @param path a model file of `trainPictures` or `crossvalidate`, or of another toolbox (see `readAnyModel`)
 * @param options where to compute, and with how many threads; what a foreign file does not say
 * @throws ModelFormatError (of `bellpepper/graph`) that names the file when there is none, or it is no model; RangeError when the model takes no
 *   pictures, or gives no probability for each class; TypeError or RangeError for an option; EngineError (of `bellpepper/engine`) when the
 *   device cannot be used
 * @example
 * const { files } = await finishJob(trainPictures("animals", { epochs: 1, folder: "runs/asked" }));
 * const classifier = await openClassifier(files.model);
 * const [best] = await classifier.classify("animals/cat/1.png");
 * console.log(`${best.name}, ${(100 * best.probability).toFixed(0)} %`);
 * await classifier.close();
 */
export async function openClassifier(
  path: string,
  options: OptionsOf<typeof CLASSIFIER.fields> = {},
): Promise<Classifier> {
  const settings = CLASSIFIER.make(options);
  const { model } = await readAnyModel(path, pick(FOREIGN, settings));
  const { preprocessing } = preprocessingOf(model, undefined);
  const { classes } = model;
  const graph = modelGraph(model);
  const { height, width } = outputOf(model.network);
  if (height * width !== 1 || !graph.outputs.some(({ name }) => name === "probabilities")) {
    throw new RangeError(`${path} gives no probability for each of its ${classes.length} classes.`);
  }
  const program = await nodeEngine(pick(ENGINE, settings)).load(graph);
  return {
    classes,
    async classify(picture) {
      const { channels, height, width, data } = await preparePicture(picture, preprocessing);
      const image = float32(data, [1, channels, height, width]);
      const { probabilities } = await program.run({ image });
      return classes
        .map((name, k) => ({ name, probability: Number(probabilities.data[k]) }))
        .sort((a, b) => b.probability - a.probability);
    },
    close: () => program.close(),
  };
}
