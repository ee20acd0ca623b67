/** A model that is loaded once and then asked what pictures are: in a browser, or wherever pixels come from. */

import { BrokenPicture } from "../data/pictures/broken-picture.js";
import type { Image } from "../data/pictures/image.js";
import { type Pixels, prepareImage } from "../data/pictures/prepare-image.js";
import { type Engine, EngineError } from "../engine/engine.js";
import { waitingLine } from "../files/at-once.js";
import type { Model } from "../graph/model.js";
import { float32 } from "../graph/tensor.js";
import { withoutUnused } from "../graph/unused.js";
import { withBothSides } from "../network/model/both-sides.js";
import { compactGraph } from "../network/model/compact-graph.js";
import { deployModel } from "../network/model/deploy.js";
import { resultOf, type TrainedModel } from "../network/model/model.js";
import { inputOf, type Network, outputOf } from "../network/network.js";
import { type ImageShape, shapeText } from "../values/image-shape.js";

/** A class and how likely it is. */
export interface Guess {
  readonly name: string;
  /** the place of the class among the model's, counted from 1; 0 is the background, where the model has one: bell pepper is 946 of ImageNet's */
  readonly number: number;
  /** 0 … 1 */
  readonly probability: number;
}

/** Raised when some of many pictures cannot be decoded. What the others are is known, and here. */
export class SomeBroken extends BrokenPicture {
  constructor(
    /** which of the pictures cannot be decoded, and why */
    readonly broken: readonly { readonly index: number; readonly error: BrokenPicture }[],
    /** what each picture is; nothing for the broken ones */
    readonly guesses: readonly (readonly Guess[] | undefined)[],
  ) {
    const [{ index, error }] = broken;
    const more = broken.length > 1 ? ` ${broken.length} are broken.` : "";
    const message = `Picture ${index + 1} of ${guesses.length}: ${error.message}${more}`;
    super(`${index + 1} of ${guesses.length}`, error.reason, { message, cause: error });
  }
}

/** A model that says what pictures are. */
export interface Classifier<Picture = Pixels> {
  /** in the model's order */
  readonly classes: readonly string[];
  /**
   * What a picture is: all classes, the likeliest first. The picture is prepared as the model says. May be called while other calls are under way: one run after the other is
   * made, in the order of the calls.
   *
   * @throws EngineError after `close`
   */
  classify(picture: Picture): Promise<readonly Guess[]>;
  /**
   * What each of many pictures is. Several go through the network together.
   *
   * @throws SomeBroken when some of the pictures cannot be decoded, after all others are answered: it has the answers
   */
  classify(pictures: readonly Picture[]): Promise<readonly (readonly Guess[])[]>;
  /** Frees what computes, when the calls that are under way are done; afterwards nothing can be asked. */
  close(): Promise<void>;
}

/** So many pixels go through the network together at most: 16 pictures of 224×224. */
const TOGETHER = 16 * 224 * 224;

/**
 * Loads a model to ask it about pictures.
 *
 * p = softmax of the scores over the classes; of a model of attributes, the sigmoid of each; of one score, the sigmoid for its class and the rest for "not" it.
 *
 * @param engine where to compute
 * @param model one with its preprocessing
 * @param runs the model as it runs, where that is not as its layers say: `decodeModel` of a file in 8 bits (`quantizeModel`)
 * @throws RangeError when the model does not say how its pictures are prepared, takes something else than one, or gives no probability for each class
 * @example
 * const preprocessing = { width: 32, height: 32, channels: 1, fit: "squash", resampling: "lanczos3", background: "white", ranges: {} } as const;
 * const classifier = await loadClassifier(engine, { ...model, preprocessing });
 * const [best] = await classifier.classify({ width: 1, height: 1, data: Uint8Array.of(0, 0, 0, 255) });
 */
