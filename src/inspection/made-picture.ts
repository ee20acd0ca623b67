/** A picture that a network makes, such as what an autoencoder makes of a picture. */

import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import type { TrainedModel } from "../network/model/model.js";
import { meanTensor, scaleTensor } from "../network/model/normalization.js";
import { inputOf } from "../network/network.js";

/** What a network made of a picture, and how far it is off. */
export interface Reconstruction {
  /** 1×C×H×W, from 0 to 255 */
  readonly picture: Tensor<"float32">;
  /** 1×1×H×W: of each place the mean over its channels of |made − given| */
  readonly errors: Tensor<"float32">;
  /** the mean over all places */
  readonly error: number;
  /** how its numbers were taken: "from 0 to 1" */
  readonly range: string;
}

/**
 * What an autoencoder made of a picture. Its numbers may be from 0 to 1, from −1 to 1, bytes, or bytes that are normalised as its input is; nothing in a model says which, so that the
 * range is taken by which it is nearest to the picture.
 *
 * @param image 1×C×H×W, from 0 to 255
 * @param made what the network gave, of the same shape
 * @throws RangeError when the shapes differ, or a number is none
 * @example
 * const image = float32([0, 255], [1, 1, 1, 2]);
 * madePicture(model, image, float32([0, 0.5], [1, 1, 1, 2])).error; // 63.75
 */
export function madePicture(model: TrainedModel, image: Tensor<"float32">, made: Tensor<"float32">): Reconstruction {
  if (made.shape.join("×") !== image.shape.join("×")) {
    throw new RangeError(`Expected a picture of ${image.shape.join("×")}, got ${made.shape.join("×")}.`);
  }
  if (!made.data.every(Number.isFinite)) throw new RangeError("Expected a picture of finite numbers.");
  const all = ranges(model).map(([range, byteOf]) => {
    const data = made.data.map((value, i) => Math.min(255, Math.max(0, byteOf(value, i))));
    return {
      range,
      data,
      error: data.reduce((sum, value, i) => sum + Math.abs(value - image.data[i]), 0) / data.length,
    };
  });
  const { range, data, error } = all.reduce((a, b) => (b.error < a.error ? b : a));
  const [, channels, height, width] = image.shape;
  const area = height * width;
  const errors = new Float32Array(area);
  for (let i = 0; i < data.length; i++) errors[i % area] += Math.abs(data[i] - image.data[i]) / channels;
  return { picture: float32(data, image.shape), errors: float32(errors, [1, 1, height, width]), error, range };
}

/** What numbers may mean, the usual first. */
function ranges({
  network,
  normalization,
}: TrainedModel): readonly (readonly [string, (value: number, i: number) => number])[] {
  const shape = inputOf(network);
  const [mean, scale] = [meanTensor(normalization, shape), scaleTensor(normalization, shape)];
  const area = shape.height * shape.width;
  // one for all, one for each channel, or one for each number
  const at = ({ data }: Tensor, i: number): number =>
    Number(data[data.length === 1 ? 0 : data.length === shape.channels ? Math.floor(i / area) : i]);
  return [
    ["from 0 to 1", (value) => 255 * value],
    ["from −1 to 1", (value) => 127.5 * (value + 1)],
    ["bytes", (value) => value],
    ["normalised as its input is", (value, i) => value / at(scale, i) + at(mean, i)],
  ];
}
