import { type Case, pooling, unary } from "./case.js";

export const WINDOWS: Readonly<Record<string, Case>> = {
  AveragePool: pooling("AveragePool"),
  Conv: {
    shapes: [[2, 2, 4, 3], [2, 1, 3, 2], [2]],
    build: (g, x, f, b) => g.op("Conv", [x, f, b], { strides: [2, 1], pads: [1, 0, 1, 1], group: 2 }),
  },
  ConvTranspose: {
    shapes: [[2, 2, 3, 2], [2, 2, 2, 3], [2]],
    build: (g, x, f, b) => g.op("ConvTranspose", [x, f, b], { strides: [2, 1], pads: [1, 0, 0, 1] }),
  },
  GlobalAveragePool: { ...unary("GlobalAveragePool"), shapes: [[2, 2, 2, 3]] },
  GlobalMaxPool: { ...unary("GlobalMaxPool"), shapes: [[2, 2, 2, 3]] },
  GridSample: {
    shapes: [
      [2, 2, 3, 4],
      [2, 2, 3, 2],
    ],
    build: (g, x, grid) => g.op("GridSample", [x, grid], { align_corners: 1 }),
  },
  MaxPool: pooling("MaxPool"),
};