export async function loadClassifier(engine: Engine, model: TrainedModel, runs?: Model): Promise<Classifier> {
  const { preprocessing } = model;
  if (!preprocessing)
    throw new RangeError(`The model '${model.network.name}' does not say how its pictures are prepared.`);
  const both = withBothSides({ model, eightBit: runs });
  const asked = both?.model ?? model;
  const { close, classify } = await preparedClassifier(engine, asked, undefined, both ? both.eightBit : runs);
  return classifierOf(asked.classes, { classify, close }, async (pixels) => prepareImage(pixels, preprocessing));
}

/** A model that is asked about images that are prepared already. */
export interface PreparedClassifier {
  /** @param images all of the model's size; as many as are wanted */
  classify(images: readonly Image[]): Promise<readonly (readonly Guess[])[]>;
  close(): Promise<void>;
}

/**
 * What {@link loadClassifier} asks.
 *
 * @param owner what the model is called in messages
 * @param runs the model as it runs, where that is not as its layers say
 * @throws RangeError when the model gives no probability for each class
 */
export async function preparedClassifier(
  engine: Engine,
  model: TrainedModel,
  owner = `The model '${model.network.name}'`,
  runs?: Model,
): Promise<PreparedClassifier> {
  const { classes, network, preprocessing } = model;
  expectPictureClasses(network, owner);
  const { outputs, ...graph } = compactGraph(deployModel(model));
  const wanted = outputs.filter(({ name }) => name === "probabilities");
  const image = inputOf(network);
  const program = await engine.load(runs ?? withoutUnused({ ...graph, outputs: wanted }));
  return askedInTurn({
    ...{ owner, classes, image, labelOffset: preprocessing?.labelOffset },
    together: Math.max(1, Math.floor(TOGETHER / (image.height * image.width))),
    async probabilitiesOf(data, count) {
      const shape = [count, image.channels, image.height, image.width];
      return (await program.run({ image: float32(data, shape) })).probabilities.data;
    },
    close: () => program.close(),
  });
}

/** @throws RangeError when a network takes something else than one picture, or gives something else than a probability for each class */
export function expectPictureClasses(network: Network, owner: string): void {
  expectOneInput(network, owner);
  const { channels, height, width } = outputOf(network);
  if (resultOf(network).squash === undefined) {
    throw new RangeError(`${owner} gives values, which it was trained to give: expected a probability for each class.`);
  }
  if (height * width === 1) return;
  const what =
    height === 1 ? `a sequence (${channels}×${width} numbers)` : `a map (${channels}×${height}×${width} numbers)`;
  throw new RangeError(`${owner} gives ${what} for a picture: expected one number for each class.`);
}

/** @throws RangeError when a network reads more than a picture */
function expectOneInput({ inputs }: Network, owner: string): void {
  if (inputs.length < 2) return;
  const list = inputs.map(({ name, shape }) => `'${name}' (${shapeText(shape)})`);
  throw new RangeError(`${owner} takes ${inputs.length} inputs, ${list.join(", ")}: expected one, a picture.`);
}

/** Something that gives probabilities. */
export interface Prober {
  /** what it is called in messages */
  readonly owner: string;
  readonly classes: readonly string[];
  /** what it takes */
  readonly image: ImageShape;
  readonly labelOffset?: number | undefined;
  /** so many images at a time */
  readonly together: number;
  /** @param data bytes of so many images, one after the other, as float32 @returns the probabilities of the classes, image by image */
  probabilitiesOf(data: Float32Array, count: number): Promise<ArrayLike<number | bigint>>;
  close(): Promise<void>;
}

