import { expect, test } from "vitest";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import type { ClassTable } from "../table/predictions.js";
import { type FeatureSet, featureSet } from "./features.js";
import { logisticRegression } from "./logistic-regression.js";
import { nearestNeighbours } from "./nearest-neighbours.js";

const value = (i: number, f: number, k: number): number =>
  Math.sin(1.7 * i + 2.3 * f * (f + 1) + 0.3 * i * f) + 1.2 * Math.cos(2.1 * k * (f + 1));

/** Three classes in turn, with six features. */
const made = (count: number, first: number): FeatureSet => ({
  features: Float32Array.from({ length: 6 * count }, (_, at) => {
    const [i, f] = [Math.floor(at / 6), at % 6];
    return value(i + first, f, i % 3);
  }),
  size: 6,
  target: classTarget(
    ["a", "b", "c"],
    Int32Array.from({ length: count }, (_, i) => i % 3),
  ),
  groups: Array.from({ length: count }, (_, i) => i),
});

const named = ({ labels, scores }: ClassTable): string =>
  Array.from(labels, (_, i) => {
    const own = scores.subarray(3 * i, 3 * i + 3);
    return own.indexOf(Math.max(...own));
  }).join("");

const engine = nodeEngine({ threads: 1 });
const [known, asked] = [made(60, 0), made(30, 1000)];

// What is expected are numbers of scikit-learn 1.7: KNeighborsClassifier(1, metric="cosine"), and LogisticRegression on standardised features.
test("nearest neighbours are scikit-learn's, with the k that is best where one is left out", async () => {
  const { how, table } = await nearestNeighbours(engine, known, asked);
  // 32, 35, 38, 38, 35, 33 and 32 of 60 are wrong with k = 1, 3, 5, 7, 9, 15, 25
  expect(how).toMatch("k = 1,");
  expect(named(table)).toBe("011012012011011012012022011010");
});

test("samples of a group are not each other's neighbours where k is chosen", async () => {
  // Each sample stands twice: by itself its copy would be the nearest, and k = 1 never wrong.
  const features = Float32Array.of(
    ...[1, 0, 1, 0, 1, 0.1, 1, 0.1, 1, 0.2, 1, 0.2],
    ...[1, 0.15, 1, 0.15, 1, 0.12, 1, 0.12],
  );
  const target = classTarget(["a", "b"], Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 0, 0));
  const twice: FeatureSet = { features, size: 2, target, groups: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4] };
  expect((await nearestNeighbours(engine, twice, twice)).how).not.toMatch("k = 1,");
  const alone = { ...twice, groups: Array.from({ length: 10 }, (_, i) => i) };
  expect((await nearestNeighbours(engine, alone, alone)).how).toMatch("k = 1,");
});

test("logistic regression is scikit-learn's, with the C that is best on what is left out", async () => {
  const { how, table } = await logisticRegression(engine, known, asked);
  const expected = new Map([
    ["0.0001", [0.0095, -0.0049, -0.0046]],
    ["0.001", [0.0904, -0.0468, -0.0436]],
    ["0.01", [0.5734, -0.3006, -0.2728]],
    ["0.1", [1.6857, -0.914, -0.7717]],
    ["1", [3.7255, -2.0283, -1.6972]],
  ]).get(/C = ([\d.]+)/.exec(how)?.[1] ?? "");
  const own = Array.from(table.scores.subarray(0, 3));
  const mean = own.reduce((a, b) => a + b) / 3;
  own.forEach((score, k) => {
    expect(score - mean, how).toBeCloseTo(expected?.[k] ?? Number.NaN, 1);
  });
  expect(named(table).slice(0, 9)).toBe("012011011");
});

test("of a map, the mean of each channel is a feature", () => {
  const target = classTarget(["a", "b"], Int32Array.of(0, 1, 1));
  const map = {
    type: "float32" as const,
    shape: [2, 1, 2] as const,
    read: (index: number, _: number, into: Float32Array, offset: number) =>
      into.set([index, index + 2, 10 * index, 10 * index + 4], offset),
  };
  const shape = { channels: 1, height: 1, width: 1 };
  const samples = { count: 3, shape, target, read: () => undefined, arrays: { map } };
  const { features, size, target: own } = featureSet(samples, [0, 1, 2], "map", [2, 0]);
  expect([Array.from(features), size, Array.from(own.labels)]).toEqual([[3, 22, 1, 2], 2, [1, 0]]);
});
