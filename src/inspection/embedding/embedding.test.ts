import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { difference } from "../../../test/devices.js";
import { splitLetters } from "../../data/letters/letters.js";
import { readLetters } from "../../data/letters/letters-file.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { fromOnnx } from "../../network/model/model.js";
import { stream } from "../../random/stream.js";
import { activations, openNetwork } from "../opened.js";
import { affinities } from "./affinities.js";
import type { MapProgress } from "./map-progress.js";
import { neighbours, sameClassShare } from "./neighbours.js";
import { pca } from "./pca.js";
import { symmetricEigen } from "./symmetric-eigen.js";
import { mapDivergence, mapGradient, tsne } from "./tsne.js";
import { umap } from "./umap.js";

/** scikit-learn's numbers, and umap-learn's, see test/fixtures/README.md */
const expected: {
  readonly every: number;
  readonly pca: Record<"variances" | "shares" | "directions" | "places", number[]>;
  readonly neighbours: { readonly indices: number[][]; readonly distances: number[] };
  readonly tsne: Record<"divergence" | "kept", number>;
  readonly umap: Record<"kept", number>;
} = JSON.parse(readFileSync(join(import.meta.dirname, "../../../test/fixtures/embedding.json"), "utf8"));

/** Letters of some typefaces: 780 × 1×32×32. */
let letters: Tensor<"float32">;

beforeAll(async () => {
  const { typefaces, pixels } = await readLetters();
  const size = 26 * 32 * 32;
  const chosen = typefaces.map((_, i) => i).filter((i) => i % expected.every === 0);
  const data = new Float32Array(chosen.length * size);
  for (const [to, from] of chosen.entries()) data.set(pixels.subarray(from * size, (from + 1) * size), to * size);
  letters = float32(data, [chosen.length * 26, 1, 32, 32]);
});

/** Differences are at most that share of the largest number. */
const expectNear = (actual: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void =>
  expect(difference(actual, wanted)).toBeLessThanOrEqual(tolerance);

/** The first rows only. */
const some = ({ shape, data }: Tensor<"float32">, count: number): Tensor<"float32"> =>
  float32(data.slice(0, (count * data.length) / shape[0]), [count, ...shape.slice(1)]);

const normals = (count: number, width: number, seed = 1): Tensor<"float32"> => {
  const random = stream(seed, "rows");
  return float32(
    Float32Array.from({ length: count * width }, () => random.normal()),
    [count, width],
  );
};

async function lastOf(stages: AsyncGenerator<MapProgress>) {
  let last: MapProgress | undefined;
  for await (const stage of stages) last = stage;
  if (last?.part !== "places") throw new Error("no places");
  return last;
}

describe("principal components", () => {
  test("of letters are scikit-learn's", () => {
    const { places, directions, variances, shares } = pca(letters, 50);
    expectNear(variances, expected.pca.variances, 1e-5);
    expectNear(shares, expected.pca.shares, 1e-5);
    const own = [0, 1, 2].flatMap((k) => Array.from(directions.data.subarray(1024 * k + 300, 1024 * k + 310)));
    expectNear(own, expected.pca.directions, 1e-5);
    const first = [0, 1, 2, 3, 4].flatMap((i) => Array.from(places.data.subarray(50 * i, 50 * i + 3)));
    expectNear(first, expected.pca.places, 1e-5);
  });

  test("of fewer rows than numbers are the same as of all directions", () => {
    const few = some(letters, 40);
    const { places, directions, variances } = pca(few, 39);
    const total = variances.reduce((sum, value) => sum + value, 0);
    const mean = Array.from({ length: 1024 }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < 40; i++) sum += few.data[1024 * i + j] / 40;
      return sum;
    });
    const spread = few.data.reduce((sum, value, at) => sum + (value - mean[at % 1024]) ** 2, 0) / 39;
    expect(total / spread).toBeCloseTo(1, 6);
    // what a row is, from its places
    const again = Array.from({ length: 1024 }, (_, j) =>
      variances.reduce((sum, _v, k) => sum + places.data[39 * 7 + k] * directions.data[1024 * k + j], mean[j]),
    );
    expectNear(again, Array.from(few.data.subarray(7 * 1024, 8 * 1024)), 1e-4);
  });

  test("of directions with equal variances are all found", () => {
    // 30 unit vectors: their differences from the mean have 29 directions of variance 1 / 29
    const rows = float32(
      Float32Array.from({ length: 900 }, (_, at) => (at % 31 === 0 ? 1 : 0)),
      [30, 30],
    );
    const { variances } = pca(rows, 30);
    expectNear(variances, [...Array.from({ length: 29 }, () => 1 / 29), 0], 1e-6);
  });

  test("rows that are all equal have no direction, and no NaN", () => {
    const equal = pca(float32(new Float32Array(60).fill(0.1), [20, 3]), 2);
    expect([...equal.places.data, ...equal.shares]).toEqual(Array(42).fill(0));
    const { places, shares } = pca(float32(new Float32Array(12).fill(3), [4, 3]), 2);
    expect([...places.data, ...shares].every((value) => value === 0)).toBe(true);
  });

  test("what cannot be is refused", () => {
    expect(() => pca(normals(5, 3), 4)).toThrow(
      "dimensions: expected a whole number of at least 1 and at most 3, got 4",
    );
    const wrong = normals(5, 3);
    wrong.data[7] = Number.NaN;
    expect(() => pca(wrong, 2)).toThrow("Expected finite numbers, got NaN in row 2.");
    expect(() => neighbours(normals(3, 2), 3)).toThrow(
      "each: expected a whole number of at least 1 and at most 2, got 3",
    );
  });
});

