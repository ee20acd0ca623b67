/** The normalisation of a model as a part of its graph. */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { ImageShape } from "../../values/image-shape.js";
import { hasMeanImage, type Normalization } from "../../values/normalization.js";

/**
 * The mean as the tensor that is taken away from a batch: 1×C×1×1, or 1×C×H×W.
 *
 * @throws RangeError when it is for other images
 */
export function meanTensor(normalization: Normalization, image: ImageShape): Tensor<"float32"> {
  const { channels, height, width } = image;
  const { mean } = normalization;
  const [h, w] = hasMeanImage(normalization, image) ? [height, width] : [1, 1];
  if (mean.length !== channels * h * w) {
    throw new RangeError(
      `normalization.mean: expected ${channels}, one for each channel of the image, or ${channels}×${height}×${width}, got ${mean.length}.`,
    );
  }
  return float32(mean, [1, channels, h, w]);
}

/**
 * The scale as the tensor that a batch is multiplied by: a number, or 1×C×1×1.
 *
 * @throws RangeError when it is for other images, or has a number that nothing can be scaled by
 */
export function scaleTensor({ scale }: Normalization, { channels }: ImageShape): Tensor<"float32"> {
  const scales = typeof scale === "number" ? [scale] : scale;
  if (typeof scale !== "number" && scales.length !== channels) {
    throw new RangeError(
      `normalization.scale: expected a number, or ${channels}, one for each channel of the image, got ${scales.length}.`,
    );
  }
  const wrong = scales.find((value) => !Number.isFinite(value) || value === 0);
  if (wrong !== undefined) {
    throw new RangeError(`normalization.scale: expected a finite number other than 0, got ${wrong}.`);
  }
  return float32(scales, typeof scale === "number" ? [1] : [1, channels, 1, 1]);
}

/** (x − mean)·scale, in the graph, so that batches stay bytes until they are in the engine. */
export const addNormalization = (g: GraphBuilder, x: string, mean: string, scale: string): string =>
  g.scope("normalization", () => g.op("Mul", [g.op("Sub", [x, mean]), scale]));
