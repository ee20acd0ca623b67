import { hasLabels } from "../blocks/loss/loss.js";
import type { Samples } from "../data/samples.js";
import { inputOf, lossesOf, type Network, outputOf } from "../network/network.js";
import { shapeText } from "../values/image-shape.js";

/**
 * Labels and images must fit the network, or errors would show up as nonsense much later.
 *
 * @param which "training", for messages
 * @throws RangeError saying what the network takes and what the samples have
 */
export function expectSamples(network: Network, samples: Samples, which: string): void {
  const { shape, classes, labels, count, arrays = {} } = samples;
  if (count < 1) throw new RangeError(`There are no ${which} samples.`);
  if (shapeText(shape) !== shapeText(inputOf(network))) {
    throw new RangeError(
      `The ${which} images are ${shapeText(shape)}, network '${network.name}' takes ${shapeText(inputOf(network))}.`,
    );
  }
  for (const { name, shape: wanted } of network.inputs.slice(1)) expectArray(samples, name, shapeText(wanted), which);
  let labelled = false;
  for (const { layer, inputs } of lossesOf(network)) {
    const { channels, height, width } = inputs[0].shape;
    if (!hasLabels(layer)) expectArray(samples, layer.target, `${channels}×${height}×${width}`, which);
    else if (height > 1 || width > 1) {
      if (!Object.hasOwn(arrays, layer.target)) {
        throw new RangeError(
          `Network '${network.name}' gives ${height}×${width} columns of scores for its ${inputOf(network).height}×${inputOf(network).width} input; a label belongs to one image, so training needs 1×1, or a map of labels '${layer.target}' for each image.`,
        );
      }
      expectArray(samples, layer.target, `1×${height}×${width}`, which);
    } else if (layer.target !== "labels") expectArray(samples, layer.target, "1×1×1", which);
    else labelled = true;
  }
  if (!labelled) return;
  const scores = outputOf(network).channels;
  // One score is enough for two classes.
  if (classes.length !== scores && !(classes.length === 2 && scores === 1)) {
    throw new RangeError(
      `The ${which} samples have ${classes.length} classes, network '${network.name}' gives ${scores} scores.`,
    );
  }
  for (let i = 0; i < count; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= classes.length) {
      throw new RangeError(
        `Sample ${i} of the ${which} samples has label ${label}; expected 0 to ${classes.length - 1}.`,
      );
    }
  }
}

function expectArray({ arrays = {} }: Samples, name: string, wanted: string, which: string): void {
  const got = Object.hasOwn(arrays, name) ? arrays[name].shape.join("×") : "nothing";
  if (got !== wanted) {
    throw new RangeError(
      `The network needs an array '${name}' of ${wanted} for each image; the ${which} samples have ${got}.`,
    );
  }
}