test("eigenvectors of a symmetric matrix diagonalise it", () => {
  const random = stream(1, "matrix");
  const matrix = Array.from({ length: 9 }, () => new Float64Array(9));
  for (let i = 0; i < 9; i++) for (let j = 0; j <= i; j++) matrix[i][j] = matrix[j][i] = random.normal();
  const { values, vectors } = symmetricEigen(matrix);
  for (const [k, v] of vectors.entries()) {
    const image = matrix.map((row) => row.reduce((sum, value, j) => sum + value * v[j], 0));
    expectNear(
      image,
      Array.from(v, (value) => values[k] * value),
      1e-10,
    );
    expect(Math.hypot(...v)).toBeCloseTo(1, 10);
  }
  expect(Array.from(values)).toEqual(Array.from(values).sort((a, b) => b - a));
});

test("nearest neighbours of letters are scikit-learn's", () => {
  const { indices, distances } = neighbours(letters, 10);
  expect(Array.from(indices.subarray(0, 80))).toEqual(expected.neighbours.indices.flat());
  expectNear(Array.from(distances.subarray(0, 80)), expected.neighbours.distances, 1e-5);
});

describe("t-SNE", () => {
  const near = affinities(neighbours(normals(60, 5), 59), 12);
  const places = Float64Array.from(normals(60, 2, 2).data, (value) => 3 * value);

  /** By the formulas: all pairs, no tree. */
  function exact(points: Float64Array, factor = 1): { divergence: number; gradient: number[] } {
    const p = Array.from({ length: 60 }, () => new Float64Array(60));
    for (let i = 0; i < 60; i++) {
      for (let at = near.starts[i]; at < near.starts[i + 1]; at++) p[i][near.columns[at]] = near.values[at];
    }
    const w = (i: number, j: number) =>
      1 / (1 + (points[2 * i] - points[2 * j]) ** 2 + (points[2 * i + 1] - points[2 * j + 1]) ** 2);
    let all = 0;
    for (let i = 0; i < 60; i++) for (let j = 0; j < 60; j++) all += i === j ? 0 : w(i, j);
    let divergence = 0;
    const gradient = Array.from({ length: 120 }, () => 0);
    for (let i = 0; i < 60; i++) {
      for (let j = 0; j < 60; j++) {
        if (i === j) continue;
        divergence += p[i][j] * Math.log(p[i][j] / (w(i, j) / all));
        const force = 4 * (factor * p[i][j] - w(i, j) / all) * w(i, j);
        gradient[2 * i] += force * (points[2 * i] - points[2 * j]);
        gradient[2 * i + 1] += force * (points[2 * i + 1] - points[2 * j + 1]);
      }
    }
    return { divergence, gradient };
  }

  test("affinities are symmetric, have the sum 1, and each row the perplexity that was asked for", () => {
    const row = (i: number) => Array.from(near.columns.subarray(near.starts[i], near.starts[i + 1]));
    const value = (i: number, j: number) => near.values[near.starts[i] + row(i).indexOf(j)];
    expect(near.values.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 10);
    for (const j of row(3)) expect(value(3, j)).toBe(value(j, 3));
    // one alone has no other's: with 4 rows at corners of a square of side 1, p_j|i = e^−β, e^−β and e^−2β over their sum
    const corners = neighbours(float32([0, 0, 0, 1, 1, 1, 1, 0], [4, 2]), 3);
    const found = affinities(corners, 2.5);
    const beside = 4 * found.values[Array.from(found.columns.subarray(0, found.starts[1])).indexOf(1)];
    const across = 1 - 2 * beside;
    expect(Math.exp(-2 * beside * Math.log(beside) - across * Math.log(across))).toBeCloseTo(2.5, 3);
  });

  test("the gradient with theta 0 is the exact one, and that of the divergence", () => {
    const gradient = new Float64Array(120);
    mapGradient(near, places, 0, 1, gradient);
    const { divergence, gradient: asWritten } = exact(places);
    expectNear(gradient, asWritten, 1e-12);
    expect(mapDivergence(near, places, 0)).toBeCloseTo(divergence, 10);
    const step = 1e-5;
    for (const at of [0, 17, 118]) {
      const [above, below] = [Float64Array.from(places), Float64Array.from(places)];
      above[at] += step;
      below[at] -= step;
      const slope = (exact(above).divergence - exact(below).divergence) / (2 * step);
      expect(gradient[at]).toBeCloseTo(slope, 7);
    }
  });

  test("with theta 0.5 it is nearly that, exaggerated or not, also where points are one", () => {
    const twice = Float64Array.from(places, (value, at) => (at < 40 ? places[at % 4] : value));
    for (const [points, factor] of [
      [places, 1],
      [places, 12],
      [twice, 1],
    ] as const) {
      const gradient = new Float64Array(120);
      mapGradient(near, points, 0.5, factor, gradient);
      const { gradient: asWritten } = exact(points, factor);
      const size = Math.hypot(...asWritten);
      expect(Math.hypot(...asWritten.map((value, at) => value - gradient[at])) / size).toBeLessThan(0.02);
    }
  });

  test("of letters loses no more than scikit-learn's, and keeps as many neighbours of the same letter", {
    timeout: 60_000,
  }, async () => {
    const { places: map, divergence } = await lastOf(tsne(letters));
    expect(divergence).toBeLessThan(1.03 * expected.tsne.divergence);
    const labels = Array.from({ length: 780 }, (_, i) => i % 26);
    expect(sameClassShare(neighbours(map, 10), labels)).toBeGreaterThan(0.95 * expected.tsne.kept);
  });

  test("keeps the classes of nine in ten neighbours, of letters as the letters' network sees them", {
    timeout: 60_000,
  }, async () => {
    const model = fromOnnx(readFileSync(join(import.meta.dirname, "../../../assets/ocr.onnx")));
    const opened = await openNetwork(nodeEngine({ threads: 1 }), model);
    // of typefaces from which it has not learned
    const { validation } = splitLetters(await readLetters());
    const count = 780;
    const labels = Array.from({ length: count }, (_, i) => validation.target.labels[11 * i]);
    const data = new Uint8Array(count * 1024);
    for (let i = 0; i < count; i++) validation.read(11 * i, 0, data, 1024 * i);
    const seen = await activations(opened, float32(Float32Array.from(data), [count, 1, 32, 32]), ["relu1", "scores"]);
    const same = (rows: Tensor<"float32">) => sameClassShare(neighbours(rows, 10), labels);
    const [features, scores] = [await lastOf(tsne(seen.relu1)), await lastOf(tsne(seen.scores))];
    // 0.81 of the neighbours by features are of the same letter, 0.88 on the map; by scores 0.91 and 0.92
    expect(same(features.places)).toBeGreaterThan(0.9 * same(seen.relu1));
    expect(same(scores.places)).toBeGreaterThan(0.9);
    await opened.close();
  });

  test("tells how far it is, is the same again for a seed, and stops", async () => {
    const rows = normals(40, 60);
    const stages: MapProgress[] = [];
    for await (const stage of tsne(rows, { steps: 120 })) stages.push(stage);
    expect(stages.map(({ part, done, of }) => `${part} ${done} of ${of}`)).toEqual([
      "neighbours 40 of 40",
      ...["places 50 of 120", "places 100 of 120", "places 120 of 120"],
    ]);
    const again = await lastOf(tsne(rows, { steps: 120 }));
    expect(again).toEqual(stages.at(-1));
    const other = await lastOf(tsne(rows, { steps: 120, seed: 2 }));
    expect(other.places.data).not.toEqual(again.places.data);
    const controller = new AbortController();
    const until = async () => {
      for await (const { part } of tsne(rows, { signal: controller.signal })) if (part === "places") controller.abort();
    };
    await expect(until()).rejects.toThrow("aborted");
  });

  test("of equal rows, of two groups, and of few rows there are places without NaN", async () => {
    for (const rows of [
      float32(new Float32Array(30).fill(7), [10, 3]),
      float32(
        Float32Array.from({ length: 40 }, (_, at) => (at < 20 ? 0 : 100)),
        [40, 1],
      ),
      normals(4, 3),
    ]) {
      const { places: map } = await lastOf(tsne(rows, { steps: 300 }));
      expect(map.data.every(Number.isFinite)).toBe(true);
    }
    await expect(lastOf(tsne(normals(3, 2)))).rejects.toThrow("Expected at least 4 rows of numbers, got 3×2.");
    await expect(lastOf(tsne(normals(30, 2), { perplexity: 12 }))).rejects.toThrow("needs more than 36 rows, got 30");
  });
});

