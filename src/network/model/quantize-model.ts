/** A trained model that computes with whole numbers of 8 bits. */

import type { Engine, Values } from "../../engine/engine.js";
import { foldModel } from "../../graph/fold/fold.js";
import { type Model, modelOf } from "../../graph/model.js";
import type { Tensor } from "../../graph/types.js";
import { downgradeGraph } from "../../graph/upgrade/downgrade.js";
import { type Quantization, type QuantizeOptions, quantize } from "../../quantization/quantize.js";
import { parametersOf, withoutLoss } from "../network.js";
import { compactGraph } from "./compact-graph.js";
import { deployModel } from "./deploy.js";
import { ownMetadata, type TrainedModel, wholeMetadata } from "./model.js";

/** A model in 8 bits. */
export interface QuantizedModel extends Omit<Quantization, "graph" | "whole"> {
  /** the model as it was quantised: for use, with batch normalisations merged where that can be */
  readonly deployed: TrainedModel;
  /** the ONNX model in 8 bits, which `encodeModel` writes; a model file, as those of {@link TrainedModel} are */
  readonly eightBit: Model;
  /** the same with floating-point numbers */
  readonly float: Model;
}

/**
 * A model that computes with whole numbers of 8 bits: a quarter of the size of its weights, and mostly faster. Batch normalisation is merged before,
 * weights have a step for each channel, and the ranges of what is computed are found on pictures.
 *
 * @param engine where ranges are found
 * @param model a model with one input
 * @param images gives batches of images anew each time that it is called: float32 N×C×H×W, pixels from 0 to 255, prepared as the model wants them
 * @throws RangeError when the model takes more than one input, nothing of it can be computed with 8 bits, or a value is no number
 * @example
 * const images = float32(Array.from({ length: 32 * 32 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const { eightBit } = await quantizeModel(engine, model, () => [images]);
 * await writeFile("letters-int8.onnx", encodeModel(eightBit));
 */
export async function quantizeModel(
  engine: Engine,
  model: TrainedModel,
  images: () => Iterable<Tensor<"float32">> | AsyncIterable<Tensor<"float32">>,
  options: QuantizeOptions = {},
): Promise<QuantizedModel> {
  const { network } = model;
  if (network.inputs.length !== 1) {
    throw new RangeError(
      `'${network.name}' takes ${network.inputs.length} inputs: expected a network that takes an image, and nothing else.`,
    );
  }
  const deployed = deployModel(model);
  const { graph } = await foldModel(modelOf(compactGraph(deployed)), engine);
  const batches = async function* (): AsyncGenerator<Values> {
    for await (const image of images()) yield { image };
  };
  const { graph: made, whole, ...rest } = await quantize(engine, graph, batches, options);
  // What is in the graph under another name, or in another form, is kept beside it.
  const beside = new Map(
    parametersOf(withoutLoss(deployed.network)).flatMap(({ name }) => {
      const value = deployed.parameters.get(name);
      return value && !made.initializers.has(name) && !Object.hasOwn(whole, name) ? [[name, value] as const] : [];
    }),
  );
  const producer = { name: "bellpepper", version: "" };
  const metadata = ownMetadata(deployed);
  return {
    ...rest,
    deployed,
    eightBit: {
      ...downgradeGraph(made),
      producer,
      metadata: { ...metadata, ...wholeMetadata(whole, beside) },
    },
    float: { ...downgradeGraph(graph), producer, metadata },
  };
}
