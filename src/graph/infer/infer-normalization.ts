/** Shapes of the composite operators that normalise. */

import type { ValueType } from "../types.js";
import { agreed, type InferenceContext, type Rules, ShapeError } from "./infer-rule.js";

/** Images and one number per channel. @throws ShapeError when the gain has another number of channels */
function channelsOf(c: InferenceContext, images: number, gain: number): [images: ValueType, channels: ValueType] {
  const { type } = c.type(images);
  const shape = c.shape(images);
  if (shape.length !== 4) throw new ShapeError(`images have 4 axes, N×C×H×W, not ${shape.length}`);
  const [given] = c.shape(gain);
  const channels = agreed(shape[1], given, () => `a gain of ${given} numbers for ${shape[1]} channels`);
  return [
    { type, shape },
    { type, shape: [channels] },
  ];
}

/** See autodiff/rules/normalization.ts for what they compute. */
export const NORMALIZATION_RULES: Rules = {
  BatchNormalization: (c) => {
    const [images, channels] = channelsOf(c, 0, 1);
    return [images, channels, channels];
  },
  BatchNormalizationGradient: (c) => {
    const [images, channels] = channelsOf(c, 1, 2);
    return [images, channels, channels];
  },
  BatchNormalizationOfParts: (c) => {
    const [images, channels] = channelsOf(c, 0, 1);
    return [images, channels, channels, channels];
  },
  BatchNormalizationOfPartsGradient: (c) => {
    const [images, channels] = channelsOf(c, 1, 2);
    return [images, channels, channels];
  },
  SumOfParts: (c) => [c.type(0)],
};
