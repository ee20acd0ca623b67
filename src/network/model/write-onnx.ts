/** A trained model as an ONNX file for use, in whatever runtime. */

import { encodeModel } from "../../graph/codec/codec.js";
import type { Model } from "../../graph/model.js";
import { downgradeGraph } from "../../graph/upgrade/downgrade.js";
import { compactGraph } from "./compact-graph.js";
import { deployModel } from "./deploy.js";
import { ownMetadata, type TrainedModel } from "./model.js";
import { takingSamples } from "./taking-samples.js";

/**
 * The model for use, as an ONNX model: what only training needs is gone (`deployModel`), batch normalisations are merged into convolutions or one node, fully
 * connected layers are Gemm, and the operators are those of set 13, which runtimes have known since 2020; of a later one only where a layer has no other. Its
 * input is `image`, N×C×H×W, pixels from 0 to 255, or of sounds N×1×1×L, samples from −1 to 1; its outputs `scores` and `probabilities`, N×K, where the network makes one score for each class.
 *
 * The metadata is that of a model file (`toOnnx`): layers, classes, preprocessing; `fromOnnx` reads it.
 *
 * @throws RangeError when parameters, classes or mean do not fit the network
 * @example
 * deployedOnnx(fromOnnx(await readFile("letters.onnx"))).opsets; // {"": 13}
 */
export function deployedOnnx(model: TrainedModel): Model {
  const deployed = deployModel(model);
  const producer = { name: "bellpepper", version: "" };
  return { ...downgradeGraph(compactGraph(takingSamples(deployed))), producer, metadata: ownMetadata(deployed) };
}

/**
 * The model for use, as an ONNX file; see {@link deployedOnnx}.
 *
 * @throws RangeError when parameters, classes or mean do not fit the network, or the file would exceed 2 GiB
 * @example
 * await writeFile("for-use.onnx", writeOnnx(fromOnnx(await readFile("letters.onnx"))));
 */
export const writeOnnx = (model: TrainedModel): Uint8Array => encodeModel(deployedOnnx(model));