/** A classifier whose runs are made one after the other: each has all threads and the memory of one. */
export function askedInTurn(prober: Prober): PreparedClassifier {
  const { owner, classes, image, labelOffset, together } = prober;
  const size = image.channels * image.height * image.width;
  const inTurn = waitingLine(1);
  const run = async (images: readonly Image[]): Promise<Guess[][]> => {
    const data = new Float32Array(images.length * size);
    for (const [i, { data: bytes }] of images.entries()) data.set(bytes, i * size);
    const probabilities = await prober.probabilitiesOf(data, images.length);
    return images.map((_, i) => {
      const guesses = guessesOf(classes, probabilities, i * classes.length, labelOffset);
      if (guesses.some(({ probability }) => Number.isNaN(probability))) {
        throw new RangeError(`${owner} gives scores that are no numbers.`);
      }
      return guesses;
    });
  };
  return {
    async classify(images) {
      const wrong = images.find((one) => one.data.length !== size);
      if (wrong) {
        throw new RangeError(`Expected images of ${shapeText(image)}, got ${shapeText(wrong)}.`);
      }
      const parts = Array.from({ length: Math.ceil(images.length / together) }, (_, i) =>
        images.slice(i * together, (i + 1) * together),
      );
      const runs = parts.map((part) => inTurn(() => run(part)));
      await Promise.allSettled(runs);
      return (await Promise.all(runs)).flat();
    },
    close: () => inTurn(prober.close),
  };
}

/** The classes of one picture, the likeliest first. */
function guessesOf(classes: readonly string[], data: ArrayLike<number | bigint>, from: number, offset = 0): Guess[] {
  return classes
    .map((name, k) => ({ name, number: Math.max(0, k + 1 - offset), probability: Number(data[from + k]) }))
    .sort((a, b) => b.probability - a.probability);
}

/** A classifier of pictures that are prepared before. */
export function classifierOf<Picture>(
  classes: readonly string[],
  prepared: PreparedClassifier,
  prepare: (picture: Picture) => Promise<Image>,
): Classifier<Picture> {
  const line = waitingLine(PREPARED);
  const inLine = (picture: Picture): Promise<Image> => line(() => prepare(picture));
  const answer = async (
    asked: Picture | readonly Picture[],
  ): Promise<readonly Guess[] | readonly (readonly Guess[])[]> => {
    if (!isList(asked)) return (await prepared.classify([await inLine(asked)]))[0];
    const broken: { index: number; error: BrokenPicture }[] = [];
    const guesses: (readonly Guess[] | undefined)[] = [];
    for (let at = 0; at < asked.length; at += FEW) {
      const images = await Promise.all(
        asked.slice(at, at + FEW).map((picture) =>
          inLine(picture).catch((error: unknown) => {
            if (error instanceof BrokenPicture) return error;
            throw error;
          }),
        ),
      );
      const whole = images.flatMap((image) => (image instanceof BrokenPicture ? [] : [image]));
      const answers = [...(await prepared.classify(whole))];
      for (const [i, image] of images.entries()) {
        if (image instanceof BrokenPicture) broken.push({ index: at + i, error: image });
        guesses.push(image instanceof BrokenPicture ? undefined : answers.shift());
      }
    }
    const answered = guesses.flatMap((guess) => (guess ? [guess] : []));
    if (answered.length < guesses.length) throw new SomeBroken(broken, guesses);
    return answered;
  };
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  async function classify(picture: Picture): Promise<readonly Guess[]>;
  async function classify(pictures: readonly Picture[]): Promise<readonly (readonly Guess[])[]>;
  async function classify(
    asked: Picture | readonly Picture[],
  ): Promise<readonly Guess[] | readonly (readonly Guess[])[]> {
    if (closing !== undefined) throw new EngineError("The classifier is closed.");
    const answered = answer(asked);
    underWay.add(answered);
    try {
      return await answered;
    } finally {
      underWay.delete(answered);
    }
  }
  const close = (): Promise<void> => {
    closing ??= Promise.allSettled(underWay).then(() => prepared.close());
    return closing;
  };
  return { classes, classify, close };
}

/** So many pictures of a call go through the network together. */
const FEW = 16;

/** So many pictures are prepared at a time, whatever calls are under way: a large photograph takes a hundred megabytes meanwhile. */
export const PREPARED = 4;

const isList = <Picture>(asked: Picture | readonly Picture[]): asked is readonly Picture[] => Array.isArray(asked);
