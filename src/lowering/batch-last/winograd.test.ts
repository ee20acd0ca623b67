/** Winograd's way along each axis, with tiles of every size, against the definition of the convolution: test/reference.ts. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { difference } from "../../../test/devices.js";
import type { Maps } from "../../../test/reference.js";
import * as reference from "../../../test/reference.js";
import { runGraph } from "../../../test/support/run-graph.js";
import { given, randomMaps, type Scene } from "../../../test/windows.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import type { Graph } from "../../graph/types.js";
import { NATIVE, WEBASSEMBLY } from "../costs.js";
import { inTiles } from "./batch-conv.js";
import { fastestTilings, type Tiling, transformsOf } from "./winograd.js";

/** A convolution, and tiles that WebAssembly may take for it. */
interface Tried {
  readonly scene: Scene;
  readonly tilings: readonly Tiling[];
}

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

const tried: fc.Arbitrary<Tried> = fc
  .record({
    channels: size(3),
    filters: size(4),
    batch: size(3),
    axes: fc.constantFrom<readonly (0 | 1)[]>([0], [1], [0, 1]),
    down: size(6),
    across: size(6),
    more: fc.tuple(fc.nat(9), fc.nat(9)),
    pad: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
    pick: fc.tuple(fc.nat(99), fc.nat(99)),
    seed: size(1000),
  })
  .map((draft) => {
    const most = draft.axes.length === 1 ? 7 : 5;
    const support = [draft.down, draft.across].map((taps, axis) =>
      draft.axes.some((tiled) => tiled === axis) ? 2 + (taps % (most - 2)) : taps,
    );
    const tilings = draft.axes.map((axis): Tiling => {
      const tiles = WEBASSEMBLY.tiles[draft.axes.length - 1](support[axis]);
      return { axis, tile: tiles[draft.pick[axis] % tiles.length] };
    });
    const image: Maps["shape"] = [draft.batch, draft.channels, support[0] + draft.more[0], support[1] + draft.more[1]];
    const scene = given(image, draft.filters, [support[0], support[1]], { pad: draft.pad });
    return { scene: { ...scene, seed: draft.seed }, tilings };
  });

/** A graph of the batch-last layout between values of ONNX's own. */
function graphOf(
  inputs: Readonly<Record<string, Maps>>,
  images: readonly string[],
  made: { readonly isImage: boolean },
  write: (g: GraphBuilder, values: Readonly<Record<string, string>>) => string,
): Graph {
  const g = new GraphBuilder("winograd");
  const values = Object.entries(inputs).map(([name, { shape }]) => {
    const value = g.input(name, "float32", shape);
    return [name, images.includes(name) ? g.op("Transpose", [value], { perm: [1, 2, 3, 0] }) : value];
  });
  const result = write(g, Object.fromEntries(values));
  g.output("result", made.isImage ? g.op("Transpose", [result], { perm: [3, 0, 1, 2] }) : result);
  return g.build();
}

async function expectResult(graph: Graph, inputs: Readonly<Record<string, Maps>>, expected: Maps): Promise<void> {
  const feeds = Object.entries(inputs).map(([name, { shape, data }]) => [name, { shape, data: Array.from(data) }]);
  const { result } = await runGraph(graph, Object.fromEntries(feeds));
  expect(result.shape).toEqual(expected.shape);
  expect(difference(result.data, expected.data)).toBeLessThanOrEqual(1e-5);
}

test("a convolution and its gradients", async () => {
  await fc.assert(
    fc.asyncProperty(tried, async ({ scene, tilings }) => {
      const { window, image, filters, seed } = scene;
      const winograd = inTiles(tilings);
      const x = randomMaps(image, seed, "x");
      const f = randomMaps([filters, image[1], ...window.support], seed, "f");
      const dy = randomMaps(reference.slid(image, filters, window), seed, "dy");
      const biases = Array.from({ length: filters }, (_, k) => k - 1);
      await expectResult(
        graphOf({ x, f }, ["x"], { isImage: true }, (g, v) =>
          winograd.conv(g, window, [v.x, v.f, g.constant(float32(biases, [filters]))], 1),
        ),
        { x, f },
        reference.conv(x, f, Float64Array.from(biases), window, 1),
      );
      await expectResult(
        graphOf({ dy, f }, ["dy"], { isImage: true }, (g, v) =>
          winograd.dataGradient(g, window, [v.dy, v.f], image.slice(2)),
        ),
        { dy, f },
        reference.convDataGradient(dy, f, image, window, 1),
      );
      await expectResult(
        graphOf({ x, dy }, ["x", "dy"], { isImage: false }, (g, v) => winograd.filterGradient(g, window, [v.x, v.dy])),
        { x, dy },
        reference.convFilterGradient(x, dy, f.shape, window, 1),
      );
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("the matrices of F(2, 3) are those of the paper, up to the signs of pairs of rows and columns", () => {
  // Lavin and Gray 2016, equation 7; their third row of Bᵀ and G is of the point −1, here with the other sign in both
  const { filters, output } = transformsOf(2, 3);
  expect(filters.map((row) => row.map(Math.abs))).toEqual([
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, 0.5, 0.5],
    [0, 0, 1],
  ]);
  expect(output).toEqual([
    [1, 1, 1, 0],
    [0, 1, -1, 1],
  ]);
});

test.each([
  // convolutions of the letters' network: C, K, taps, pixels, pad; the letters' second, measured 122 → 98 ms a step, and third, → 110
  { sizes: [20, 50, 5, 14, 0], wasm: [4], native: [] },
  { sizes: [50, 500, 4, 5, 0], wasm: [2, 2], native: [] },
  // with one channel there is nothing to save
  { sizes: [1, 20, 5, 32, 0], wasm: [], native: [] },
  // of resnet20
  { sizes: [16, 16, 3, 32, 1], wasm: [4], native: [] },
  { sizes: [32, 32, 3, 16, 1], wasm: [4, 4], native: [4] },
  { sizes: [64, 64, 3, 8, 1], wasm: [4, 4], native: [4] },
  // of cifarVgg
  { sizes: [128, 128, 3, 16, 1], wasm: [4, 4], native: [4] },
])("what was measured to be the fastest: $sizes", ({ sizes, wasm, native }) => {
  const [channels, count, taps, pixels, pad] = sizes;
  const { window } = given([100, channels, pixels, pixels], count, [taps, taps], { pad: [pad, pad, pad, pad] });
  const positions = pixels + 2 * pad - taps + 1;
  const tilesOf = (costs: typeof NATIVE): number[] =>
    fastestTilings(costs, window, 1, {
      channels,
      count,
      image: [pixels, pixels],
      positions: [positions, positions],
      batch: 100,
    }).map(({ tile }) => tile);
  expect(tilesOf(WEBASSEMBLY)).toEqual(wasm);
  expect(tilesOf(NATIVE)).toEqual(native);
});
