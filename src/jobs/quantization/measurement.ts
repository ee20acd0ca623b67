/** What 8 bits change, on pictures on which no range was found. */

import type { PictureSamples } from "../../data/pictures/pictures-file.js";
import type { Engine, Values } from "../../engine/engine.js";
import { predicted } from "../../evaluation/metrics/metrics.js";
import { type McNemarTest, mcNemar } from "../../evaluation/statistics/mcnemar.js";
import { imageBatches } from "../../evaluation/table/image-batches.js";
import { predict } from "../../evaluation/table/predict.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { resultOf, type TrainedModel } from "../../network/model/model.js";
import type { QuantizedModel } from "../../network/model/quantize-model.js";
import { type Network, outputOf } from "../../network/network.js";
import { signalToNoise } from "../../quantization/quantize.js";
import { originsOf } from "../pictures/origins.js";

/** What 8 bits change on pictures on which no range was found. */
export interface EightBitMeasurement {
  /** what the model says with floating-point numbers, and with 8 bits; their labels say nothing where the pictures had none */
  readonly float: ClassTable;
  readonly eightBit: ClassTable;
  /** pictures that both take for the same */
  readonly agreeing: number;
  /** whether one is right more often than the other; absent where nobody says what is to be seen */
  readonly comparison?: McNemarTest;
}

/** How near the numbers of both are, of a model that does not say of which class a picture is. */
export interface EightBitNearness {
  /** how many it was measured on */
  readonly pictures: number;
  /** signal to noise of what the model gives */
  readonly decibels: number;
}

/** Whether a model says of each picture which of several classes it is: maps of scores, a single number and regressions do not. */
export function tellsClasses(network: Network): boolean {
  const { channels, height, width } = outputOf(network);
  return channels > 1 && height * width === 1 && resultOf(network).squash !== undefined;
}

/** Pictures that go through the network together: so many of 224×224. */
export const batchOf = ({ shape }: PictureSamples): number =>
  Math.max(1, Math.min(32, Math.floor((4 * 224 * 224) / (shape.height * shape.width))));

/** Whether both take the same pictures for the same, and for what they are. */
export async function measure(
  engine: Engine,
  { eightBit }: QuantizedModel,
  model: TrainedModel,
  samples: PictureSamples,
  labelled: boolean,
): Promise<EightBitMeasurement> {
  const origins = originsOf(samples);
  const float = await predict(engine, model, samples, { origins, batchSize: batchOf(samples) });
  const table = await predict(engine, model, samples, { origins, batchSize: batchOf(samples), program: eightBit });
  const [a, b] = [predicted(float), predicted(table)];
  const agreeing = a.reduce((count, guess, i) => count + (guess === b[i] ? 1 : 0), 0);
  return { float, eightBit: table, agreeing, ...(labelled ? { comparison: mcNemar(table, float) } : {}) };
}

/** How near the numbers of both are. */
export async function nearness(
  engine: Engine,
  { float, eightBit }: QuantizedModel,
  samples: PictureSamples,
): Promise<EightBitNearness> {
  const images = async function* (): AsyncGenerator<Values> {
    for await (const { image } of imageBatches(samples, batchOf(samples))) yield { image };
  };
  const [decibels] = await signalToNoise(engine, float, eightBit, ["scores"], images);
  return { pictures: samples.count, decibels };
}
