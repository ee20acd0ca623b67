/** Which operator is written how. */

import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/types.js";
import * as batchConv from "./batch-conv.js";
import * as batchPool from "./batch-pool.js";
import * as image from "./image.js";
import type { Layout } from "./layouts.js";

/** One way of writing an operator. */
export interface Lowering {
  /** which inputs are batches of images; the others are filters and biases */
  readonly images: readonly number[];
  /** the layout of the output: "image" also for what is no image */
  readonly result: Layout;
  /** the cost rule: whether this way is possible and faster, given the shape C, H, W, N of each image input */
  applies(node: Node, shapeOf: (input: number) => readonly number[]): boolean;
  /** writes the nodes and returns the output */
  write(g: GraphBuilder, node: Node, inputs: readonly string[]): string;
}

/** In the batch layout. What is not here, or does not apply, is written in the image layout. */
export const BATCH: Readonly<Record<string, Lowering>> = {
  Conv: { images: [0], result: "batch", applies: () => true, write: batchConv.conv },
  ConvDataGradient: {
    images: [0],
    result: "batch",
    applies: (node, shapeOf) => batchConv.byRows(node, shapeOf(0)[1]),
    write: batchConv.dataGradient,
  },
  ConvFilterGradient: {
    images: [0, 1],
    result: "image",
    applies: (node, shapeOf) => batchConv.byRows(node, shapeOf(1)[1]),
    write: batchConv.filterGradient,
  },
  MaxPool: { images: [0], result: "batch", applies: batchPool.plain, write: batchPool.pool },
  MaxPoolGradient: { images: [0, 1, 2], result: "batch", applies: batchPool.tiles, write: batchPool.maxPoolGradient },
  AveragePool: { images: [0], result: "batch", applies: batchPool.plain, write: batchPool.pool },
  AveragePoolGradient: { images: [0], result: "batch", applies: batchPool.tiles, write: batchPool.averagePoolGradient },
};

type Composite = "ConvDataGradient" | "ConvFilterGradient" | "MaxPoolGradient" | "AveragePoolGradient";

const plainly = (write: Lowering["write"]): Lowering => ({ images: [], result: "image", applies: () => true, write });

/** In the image layout: the composite operators in ONNX's. These work for every shape. */
export const IMAGE: Readonly<Record<string, Lowering>> = {
  ConvDataGradient: plainly(image.convDataGradient),
  ConvFilterGradient: plainly(image.convFilterGradient),
  MaxPoolGradient: plainly(image.maxPoolGradient),
  AveragePoolGradient: plainly(image.averagePoolGradient),
} satisfies Readonly<Record<Composite, Lowering>>;
