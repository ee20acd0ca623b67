/** Cases of the reductions. */

import { float32 } from "../../src/graph/tensor.js";

import { type Case, reduction } from "./case.js";

export const REDUCTIONS: Readonly<Record<string, Case>> = {
  ReduceMax: reduction("ReduceMax"),
  ReduceMean: reduction("ReduceMean"),
  ReduceSum: reduction("ReduceSum"),
  ReduceSumSquare: reduction("ReduceSumSquare"),

  ReduceL1: reduction("ReduceL1"),
  ReduceL2: reduction("ReduceL2"),
  ReduceLogSum: { ...reduction("ReduceLogSum"), offset: 2 },
  ReduceLogSumExp: reduction("ReduceLogSumExp"),
  ReduceMin: reduction("ReduceMin"),
  ReduceProd: reduction("ReduceProd"),
  "ReduceProd, with zeros": {
    shapes: [[4, 3]],
    // One 0 in the first row, two in the second, none in the others.
    build: (g, x) => {
      const mask = g.constant(float32([0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1], [4, 3]));
      return g.op("ReduceProd", [g.op("Mul", [x, mask]), g.ints(1)]);
    },
  },
  "ReduceSumSquare, no axes": {
    shapes: [[2, 3]],
    build: (g, x) => g.op("ReduceSumSquare", [x], { noop_with_empty_axes: 0, keepdims: 0 }),
  },
};