describe("UMAP", () => {
  test("keeps as many neighbours of the same letter as umap-learn", { timeout: 60_000 }, async () => {
    const { places: map } = await lastOf(umap(letters));
    const labels = Array.from({ length: 780 }, (_, i) => i % 26);
    expect(sameClassShare(neighbours(map, 10), labels)).toBeGreaterThan(0.95 * expected.umap.kept);
  });

  test("tells how far it is, is the same again for a seed, and stops", async () => {
    const rows = normals(40, 60);
    const stages: MapProgress[] = [];
    for await (const stage of umap(rows, { steps: 50 })) stages.push(stage);
    expect(stages.map(({ part, done, of }) => `${part} ${done} of ${of}`)).toEqual([
      "neighbours 40 of 40",
      ...["places 20 of 50", "places 40 of 50", "places 50 of 50"],
    ]);
    expect(await lastOf(umap(rows, { steps: 50 }))).toEqual(stages.at(-1));
    expect((await lastOf(umap(rows, { steps: 50, seed: 2 }))).places).not.toEqual(
      (await lastOf(umap(rows, { steps: 50 }))).places,
    );
    const controller = new AbortController();
    const until = async () => {
      for await (const { part } of umap(rows, { signal: controller.signal })) if (part === "places") controller.abort();
    };
    await expect(until()).rejects.toThrow("aborted");
  });

  test("of equal rows and of few there are places without NaN; more neighbours than rows are refused", async () => {
    for (const rows of [float32(new Float32Array(30).fill(7), [10, 3]), normals(4, 3)]) {
      const { places: map } = await lastOf(umap(rows, { steps: 30 }));
      expect(map.data.every(Number.isFinite)).toBe(true);
    }
    await expect(lastOf(umap(normals(10, 2), { neighbours: 10 }))).rejects.toThrow("of which there are 10, got 10");
  });
});
