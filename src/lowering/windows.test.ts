/** Each operator that slides a window, in both layouts, against its definition: test/reference.ts. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { difference } from "../../test/devices.js";
import type { Maps } from "../../test/reference.js";
import * as reference from "../../test/reference.js";
import { runGraph } from "../../test/support/run-graph.js";
import { given, randomMaps, type Scene, scenes, single } from "../../test/windows.js";
import type { Graph } from "../graph/types.js";
import { type Costs, NATIVE, WEBASSEMBLY } from "./costs.js";
import type { Layout } from "./layouts.js";
import { lower } from "./lower.js";

/** Sums of a few thousand products of float32 numbers, relative to the largest result. */
const TOLERANCE = 1e-5;

const RUNS = 300;

/** The largest pixel and the mean need a pixel. */
const pooled = { from: scenes.filter(({ window, image }) => reference.sees(window, image)) };

/** One operator on one scene: the graph, its inputs, and what should come out. */
interface Trial {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float64Array }>>;
  readonly expected: Maps;
}

async function run(graph: Graph, { inputs }: Trial): Promise<{ shape: readonly number[]; data: readonly number[] }> {
  const feeds = Object.entries(inputs).map(([name, { shape, data }]) => [name, { shape, data: Array.from(data) }]);
  return (await runGraph(graph, Object.fromEntries(feeds))).result;
}

/** Layouts, and what decides how an operator is written. */
const WAYS: readonly (readonly [Layout, Costs])[] = [
  ["batch-first", NATIVE],
  ["batch-last", NATIVE],
  ["batch-last", WEBASSEMBLY],
];

/**
 * Runs an operator on random scenes, and on those given, in both layouts. Each run is one of the `paths`, told by the lowered
 * graph's operators; every path must have been taken.
 */
async function check(
  trialOf: (scene: Scene) => Trial,
  paths: readonly string[],
  pathOf: (count: (operator: string) => number, lowered: Graph) => string,
  { examples = [], from = scenes }: { examples?: readonly Scene[]; from?: fc.Arbitrary<Scene> } = {},
): Promise<void> {
  const taken = new Map<string, number>();
  const property = fc.asyncProperty(from, async (scene) => {
    const trial = trialOf(scene);
    for (const [layout, costs] of WAYS) {
      const lowered = lower(trial.graph, layout, 1, costs);
      const result = await run(lowered, trial);
      expect(result.shape, layout).toEqual(trial.expected.shape);
      expect(difference(result.data, trial.expected.data), layout).toBeLessThanOrEqual(TOLERANCE);
      const path = pathOf((operator) => lowered.nodes.filter((node) => node.operator === operator).length, lowered);
      taken.set(path, (taken.get(path) ?? 0) + 1);
    }
  });
  await fc.assert(property, { numRuns: RUNS, seed: 1, examples: examples.map((scene) => [scene] as [Scene]) });
  expect([...taken.keys()].sort()).toEqual([...paths].sort());
}

const filtersOf = ({ filters, groups, image, window, seed }: Scene): Maps =>
  randomMaps([filters, image[1] / groups, ...window.support], seed, "filters");
const outputOf = ({ image, filters, window }: Scene): Maps["shape"] => reference.slid(image, filters, window);

/** φ has 60 channels × 15 taps by 8 positions × 40 images, or 1.1 MB for one row of the output. */
const LARGE = given([40, 60, 9, 12], 3, [3, 5]);

/** Enough channels and filters for Winograd's way, with 4 and 8 rows of output. */
const TALL: readonly Scene[] = [
  given([24, 30, 6, 5], 29, [3, 3], { pad: [0, 0, 1, 1] }),
  given([25, 32, 8, 4], 64, [3, 2], { pad: [2, 0, 1, 0], dilation: [1, 2] }),
  { ...given([40, 64, 3, 7], 28, [3, 3], { pad: [1, 2, 0, 0], stride: [1, 2] }), seed: 2 },
];

test("Conv", async () => {
  await check(
    (scene) => {
      const { image, filters, groups, window, seed } = scene;
      const [x, f] = [randomMaps(image, seed, "x"), filtersOf(scene)];
      const b = seed % 2 ? randomMaps([1, 1, 1, filters], seed, "b").data : undefined;
      const inputs = { x, f, ...(b ? { b: { shape: [filters], data: b } } : {}) };
      const expected = reference.conv(x, f, b, window, groups);
      return { inputs, expected, graph: single("Conv", inputs, window, { group: groups }) };
    },
    ["image", "matrix product", "volume", "Winograd"],
    (count, { nodes }) => {
      if (count("MatMul") > 0) return "Winograd";
      if (count("Gemm") > 0) return "matrix product";
      return nodes.length === 1 ? "image" : "volume";
    },
    { examples: TALL },
  );
});

