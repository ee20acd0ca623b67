/** Dropout in both layouts: a mask from integers that are hashed in the graph, the same on each device. */

import { floatOf, intOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { codeOf, tensor } from "../graph/tensor.js";
import type { Node } from "../graph/types.js";
import type { Layout } from "./layouts.js";

/**
 * y and the mask. With h a hash of 32 bits, key = h(seed + (stream + 1)·φ) and w[i] = h(i + key) | 1, a number of the mask is kept where
 *
 *     w[n] · w[N + p]  ≥  rate·2³² − 2³¹        (the product is taken modulo 2³², with a sign)
 *
 * for image n and the p-th of its C·H·W numbers. A hash for each number of the batch would cost more than a layer. The product of two
 * odd random numbers is as good here: k numbers of the mask depend on each other only as far as Σ cᵢ·w[i] ≡ 0 modulo 2³² has a solution
 * in small whole numbers cᵢ, and the smallest are of the order 2^(32/k).
 */
export const dropout =
  (layout: Layout) =>
  (g: GraphBuilder, node: Node, [x, seed]: readonly string[]): string[] => {
    const rate = floatOf(node, "rate", 0.5);
    const shape = g.shape(x);
    const images = shape[layout === "batch-first" ? 0 : 3];
    const numbers = shape.reduce((a, b) => a * b, 1) / images;
    const stream = Math.imul(intOf(node, "stream", 0) + 1, 0x9e3779b9);
    const key = hash(g, g.op("Add", [seed, int32(g, stream)]));
    const places = g.op("Range", [int32(g, 0), int32(g, images + numbers), int32(g, 1)]);
    const words = g.op("BitwiseOr", [hash(g, g.op("Add", [places, key])), int32(g, 1)]);
    const [ofImage, ofNumber] = g.ops("Split", [words, g.ints(images, numbers)], 2, { axis: 0 });
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
    const product = g.op("Mul", [
      g.op("Reshape", [ofNumber, g.ints(...perNumber)]),
      g.op("Reshape", [ofImage, g.ints(...perImage)]),
    ]);
    const least = Math.min(Math.round(rate * 2 ** 32) - 2 ** 31, 2 ** 31 - 1);
    const kept = g.op("Cast", [g.op("GreaterOrEqual", [product, int32(g, least)])], { to: codeOf("float32") });
    const mask = g.op("Mul", [kept, g.scalar(1 / (1 - rate))]);
    return [g.op("Mul", [x, mask]), mask];
  };

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
