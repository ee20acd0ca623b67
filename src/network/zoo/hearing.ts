import type { Layer } from "../../blocks/layer.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { logMel, logMelBlock } from "../../blocks/sound/log-mel.js";
import { samples, samplesBlock } from "../../blocks/sound/samples.js";
import type { ImageShape } from "../../values/image-shape.js";
import { type Network, sequential } from "../network.js";
import { type CompactOptions, compactLayers } from "./compact.js";

/**
 * What makes a picture of a sound, as the first layers of a network: its samples, their log-mel spectrogram in 40 bands, and a batch normalisation, so that decibels have mean 0 and
 * deviation 1.
 *
 * @param rate samples a second
 * @example
 * hearing(16000).map(({ type }) => type); // ["samples", "logMel", "batchNorm"]
 */
export const hearing = (rate: number): readonly Layer[] => [samples(), logMel({ rate }), batchNorm()];

/**
 * {@link compact} for sounds: {@link hearing}, and then the network for pictures of the spectrogram's size.
 *
 * @param input 1×2×N, the bytes of N samples
 * @param classes how many kinds of sounds there are
 * @param rate samples a second
 * @throws RangeError when an option is out of range
 * @example
 * compactForSounds({ channels: 1, height: 2, width: 16000 }, 10, 16000).layers.length; // 33
 */
export function compactForSounds(input: ImageShape, classes: number, rate: number, options?: CompactOptions): Network {
  const spectrogram = logMelBlock.outputShape(logMel({ rate }), samplesBlock.outputShape(samples(), input));
  return sequential("compact", input, [...hearing(rate), ...compactLayers(spectrogram, classes, options)]);
}
