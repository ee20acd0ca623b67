/** For NVIDIA cards: what ONNX Runtime 1.30 computes wrongly with CUDA, or hands back to the processor. Found as that of WebGPU is (graphics.ts). */

import { intsOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Graph, Node } from "../graph/types.js";
import { col2Im, layerNormalization, softplus, writtenFor } from "./graphics.js";
import type { Rewriting } from "./rewrite-nodes.js";

const REWRITINGS: Readonly<Record<string, Rewriting>> = {
  Col2Im: col2Im,
  ConvTranspose: convTranspose,
  LayerNormalization: layerNormalization,
  Softplus: softplus,
};

/** A graph of ONNX's operators without those that CUDA would get wrong, or leave to the processor. */
export const forCuda = (graph: Graph): Graph => writtenFor(REWRITINGS, graph);

/** On the processor where the padding of the two sides differs: without padding, and cut off afterwards. */
function convTranspose(g: GraphBuilder, node: Node, inputs: readonly string[]): string | undefined {
  const pads = intsOf(node, "pads");
  const axes = g.shape(inputs[0]).length - 2;
  const isFree = node.attributes.output_shape === undefined;
  if (!isFree || pads?.length !== 2 * axes || pads.slice(0, axes).join() === pads.slice(axes).join()) return undefined;
  const whole = g.op("ConvTranspose", inputs, { ...node.attributes, pads: pads.map(() => 0) });
  const ends = g
    .shape(whole)
    .slice(2)
    .map((size, axis) => size - pads[axes + axis]);
  const along = Array.from({ length: axes }, (_, axis) => axis + 2);
  return g.op("Slice", [whole, g.ints(...pads.slice(0, axes)), g.ints(...ends), g.ints(...along)]);
}