test("ConvDataGradient", async () => {
  await check(
    (scene) => {
      const { image, groups, window, seed } = scene;
      const [dy, f] = [randomMaps(outputOf(scene), seed, "dy"), filtersOf(scene)];
      const graph = single("ConvDataGradient", { dy, f }, window, { group: groups, image_shape: image.slice(2) });
      return { graph, inputs: { dy, f }, expected: reference.convDataGradient(dy, f, image, window, groups) };
    },
    ["image", "matrix product", "whole", "row by row", "Winograd"],
    (count) => {
      if (count("MatMul") > 0) return "Winograd";
      if (count("ConvTranspose") > 0) return "image";
      return ["matrix product", "whole"][count("Col2Im")] ?? "row by row";
    },
    { examples: [...TALL, LARGE, { ...LARGE, window: { ...LARGE.window, pad: [1, 2, 0, 3], dilation: [2, 1] } }] },
  );
});

test("ConvFilterGradient", async () => {
  await check(
    (scene) => {
      const { image, filters, groups, window, seed } = scene;
      const [x, dy] = [randomMaps(image, seed, "x"), randomMaps(outputOf(scene), seed, "dy")];
      const shape: Maps["shape"] = [filters, image[1] / groups, ...window.support];
      const graph = single("ConvFilterGradient", { x, dy }, window, { group: groups });
      return { graph, inputs: { x, dy }, expected: reference.convFilterGradient(x, dy, shape, window, groups) };
    },
    ["image", "matrix product", "whole", "rows apart", "Winograd"],
    (count) => {
      if (count("MatMul") > 0) return "Winograd";
      if (count("Conv") > 0) return "image";
      return ["matrix product", "whole"][count("Gather")] ?? "rows apart";
    },
    {
      examples: [
        ...TALL,
        LARGE,
        { ...LARGE, window: { ...LARGE.window, pad: [1, 2, 0, 3], stride: [2, 1], dilation: [2, 1] } },
        { ...LARGE, image: [40, 13, 9, 12], window: { ...LARGE.window, pad: [1, 0, 2, 1] } },
      ],
    },
  );
});

test("MaxPool", async () => {
  await check(
    ({ image, window, seed }) => {
      const x = randomMaps(image, seed, "x", seed % 2 === 0);
      return { graph: single("MaxPool", { x }, window), inputs: { x }, expected: reference.maxPool(x, window) };
    },
    ["image", "volume"],
    (_, { nodes }) => (nodes.length === 1 ? "image" : "volume"),
    pooled,
  );
});

test("MaxPoolGradient, with ties in half of the runs", async () => {
  await check(
    ({ image, window, seed }) => {
      const x = randomMaps(image, seed, "x", seed % 2 === 0);
      const y = reference.maxPool(x, window);
      const dy = randomMaps(y.shape, seed, "dy");
      const graph = single("MaxPoolGradient", { x, y, dy }, window);
      return { graph, inputs: { x, y, dy }, expected: reference.maxPoolGradient(x, dy, window) };
    },
    ["image", "any window", "windows side by side"],
    (count) => {
      if (count("Where") > 0) return "image";
      return count("Col2Im") > 0 ? "any window" : "windows side by side";
    },
    pooled,
  );
});

test("AveragePool", async () => {
  await check(
    ({ image, window, seed }) => {
      const x = randomMaps(image, seed, "x");
      const graph = single("AveragePool", { x }, window, { count_include_pad: seed % 2 });
      return { graph, inputs: { x }, expected: reference.averagePool(x, window, seed % 2 === 1) };
    },
    ["image", "volume"],
    (_, { nodes }) => (nodes.length === 1 ? "image" : "volume"),
    pooled,
  );
});

test("AveragePoolGradient", async () => {
  await check(
    ({ image, window, seed }) => {
      const dy = randomMaps(reference.slid(image, image[1], window), seed, "dy");
      const more = { count_include_pad: seed % 2, image_shape: image.slice(2) };
      const graph = single("AveragePoolGradient", { dy }, window, more);
      return { graph, inputs: { dy }, expected: reference.averagePoolGradient(dy, image, window, seed % 2 === 1) };
    },
    ["image", "any window", "windows side by side"],
    (count) => {
      if (count("ConvTranspose") > 0) return "image";
      return count("Col2Im") > 0 ? "any window" : "windows side by side";
    },
    pooled,
  );
});
