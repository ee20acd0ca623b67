/** Models with made-up numbers. */

import { elementCount, float32 } from "../../src/graph/tensor.js";
import type { Tensor } from "../../src/graph/types.js";
import type { TrainedModel } from "../../src/network/model/model.js";
import { inputOf, type Network, outputOf, parametersOf } from "../../src/network/network.js";

/** Numbers from −1 to 1, of a sequence of Lehmer's. */
function* numbers(seed: number): Generator<number, never> {
  let state = (seed * 2654435761) % 2147483646;
  for (;;) {
    state = (state * 48271) % 2147483647;
    yield (2 * state) / 2147483647 - 1;
  }
}

/** So many of them. */
export function randomTensor(shape: readonly number[], seed: number, from = -1, to = 1): Tensor<"float32"> {
  const source = numbers(seed + 1);
  const [middle, half] = [(from + to) / 2, (to - from) / 2];
  return float32(
    Float32Array.from({ length: elementCount(shape) }, () => middle + half * source.next().value),
    shape,
  );
}

/** A parameter as a training may leave it: filters that keep the size of numbers, gains and deviations around 1. */
function filled(name: string, shape: readonly number[], seed: number): Tensor<"float32"> {
  if (name.endsWith("moments")) {
    const [, channels] = shape;
    const [mean, deviation] = [randomTensor([channels], seed, -0.3, 0.3), randomTensor([channels], seed + 1, 0.7, 1.3)];
    return float32([...mean.data, ...deviation.data], shape);
  }
  if (name.endsWith("gain")) return randomTensor(shape, seed, 0.5, 1.5);
  const bound = shape.length === 4 ? Math.sqrt(6 / elementCount(shape.slice(1))) : 0.1;
  return randomTensor(shape, seed, -bound, bound);
}

/** A model of a network whose parameters are made-up numbers. */
export function filledModel(network: Network, more: Partial<TrainedModel> = {}): TrainedModel {
  const { channels } = inputOf(network);
  return {
    network,
    parameters: new Map(parametersOf(network).map(({ name, shape }, i) => [name, filled(name, shape, i)])),
    classes: Array.from({ length: outputOf(network).channels }, (_, i) => `class ${i}`),
    normalization: {
      mean: Array.from({ length: channels }, (_, c) => 120 - 10 * c),
      scale: Array.from({ length: channels }, (_, c) => 1 / (58 + c)),
    },
    history: null,
    ...more,
  };
}
