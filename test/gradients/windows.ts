import { type Case, pooling, unary, withAttributes } from "./case.js";

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

  "AveragePool, of signals": withAttributes(
    "AveragePool",
    { kernel_shape: [3], strides: [2], pads: [1, 1], count_include_pad: 1 },
    [2, 2, 7],
  ),
  "AveragePool, of volumes": withAttributes(
    "AveragePool",
    { kernel_shape: [2, 3, 2], strides: [2, 1, 2], pads: [1, 1, 0, 0, 0, 1] },
    [1, 2, 3, 4, 4],
  ),
  "AveragePool, rounded up": withAttributes(
    "AveragePool",
    { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 },
    [1, 2, 6, 5],
  ),
  "AveragePool, rounded up, the padding counts": withAttributes(
    "AveragePool",
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
    [1, 2, 6, 5],
  ),
  "AveragePool, the same size": withAttributes(
    "AveragePool",
    { kernel_shape: [3, 2], strides: [2, 1], auto_pad: "SAME_UPPER" },
    [1, 2, 6, 5],
  ),
  "AveragePool, dilated": withAttributes("AveragePool", { kernel_shape: [2, 2], dilations: [2, 1] }, [1, 2, 5, 3]),
  Col2Im: {
    shapes: [[2, 8, 4]],
    build: (g, x) => g.op("Col2Im", [x, g.ints(5, 4), g.ints(2, 2)], { strides: [2, 2] }),
  },
  "Conv, of signals": {
    shapes: [[2, 4, 7], [2, 2, 3], [2]],
    build: (g, x, f, b) => g.op("Conv", [x, f, b], { strides: [2], pads: [2, 1], dilations: [2], group: 2 }),
  },
  "Conv, of volumes": {
    shapes: [[1, 2, 4, 3, 3], [2, 1, 2, 2, 3], [2]],
    build: (g, x, f, b) =>
      g.op("Conv", [x, f, b], { strides: [2, 1, 1], pads: [1, 0, 1, 0, 1, 1], dilations: [2, 1, 1], group: 2 }),
  },
  "Conv, the same size": {
    shapes: [
      [2, 2, 5, 4],
      [2, 2, 2, 3],
    ],
    build: (g, x, f) => g.op("Conv", [x, f], { strides: [2, 1], auto_pad: "SAME_LOWER" }),
  },
  "Conv, the same size, 16 images": {
    shapes: [
      [16, 1, 3, 3],
      [2, 1, 2, 2],
    ],
    build: (g, x, f) => g.op("Conv", [x, f], { auto_pad: "SAME_UPPER" }),
  },
  "Conv, of volumes, the same size": {
    shapes: [
      [1, 1, 3, 3, 4],
      [1, 1, 2, 3, 2],
    ],
    build: (g, x, f) => g.op("Conv", [x, f], { strides: [1, 2, 2], auto_pad: "SAME_UPPER" }),
  },
  "ConvTranspose, of signals": {
    shapes: [[2, 2, 4], [2, 2, 3], [2]],
    build: (g, x, f, b) => g.op("ConvTranspose", [x, f, b], { strides: [2], pads: [1, 0], output_padding: [1] }),
  },
  "ConvTranspose, of volumes": {
    shapes: [[1, 2, 2, 3, 2], [2, 1, 2, 2, 3], [2]],
    build: (g, x, f, b) => g.op("ConvTranspose", [x, f, b], { strides: [2, 1, 2], pads: [1, 0, 0, 0, 1, 0], group: 2 }),
  },
  "ConvTranspose, a given size": {
    shapes: [
      [1, 2, 3, 3],
      [2, 1, 3, 3],
    ],
    build: (g, x, f) => g.op("ConvTranspose", [x, f], { strides: [2, 2], output_shape: [6, 5] }),
  },
  "ConvTranspose, the same size": {
    shapes: [
      [1, 2, 3, 3],
      [2, 1, 3, 3],
    ],
    build: (g, x, f) => g.op("ConvTranspose", [x, f], { strides: [2, 2], auto_pad: "SAME_UPPER" }),
  },
  GlobalLpPool: { ...unary("GlobalLpPool"), shapes: [[2, 2, 2, 3]] },
  "GlobalMaxPool, of signals": { ...unary("GlobalMaxPool"), shapes: [[2, 2, 5]] },
  LpPool: withAttributes("LpPool", { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] }, [2, 1, 5, 4]),
  "LpPool, of cubes": withAttributes("LpPool", { kernel_shape: [2], p: 3 }, [2, 1, 5]),
  "MaxPool, of signals": withAttributes("MaxPool", { kernel_shape: [3], strides: [2], pads: [1, 1] }, [2, 2, 7]),
  "MaxPool, of volumes": withAttributes(
    "MaxPool",
    { kernel_shape: [2, 3, 2], strides: [2, 1, 2], pads: [1, 1, 0, 0, 0, 1] },
    [1, 2, 3, 4, 4],
  ),
  "MaxPool, rounded up": withAttributes(
    "MaxPool",
    { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 },
    [1, 2, 6, 5],
  ),
  "MaxPool, the same size": withAttributes(
    "MaxPool",
    { kernel_shape: [3, 2], strides: [2, 1], auto_pad: "SAME_UPPER" },
    [1, 2, 6, 5],
  ),

  AffineGrid: { shapes: [[2, 2, 3]], build: (g, x) => g.op("AffineGrid", [x, g.ints(2, 1, 3, 2)]) },
  "AffineGrid, of volumes, corners aligned": {
    shapes: [[1, 3, 4]],
    build: (g, x) => g.op("AffineGrid", [x, g.ints(1, 1, 2, 3, 2)], { align_corners: 1 }),
  },
  "GridSample, nearest": {
    shapes: [
      [2, 2, 3, 4],
      [2, 2, 3, 2],
    ],
    build: (g, x, grid) => g.op("GridSample", [x, grid], { mode: "nearest" }),
  },
  "GridSample, the edge around": {
    shapes: [
      [2, 2, 3, 4],
      [2, 2, 3, 2],
    ],
    build: (g, x, grid) => g.op("GridSample", [x, grid], { padding_mode: "border", align_corners: 1 }),
  },
  "GridSample, reflected": {
    shapes: [
      [2, 2, 3, 4],
      [2, 2, 3, 2],
    ],
    build: (g, x, grid) => g.op("GridSample", [x, grid], { padding_mode: "reflection" }),
  },

  "GridSample, cubic, zeros": {
    shapes: [
      [1, 2, 3, 4],
      [1, 2, 3, 2],
    ],
    build: (g, x, grid) =>
      g.op("GridSample", [x, g.op("Add", [g.op("Mul", [grid, g.scalar(0.5)]), g.scalar(0.75)])], {
        mode: "cubic",
        padding_mode: "zeros",
        align_corners: 0,
      }),
  },

  "GridSample, cubic, border": {
    shapes: [
      [1, 2, 3, 4],
      [1, 2, 3, 2],
    ],
    build: (g, x, grid) =>
      g.op("GridSample", [x, g.op("Add", [g.op("Mul", [grid, g.scalar(0.5)]), g.scalar(0.75)])], {
        mode: "cubic",
        padding_mode: "border",
        align_corners: 1,
      }),
  },

  "GridSample, cubic, reflection": {
    shapes: [
      [1, 2, 3, 4],
      [1, 2, 3, 2],
    ],
    build: (g, x, grid) =>
      g.op("GridSample", [x, g.op("Add", [g.op("Mul", [grid, g.scalar(0.5)]), g.scalar(0.75)])], {
        mode: "cubic",
        padding_mode: "reflection",
        align_corners: 0,
      }),
  },
};
