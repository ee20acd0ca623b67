/** Which operator is written how. */

import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/types.js";
import * as batchFirst from "./batch-first.js";
import * as batchConv from "./batch-last/batch-conv.js";
import * as batchPool from "./batch-last/batch-pool.js";
import type { Costs } from "./costs.js";
import type { Layout } from "./layouts.js";
import * as normalization from "./normalization.js";
import * as parts from "./normalization-of-parts.js";
import * as random from "./random.js";

/** Writes the nodes that an operator stands for. */
type Write<Outputs> = (g: GraphBuilder, node: Node, inputs: readonly string[], costs: Costs) => Outputs;

/** One way of writing an operator. */
export interface Lowering {
  /** which inputs are batches of images; the others are filters, biases and statistics */
  readonly images: readonly number[];
  /** the layout of each output: "batch-first" also for what is no image */
  readonly results: readonly Layout[];
  /** the cost rule: whether this way is possible and faster, given the shape C, H, W, N of each image input */
  applies(node: Node, shapeOf: (input: number) => readonly number[]): boolean;
  /** writes the nodes and returns the outputs */
  readonly write: Write<readonly string[]>;
}

/** Of an operator with one output. */
const one =
  (write: Write<string>): Write<readonly string[]> =>
  (...how) => [write(...how)];

/** ONNX's operators in the batch-last layout. What is not here, or does not apply, stays in the batch-first layout. */
export const BATCH_LAST: Readonly<Record<string, Lowering>> = {
  Conv: { images: [0], results: ["batch-last"], applies: batchConv.hasPads, write: one(batchConv.conv) },
  MaxPool: { images: [0], results: ["batch-last"], applies: batchPool.isPlainPool, write: one(batchPool.pool) },
  AveragePool: { images: [0], results: ["batch-last"], applies: batchPool.isPlainPool, write: one(batchPool.pool) },
};

type Composite =
  | "ConvDataGradient"
  | "ConvFilterGradient"
  | "MaxPoolGradient"
  | "AveragePoolGradient"
  | "BatchNormalization"
  | "BatchNormalizationGradient"
  | "BatchNormalizationOfParts"
  | "BatchNormalizationOfPartsGradient"
  | "Dropout"
  | "Normal";

/** The composite operators in the batch-last layout. */
export const BATCH_LAST_COMPOSITES: Readonly<Record<string, Lowering>> = {
  ConvDataGradient: {
    images: [0],
    results: ["batch-last"],
    applies: (node, shapeOf) => batchConv.fitsRowByRow(node, shapeOf(0)[1]),
    write: one(batchConv.dataGradient),
  },
  ConvFilterGradient: {
    images: [0, 1],
    results: ["batch-first"],
    applies: (node, shapeOf) => batchConv.fitsRowByRow(node, shapeOf(1)[1]),
    write: one(batchConv.filterGradient),
  },
  MaxPoolGradient: {
    images: [0, 1, 2],
    results: ["batch-last"],
    applies: () => true,
    write: one(batchPool.maxPoolGradient),
  },
  AveragePoolGradient: {
    images: [0],
    results: ["batch-last"],
    applies: () => true,
    write: one(batchPool.averagePoolGradient),
  },
  BatchNormalization: {
    images: [0],
    results: ["batch-last", "batch-first", "batch-first"],
    applies: () => true,
    write: normalization.forBatchLast(normalization.batchNormalization, (i) => i === 0),
  },
  BatchNormalizationGradient: {
    images: [0, 1],
    results: ["batch-last", "batch-first", "batch-first"],
    applies: () => true,
    write: normalization.forBatchLast(normalization.batchNormalizationGradient, (i) => i < 2),
  },
  BatchNormalizationOfParts: {
    images: [0],
    results: ["batch-last", "batch-first", "batch-first", "batch-first"],
    applies: () => true,
    write: parts.batchNormalization("batch-last"),
  },
  BatchNormalizationOfPartsGradient: {
    images: [0, 1],
    results: ["batch-last", "batch-first", "batch-first"],
    applies: () => true,
    write: parts.batchNormalizationGradient("batch-last"),
  },
  Dropout: {
    images: [0],
    results: ["batch-last", "batch-last"],
    applies: () => true,
    write: random.dropout("batch-last"),
  },
  Normal: {
    images: [0],
    results: ["batch-last"],
    applies: () => true,
    write: random.normal("batch-last"),
  },
} satisfies Readonly<Record<Composite, Lowering>>;

/** The composite operators in the batch-first layout. These work for every shape. */
export const BATCH_FIRST_COMPOSITES: Readonly<Record<string, Write<readonly string[]>>> = {
  ConvDataGradient: one(batchFirst.convDataGradient),
  ConvFilterGradient: one(batchFirst.convFilterGradient),
  MaxPoolGradient: one(batchFirst.maxPoolGradient),
  AveragePoolGradient: one(batchFirst.averagePoolGradient),
  BatchNormalization: normalization.batchNormalization,
  BatchNormalizationGradient: normalization.batchNormalizationGradient,
  BatchNormalizationOfParts: parts.batchNormalization("batch-first"),
  BatchNormalizationOfPartsGradient: parts.batchNormalizationGradient("batch-first"),
  Dropout: random.dropout("batch-first"),
  Normal: random.normal("batch-first"),
} satisfies Readonly<Record<Composite, Write<readonly string[]>>>;
