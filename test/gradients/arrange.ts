/** Cases of the operators that move, select or multiply. */

import { float } from "../../src/graph/attributes.js";
import { int64 } from "../../src/graph/tensor.js";
import { asFloat, type Case, reshaped, unary, withAttributes } from "./case.js";

export const ARRANGE: Readonly<Record<string, Case>> = {
  ArgMax: { ...unary("ArgMax"), build: (g, x) => asFloat(g, g.op("ArgMax", [x], { axis: 1 })) },
  ArgMin: { ...unary("ArgMin"), build: (g, x) => asFloat(g, g.op("ArgMin", [x], { axis: 0, keepdims: 0 })) },
  Concat: {
    shapes: [
      [2, 3, 2],
      [2, 1, 2],
    ],
    build: (g, a, b) => g.op("Concat", [a, b, a], { axis: -2 }),
  },
  Expand: reshaped("Expand", 4, 3),
  Flatten: { ...unary("Flatten"), shapes: [[2, 3, 2]] },
  Gather: { shapes: [[2, 4, 3]], build: (g, x) => g.op("Gather", [x, g.ints(3, 0, 3)], { axis: 1 }) },
  Gemm: {
    shapes: [
      [3, 2],
      [4, 3],
      [2, 1],
    ],
    build: (g, a, b, c) => g.op("Gemm", [a, b, c], { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) }),
  },
  MatMul: {
    shapes: [
      [2, 2, 3],
      [3, 2],
    ],
    build: (g, a, b) => g.op("MatMul", [a, b]),
  },
  Pad: { shapes: [[2, 3]], build: (g, x) => g.op("Pad", [x, g.ints(1, 0, 2, 1), g.scalar(0.5)]) },
  Reshape: reshaped("Reshape", 3, -1),
  Shape: { ...unary("Shape"), build: (g, x) => asFloat(g, g.op("Shape", [x])) },
  Slice: {
    shapes: [[4, 5]],
    build: (g, x) => g.op("Slice", [x, g.ints(-3, 0), g.ints(99, 4), g.ints(0, 1), g.ints(1, 3)]),
  },
  Split: {
    shapes: [[2, 6]],
    build: (g, x) => {
      const [first, , third] = g.ops("Split", [x, g.ints(2, 2, 2)], 3, { axis: 1 });
      return g.op("Mul", [first, third]);
    },
  },
  Squeeze: reshaped("Squeeze", 1),
  Transpose: { shapes: [[2, 3, 2]], build: (g, x) => g.op("Transpose", [x], { perm: [2, 0, 1] }) },
  Unsqueeze: reshaped("Unsqueeze", 0, -1),

  CumSum: { shapes: [[2, 3, 2]], build: (g, x) => g.op("CumSum", [x, g.constant(int64([1], []))]) },
  "CumSum, exclusive and reverse": {
    shapes: [[2, 3]],
    build: (g, x) => g.op("CumSum", [x, g.constant(int64([-1], []))], { exclusive: 1, reverse: 1 }),
  },
  DepthToSpace: withAttributes("DepthToSpace", { blocksize: 2 }, [2, 8, 2, 3]),
  "DepthToSpace, columns first": withAttributes("DepthToSpace", { blocksize: 2, mode: "CRD" }, [1, 8, 2, 3]),
  "MatMul, vectors": { shapes: [[3], [3]], build: (g, a, b) => g.op("MatMul", [a, b]) },
  "MatMul, a vector and a stack": {
    shapes: [[3], [2, 3, 2]],
    build: (g, a, b) => g.op("MatMul", [a, b]),
  },
  "MatMul, a matrix and a vector": { shapes: [[2, 3], [3]], build: (g, a, b) => g.op("MatMul", [a, b]) },
  ReverseSequence: {
    shapes: [[4, 3, 2]],
    build: (g, x) => g.op("ReverseSequence", [x, g.constant(int64([4, 2, 3]))], { time_axis: 0, batch_axis: 1 }),
  },
  SpaceToDepth: withAttributes("SpaceToDepth", { blocksize: 2 }, [2, 3, 4, 2]),
  Tile: reshaped("Tile", 2, 3, 1),
  Trilu: withAttributes("Trilu", {}, [2, 3, 4]),
  "Trilu, lower": {
    shapes: [[4, 4]],
    build: (g, x) => g.op("Trilu", [x, g.constant(int64([-1], []))], { upper: 0 }),
  },

  CenterCropPad: { shapes: [[3, 4, 2]], build: (g, x) => g.op("CenterCropPad", [x, g.ints(5, 2, 1)]) },
  Det: { shapes: [[2, 3, 3]], build: (g, x) => g.op("Det", [x]) },
};
