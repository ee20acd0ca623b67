/** What is random, in both layouts: masks and normal numbers from integers that are hashed in the graph, the same on each device. */

import { floatOf, intOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { codeOf, tensor } from "../graph/tensor.js";
import type { Node } from "../graph/types.js";
import type { Layout } from "./layouts.js";

/**
 * y and the mask, which keeps a number where its word (see {@link words}) is at least rate·2³² − 2³¹.
 */
export const dropout =
  (layout: Layout) =>
  (g: GraphBuilder, node: Node, [x, seed]: readonly string[]): string[] => {
    const rate = floatOf(node, "rate", 0.5);
    const least = Math.min(Math.round(rate * 2 ** 32) - 2 ** 31, 2 ** 31 - 1);
    const word = words(g, layout, x, seed, intOf(node, "stream", 0));
    const kept = g.op("Cast", [g.op("GreaterOrEqual", [word, int32(g, least)])], { to: codeOf("float32") });
    const mask = g.op("Mul", [kept, g.scalar(1 / (1 - rate))]);
    return [g.op("Mul", [x, mask]), mask];
  };

/** The streams of normal numbers, two for each use, lie behind those of dropout. */
const NORMAL_STREAMS = 2 ** 16;

/**
 * Numbers of mean 0 and deviation 1 from two words each: √(−2 ln u)·cos 2πv, with u and v between 0 and 1 (Box and Muller 1958). The smallest u is
 * 2⁻²⁴, so that none is farther out than 5.8; where rounding makes u a little larger than 1, the root is that of 0.
 */
export const normal =
  (layout: Layout) =>
  (g: GraphBuilder, node: Node, [x, seed]: readonly string[]): string[] => {
    const uniform = (use: number): string => {
      const word = words(g, layout, x, seed, NORMAL_STREAMS + 2 * intOf(node, "stream", 0) + use);
      const number = g.op("Cast", [word], { to: codeOf("float32") });
      return g.op("Add", [g.op("Mul", [number, g.scalar(2 ** -32)]), g.scalar(0.5 + 2 ** -24)]);
    };
    const square = g.op("Mul", [g.op("Log", [uniform(0)]), g.scalar(-2)]);
    const radius = g.op("Sqrt", [g.op("Relu", [square])]);
    return [g.op("Mul", [radius, g.op("Cos", [g.op("Mul", [uniform(1), g.scalar(2 * Math.PI)])])])];
  };

/**
 * A random integer of 32 bits for each number of x. With h a hash of 32 bits, key = h(seed + (stream + 1)·φ) and w[i] = h(i + key) | 1, it is
 *
 *     w[n] · w[N + p]        (the product is taken modulo 2³², with a sign)
 *
 * for image n and the p-th of its C·H·W numbers. A hash for each number of the batch would cost more than a layer. The product of two
 * odd random numbers is as good here: k of these integers depend on each other only as far as Σ cᵢ·w[i] ≡ 0 modulo 2³² has a solution
 * in small whole numbers cᵢ, and the smallest are of the order 2^(32/k).
 */
function words(g: GraphBuilder, layout: Layout, x: string, seed: string, use: number): string {
  const shape = g.shape(x);
  const images = shape[layout === "batch-first" ? 0 : 3];
  const numbers = shape.reduce((a, b) => a * b, 1) / images;
  const stream = Math.imul(use + 1, 0x9e3779b9);
  const key = hash(g, g.op("Add", [seed, int32(g, stream)]));
  const places = g.op("Range", [int32(g, 0), int32(g, images + numbers), int32(g, 1)]);
  const all = g.op("BitwiseOr", [hash(g, g.op("Add", [places, key])), int32(g, 1)]);
  const [ofImage, ofNumber] = g.ops("Split", [all, g.ints(images, numbers)], 2, { axis: 0 });
  const [first, ...rest] = shape;
  const [perImage, perNumber] =
    layout === "batch-first"
      ? [
          [first, 1, 1, 1],
          [1, ...rest],
        ]
      : [
          [1, 1, 1, images],
          [...shape.slice(0, 3), 1],
        ];
  return g.op("Mul", [
    g.op("Reshape", [ofNumber, g.ints(...perNumber)]),
    g.op("Reshape", [ofImage, g.ints(...perImage)]),
  ]);
}

/** An int32 scalar. */
const int32 = (g: GraphBuilder, value: number): string => g.constant(tensor("int32", [], Int32Array.of(value)));

/** lowbias32 (Wellons 2018, "Prospecting for hash functions"): a permutation of the 32-bit integers; products are modulo 2³². */
function hash(g: GraphBuilder, x: string): string {
  const first = g.op("Mul", [foldBits(g, x, 16), int32(g, 0x7feb352d)]);
  const second = g.op("Mul", [foldBits(g, first, 15), int32(g, 0x846ca68b)]);
  return foldBits(g, second, 16);
}

/** x ^ (x >>> bits). ONNX shifts unsigned integers only, and ONNX Runtime multiplies signed ones only. */
function foldBits(g: GraphBuilder, x: string, bits: number): string {
  const unsigned = g.op("Cast", [x], { to: codeOf("uint32") });
  const count = g.constant(tensor("uint32", [], Uint32Array.of(bits)));
  const shifted = g.op("BitShift", [unsigned, count], { direction: "RIGHT" });
  return g.op("BitwiseXor", [x, g.op("Cast", [shifted], { to: codeOf("int32") })]);
}
