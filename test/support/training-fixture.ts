/** What PyTorch and NumPy have made of training: test/fixtures/training.json. */

import { readFileSync } from "node:fs";
import type { Samples } from "../../src/data/samples.js";
import { classTarget } from "../../src/data/target.js";
import { float32 } from "../../src/graph/tensor.js";
import type { Parameters } from "../../src/training/step/initialize.js";

/** The parameters of a convolution with three filters of 2×3×3. */
interface Numbers {
  readonly filters: readonly number[];
  readonly biases: readonly number[];
}

interface TrainingFixture {
  readonly samples: {
    readonly pixels: readonly (readonly number[])[];
    readonly labels: readonly number[];
    readonly weights: readonly number[];
  };
  readonly start: Numbers;
  readonly averaged: {
    readonly decay: number;
    readonly learningRate: number;
    readonly momentum: number;
    readonly steps: readonly { readonly parameters: Numbers; readonly average: Numbers }[];
  };
  readonly divided: {
    readonly parts: number;
    readonly learningRate: number;
    readonly momentum: number;
    readonly weightDecay: number;
    readonly norm: number;
    readonly steps: readonly { readonly objective: number; readonly parameters: Numbers }[];
  };
  readonly warmUp: { readonly constant: readonly number[]; readonly stepped: readonly number[] };
  readonly minima: readonly {
    readonly cost: number;
    readonly decays: readonly [number, number];
    readonly objective: number;
    readonly parameters: Numbers;
  }[];
  readonly valley: {
    readonly start: readonly number[];
    readonly runs: readonly { readonly memory: number; readonly points: readonly (readonly number[])[] }[];
    readonly least: readonly number[];
  };
}

export const trainingFixture: TrainingFixture = JSON.parse(
  readFileSync(new URL("../fixtures/training.json", import.meta.url), "utf8"),
);

const { start, samples } = trainingFixture;
const { pixels, labels } = samples;

/** The samples: 11 of 2×3×3 bytes, in three classes. */
export const fixtureSamples: Samples = {
  count: labels.length,
  shape: { channels: 2, height: 3, width: 3 },
  target: classTarget(["a", "b", "c"], labels),
  read: (index, _epoch, into, offset) => into.set(pixels[index], offset),
};

export const fixtureNormalization = { mean: [128, 128], scale: 1 / 64 };

/** Where the convolution `score` begins. */
export const fixtureStart: Parameters = new Map([
  ["score/filters", float32(start.filters, [3, 2, 3, 3])],
  ["score/biases", float32(start.biases, [3])],
]);

/** The numbers of the convolution `score`, filters first; its parameters' names begin with the prefix. */
export const scoreNumbers = (of: Parameters, prefix = ""): number[] =>
  ["filters", "biases"].flatMap((name) => Array.from(of.get(`${prefix}score/${name}`)?.data ?? []));

/** The same of the fixture's. */
export const fixtureNumbers = ({ filters, biases }: Numbers): number[] => [...filters, ...biases];
