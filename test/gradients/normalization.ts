/** Cases of the normalisations and dropout. */

import { float } from "../../src/graph/attributes.js";
import { float32, tensor } from "../../src/graph/tensor.js";
import { COMPOSITE } from "../../src/graph/types.js";
import { type Case, withAttributes } from "./case.js";

export const NORMALIZATION: Readonly<Record<string, Case>> = {
  "bellpepper.BatchNormalization": {
    shapes: [[3, 2, 2, 2], [2], [2]],
    build: (g, ...inputs) => g.ops("BatchNormalization", inputs, 3, { epsilon: float(0.1) }, COMPOSITE)[0],
  },
  "bellpepper.BatchNormalizationOfParts": {
    shapes: [[3, 2, 2, 2], [2], [2]],
    build: (g, ...inputs) =>
      g.ops("BatchNormalizationOfParts", inputs, 4, { epsilon: float(0.1), pictures: 3 }, COMPOSITE)[0],
  },
  "bellpepper.BatchNormalizationOfParts, a place that is not in the batch": {
    shapes: [[3, 2, 2, 2], [2], [2]],
    build: (g, ...inputs) => {
      const present = g.constant(float32([1, 0, 1], [3]));
      const attributes = { epsilon: float(0.1), pictures: 2 };
      const [y] = g.ops("BatchNormalizationOfParts", [...inputs, present], 4, attributes, COMPOSITE);
      return g.op("Mul", [y, g.op("Reshape", [present, g.ints(3, 1, 1, 1)])]);
    },
  },
  "bellpepper.Dropout": {
    shapes: [[3, 2, 2, 2]],
    build: (g, x) => {
      const seed = g.constant(tensor("int32", [], Int32Array.of(7)));
      return g.ops("Dropout", [x, seed], 2, { rate: float(0.3), stream: 0 }, COMPOSITE)[0];
    },
  },

  BatchNormalization: {
    shapes: [[2, 3, 2, 2], [3], [3], [3], [3]],
    build: (g, x, scale, shift, mean, variance) =>
      g.op("BatchNormalization", [x, scale, shift, mean, g.op("Exp", [variance])], { epsilon: float(0.1) }),
  },
  "BatchNormalization, 16 images": {
    shapes: [[16, 2, 2, 1], [2], [2], [2], [2]],
    build: (g, x, scale, shift, mean, variance) =>
      g.op("BatchNormalization", [x, scale, shift, mean, g.op("Exp", [variance])]),
  },
  "BatchNormalization, rows": {
    shapes: [[4, 3], [3], [3], [3], [3]],
    build: (g, x, scale, shift, mean, variance) =>
      g.op("BatchNormalization", [x, scale, shift, mean, g.op("Exp", [variance])]),
  },
  Dropout: { shapes: [[2, 3]], build: (g, x) => g.op("Dropout", [x, g.scalar(0.5)]) },
  "Dropout, said to be in use": {
    shapes: [[2, 3]],
    build: (g, x) => g.op("Dropout", [x, g.scalar(0.5), g.constant(tensor("bool", [], Uint8Array.of(0)))]),
  },
  GroupNormalization: {
    shapes: [[2, 4, 2, 2], [2], [2]],
    build: (g, x, scale, shift) =>
      g.op("GroupNormalization", [x, scale, shift], { num_groups: 2, epsilon: float(0.1) }),
  },
  InstanceNormalization: {
    shapes: [[2, 3, 2, 2], [3], [3]],
    build: (g, x, scale, shift) => g.op("InstanceNormalization", [x, scale, shift], { epsilon: float(0.1) }),
  },
  LRN: {
    shapes: [[2, 5, 2, 2]],
    build: (g, x) => g.op("LRN", [x], { size: 3, alpha: float(0.5), beta: float(0.6), bias: float(1.5) }),
  },
  LayerNormalization: {
    shapes: [[2, 3, 4], [4], [4]],
    build: (g, x, scale, shift) => g.op("LayerNormalization", [x, scale, shift], { epsilon: float(0.1) }),
  },
  "LayerNormalization, from axis 1": {
    shapes: [
      [2, 3, 4],
      [3, 4],
    ],
    build: (g, x, scale) => g.op("LayerNormalization", [x, scale], { epsilon: float(0.1), axis: 1 }),
  },
  "LayerNormalization, all outputs": {
    shapes: [[2, 3, 4], [4], [4]],
    build: (g, x, scale, shift) => {
      const [y, mean, inverse] = g.ops("LayerNormalization", [x, scale, shift], 3, { epsilon: float(0.1), axis: -1 });
      return g.op("Mul", [y, g.op("Add", [mean, inverse])]);
    },
  },
  LpNormalization: withAttributes("LpNormalization", { axis: 1 }, [2, 3, 4]),
  "LpNormalization, of absolute values": withAttributes("LpNormalization", { p: 1 }, [2, 3, 4]),
  MeanVarianceNormalization: withAttributes("MeanVarianceNormalization", {}, [2, 3, 2, 2]),
};
