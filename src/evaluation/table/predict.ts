/** Running a model over samples, for a table of what it says of them. */

import { logisticLoss } from "../../blocks/loss/attribute-losses.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import type { Loss } from "../../blocks/loss/loss.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import type { Samples } from "../../data/samples.js";
import type { BoxTarget, LabelMapTarget, Target, TextTarget } from "../../data/target.js";
import type { Engine } from "../../engine/engine.js";
import type { Model } from "../../graph/model.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { withoutUnused } from "../../graph/unused.js";
import { addLayers } from "../../network/edit/edit.js";
import { compactGraph } from "../../network/model/compact-graph.js";
import { deployModel } from "../../network/model/deploy.js";
import { resultOf, type TrainedModel } from "../../network/model/model.js";
import { inputOf, layersUpTo, lossesOf, type Network, parametersOf, scoresOf } from "../../network/network.js";
import { evaluateAmong } from "../../training/evaluate.js";
import { evaluationGraph } from "../../training/step/graphs.js";
import { ALONE, type Ranks } from "../../training/step/ranks.js";
import { shapeText } from "../../values/image-shape.js";
import { expectWhole } from "../../values/range.js";
import { imageBatches } from "./image-batches.js";
import {
  attributeTable,
  classTable,
  labelMapTable,
  type Origins,
  type PredictionTable,
  type TableOf,
  valueTable,
} from "./predictions.js";

/** The options of {@link predict}. */
export interface PredictionOptions {
  /** where the samples come from, to be kept in the table */
  readonly origins?: Origins;
  /** samples that go through the network together; 100, or as many as have 2²⁸ numbers in all layers together */
  readonly batchSize?: number;
  /** the model as it runs, where that is not as its layers and parameters say, as with 8 bits: from `image` to `scores`, see `quantizeModel` */
  readonly program?: Model | undefined;
  /** the processes that do this together: each computes its share, and all get the whole table; this one alone */
  readonly ranks?: Ranks;
}

/**
 * Runs a model over samples, in their order and as they are in epoch 0. It may have any losses or none, and a softmax or a sigmoid at its
 * end, which is left out where classes or attributes are asked for.
 *
 * @returns a table of the kind of the samples' target
 * @throws RangeError when the names of the samples' target, their size, or that of their maps are not the model's, a label is no class, or
 *   a score is no number; TypeError for boxes, which no network gives by itself (see {@link boxTable}), and for texts (see {@link readText})
 * @example
 * const table = await predict(nodeEngine(), fromOnnx(await readFile("letters.onnx")), letters.validation);
 * topError(table, 1); // the share of letters that are misread
 */
export async function predict<T extends Target>(
  engine: Engine,
  model: TrainedModel,
  samples: Samples<T>,
  { batchSize = usualBatch(model.network), origins = {}, program: given, ranks = ALONE }: PredictionOptions = {},
): Promise<TableOf[Exclude<T["kind"], "text">]> {
  const { normalization, classes: names } = model;
  const target: Target = samples.target;
  if (target.kind === "text") {
    throw new TypeError("A text is no prediction of a table: read it from the scores by readText.");
  }
  if (target.kind === "boxes") {
    throw new TypeError(
      "A network gives no boxes by itself: find them in what it gives, and make a table by boxTable.",
    );
  }
  expectSame("size of the images", shapeText(inputOf(model.network)), shapeText(samples.shape));
  expectSame("classes", JSON.stringify(names), JSON.stringify(target.names));
  const network = scoringNetwork(model.network, target);
  const values = Object.fromEntries(
    parametersOf(network).map(({ name }) => {
      const value = model.parameters.get(name);
      if (!value) throw new RangeError(`The model has no parameter '${name}'.`);
      return [name, value];
    }),
  );
  expectWhole("batchSize", [batchSize], 1);
  // the last batch is filled up, where sizes are fixed
  const batch = Math.max(1, Math.min(batchSize, samples.count));
  const fixed = given ? undefined : graphForUse({ ...model, network }, target, batch);
  const table = target.kind === "labelMap" ? openLabelMaps(target, samples.count) : openRows(target, samples.count);
  const program = await engine.load(given ?? fixed ?? evaluationGraph(network, normalization, batchSize));
  try {
    if (given || fixed) {
      for await (const { indices, image } of imageBatches(samples, fixed ? batch : batchSize, ranks)) {
        const { scores } = await program.run({ image: fixed ? filledUp(image, batch) : image });
        indices.forEach((sample, i) => void table.add(sample, scores, i));
      }
    } else {
      const workers = [{ program, parameters: values }];
      for await (const { indices, scores } of evaluateAmong(workers, samples, batchSize, ranks)) {
        indices.forEach((sample, i) => void table.add(sample, scores, i));
      }
    }
  } finally {
    await program.close();
  }
  await ranks.sum(table.numbers);
  return table.close(origins) as TableOf[Exclude<T["kind"], "text">];
}

/**
 * The network as it is for use, for batches of one size: filters are packed, normalisations merged. Without any, filters that are handed in are as fast (the letters' network takes
 * 0.8 of the time so). Only of networks that read one picture, and not of values, which are what comes out at the end, be it a softmax.
 */
