/** Random windows over random images, and graphs of one operator on them. */

import fc from "fast-check";
import type { AttributeInput } from "../src/graph/attributes.js";
import { GraphBuilder } from "../src/graph/builder.js";
import { COMPOSITE, type Graph } from "../src/graph/types.js";
import { reach, type Window, windowAttributes } from "../src/graph/window.js";
import { stream } from "../src/random/stream.js";
import { type Maps, zeroMaps } from "./reference.js";

/** An image batch and the window that slides over it; the window fits at least once. */
export interface Scene {
  readonly window: Window;
  readonly image: Maps["shape"];
  readonly groups: number;
  /** filters of a convolution */
  readonly filters: number;
  /** of the random numbers */
  readonly seed: number;
}

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const pairs = (max: number): fc.Arbitrary<[number, number]> => fc.tuple(size(max), size(max));

interface Draft {
  batch: number;
  groups: number;
  depth: number;
  count: number;
  height: number;
  width: number;
  support: [number, number];
  stride: [number, number];
  dilation: [number, number];
  pad: [number, number, number, number];
  /** which usual case: any window, one that tiles the image, one that covers it */
  kind: "any" | "tiles" | "covers";
  seed: number;
}

/** The window made to fit: a dilation or support that reaches beyond the padded image is reduced, pads are less than the support. */
function scene(draft: Draft): Scene {
  const image: Maps["shape"] = [draft.batch, draft.groups * draft.depth, draft.height, draft.width];
  const common = { image, groups: draft.groups, filters: draft.groups * draft.count, seed: draft.seed };
  const axis = (k: 0 | 1): [support: number, dilation: number, before: number, after: number] => {
    const length = image[2 + k];
    if (draft.kind === "covers") return [length, 1, 0, 0];
    if (draft.kind === "tiles") return [Math.min(draft.support[k], length), 1, 0, 0];
    const before = Math.min(draft.pad[2 * k], draft.support[k] - 1);
    const after = Math.min(draft.pad[2 * k + 1], draft.support[k] - 1);
    const fits = (support: number, dilation: number): boolean => reach(support, dilation) <= length + before + after;
    if (fits(draft.support[k], draft.dilation[k])) return [draft.support[k], draft.dilation[k], before, after];
    if (fits(draft.support[k], 1)) return [draft.support[k], 1, before, after];
    return [length, 1, Math.min(before, length - 1), Math.min(after, length - 1)];
  };
  const [down, across] = [axis(0), axis(1)];
  const support: [number, number] = [down[0], across[0]];
  const window: Window = {
    support,
    stride: draft.kind === "tiles" ? support : draft.stride,
    dilation: [down[1], across[1]],
    pad: [down[2], down[3], across[2], across[3]],
  };
  return { ...common, window };
}

/** Scenes of all kinds: small batches and large, rows left over, windows as large as the image, strides larger than the window. */
export const scenes: fc.Arbitrary<Scene> = fc
  .record<Draft>({
    batch: fc.oneof(size(15), fc.integer({ min: 16, max: 40 })),
    groups: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: size(3) }),
    depth: size(3),
    count: size(5),
    height: size(9),
    width: size(9),
    support: pairs(4),
    stride: pairs(5),
    dilation: fc.oneof(fc.constant<[number, number]>([1, 1]), pairs(3)),
    pad: fc.oneof(fc.constant<Draft["pad"]>([0, 0, 0, 0]), fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3))),
    kind: fc.constantFrom("any", "any", "any", "tiles", "covers"),
    seed: fc.nat(),
  })
  .map(scene);

/** A scene of given numbers, for the paths that only large ones take. */
export const given = (
  image: Maps["shape"],
  filters: number,
  support: [number, number],
  more: Partial<Window> = {},
): Scene => ({
  image,
  filters,
  groups: 1,
  seed: 1,
  window: { support, stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], ...more },
});

/** Maps of random numbers: normal ones, or whole ones from 0 to 2 where `ties` are wanted. */
export function randomMaps(shape: Maps["shape"], seed: number, purpose: string, ties = false): Maps {
  const random = stream(seed, purpose);
  const maps = zeroMaps(shape);
  for (let i = 0; i < maps.data.length; i++) maps.data[i] = ties ? random.integer(0, 2) : Math.fround(random.normal());
  return maps;
}

/** A graph of one operator whose inputs are maps (or a vector of biases). */
export function single(
  operator: string,
  inputs: Readonly<Record<string, { readonly shape: readonly number[] }>>,
  window: Window,
  more: Readonly<Record<string, AttributeInput>> = {},
): Graph {
  const g = new GraphBuilder(operator);
  const values = Object.entries(inputs).map(([name, { shape }]) => g.input(name, "float32", shape));
  const domain = operator.endsWith("Gradient") ? COMPOSITE : "";
  g.output("result", g.op(operator, values, { ...windowAttributes(window), ...more }, domain));
  return g.build();
}