function graphForUse(model: TrainedModel, { kind }: Target, batch: number): Graph | undefined {
  const { inputs: read, layers } = model.network;
  if (read.length > 1 || kind === "values" || !layers.some(({ layer }) => layer.type === "batchNorm")) return undefined;
  const { outputs, inputs, ...graph } = compactGraph(deployModel(model));
  const { channels, height, width } = inputOf(model.network);
  return withoutUnused({
    ...graph,
    inputs: inputs.map((input) => ({ ...input, shape: [batch, channels, height, width] })),
    outputs: outputs.filter(({ name }) => name === "scores").map((output) => ({ ...output, shape: undefined })),
  });
}

/** A batch with zeros for the images that are missing. */
function filledUp(image: Tensor<"float32">, batch: number): Tensor<"float32"> {
  const [count, ...sizes] = image.shape;
  if (count === batch) return image;
  const data = new Float32Array((image.data.length / count) * batch);
  data.set(image.data);
  return { type: "float32", shape: [batch, ...sizes], data };
}

/** So many samples fit into memory at a time, where nothing of a layer is freed before the last one: VGG-16 makes 15 million numbers of an image. */
function usualBatch({ layers }: Network): number {
  const numbers = layers.reduce((sum, { output: { shape } }) => sum + shape.channels * shape.height * shape.width, 1);
  return Math.max(1, Math.min(100, Math.floor(2 ** 28 / numbers)));
}

/** What a network gives by itself. */
type Predictable = Exclude<Target, BoxTarget | TextTarget>;

/** The part of a network that gives the scores of a target, with a loss that compares them with it. */
function scoringNetwork(network: Network, target: Predictable): Network {
  // Values are what comes out at the end, whatever layer that is.
  const { name } = target.kind === "values" ? scoresOf(network) : resultOf(network);
  const result = addLayers(layersUpTo(network, name), [lossFor(target, [name])]);
  const { channels, height, width } = lossesOf(result)[0].inputs[0].shape;
  const [rows, columns] = target.kind === "labelMap" ? [target.height, target.width] : [1, 1];
  expectSame("scores of a sample", `${channels}×${height}×${width}`, `${target.names.length}×${rows}×${columns}`);
  return result;
}

function lossFor({ kind }: Predictable, inputs: readonly string[]): Loss {
  switch (kind) {
    case "classes":
    case "labelMap":
      return softmaxLogLoss({ inputs });
    case "attributes":
      return logisticLoss({ inputs, target: "attributes" });
    case "values":
      return l2Loss({ inputs, target: "values" });
  }
}

/** A table that grows by a sample. */
interface OpenTable {
  /** what it has of samples; zeros of those that were not added */
  readonly numbers: Float32Array | Float64Array;
  /** Adds a sample. @param place which of a batch of scores N×K×h×w is its own */
  add(sample: number, scores: Tensor, place: number): void;
  close(origins: Origins): PredictionTable;
}

/** Scores of K×1×1. */
function openRows(target: Exclude<Predictable, LabelMapTarget>, count: number): OpenTable {
  const { names } = target;
  const size = names.length;
  const scores = new Float32Array(count * size);
  return {
    numbers: scores,
    add(sample, { data }, place) {
      for (let k = 0; k < size; k++) scores[sample * size + k] = Number(data[place * size + k]);
    },
    close(origins) {
      switch (target.kind) {
        case "classes":
          return classTable(names, Int32Array.from(firstOf(target.labels, count)), scores, origins);
        case "attributes":
          return attributeTable(names, Int32Array.from(firstOf(target.signs, count * size)), scores, origins);
        case "values":
          return valueTable(names, Float32Array.from(firstOf(target.values, count * size)), scores, origins);
      }
    },
  };
}

/** Scores of K×h×w, of which only the best at each pixel is kept. */
function openLabelMaps(target: LabelMapTarget, count: number): OpenTable {
  const { names, height, width } = target;
  const [size, area] = [names.length, height * width];
  const counts = new Float64Array(count * size ** 2);
  return {
    numbers: counts,
    add(sample, { data }, place) {
      const labels = target.labelsOf(sample, 0);
      for (let i = 0; i < area; i++) {
        const label = labels[i];
        if (!(label >= 0 && label < size)) continue;
        const at = (k: number): number => Number(data[(place * size + k) * area + i]);
        let best = 0;
        for (let k = 1; k < size; k++) if (at(k) > at(best)) best = k;
        counts[(sample * size + label) * size + best]++;
      }
    },
    close: (origins) => labelMapTable(names, Int32Array.from(counts), origins),
  };
}

const firstOf = (numbers: ArrayLike<number>, count: number): number[] =>
  Array.from({ length: count }, (_, i) => numbers[i]);

function expectSame(what: string, expected: string, got: string): void {
  if (got !== expected) {
    throw new RangeError(`The ${what} must be those the model was made for: expected ${expected}, got ${got}.`);
  }
}
