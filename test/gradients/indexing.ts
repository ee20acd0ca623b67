/** Cases of what takes or puts elements at computed places, resizes, pads, and sums over letters. */

import { type AttributeInput, float } from "../../src/graph/attributes.js";
import { float32, int64, tensor } from "../../src/graph/tensor.js";
import type { Case } from "./case.js";

const scattered = (reduction: string, places: readonly number[], offset = 0): Case => ({
  shapes: [
    [3, 4],
    [2, 3],
  ],
  offset,
  build: (g, x, updates) =>
    g.op("ScatterElements", [x, g.constant(int64(places, [2, 3])), updates], { axis: 1, reduction }),
});

const scatteredRows = (reduction: string, places: readonly number[], depth: number): Case => ({
  shapes: [[3, 2, 2], depth === 2 ? [2, 2] : [2, 2, 2]],
  build: (g, x, updates) => g.op("ScatterND", [x, g.constant(int64(places, [2, depth])), updates], { reduction }),
});

const einsum = (equation: string, ...shapes: readonly (readonly number[])[]): Case => ({
  shapes,
  build: (g, ...values) => g.op("Einsum", values, { equation }),
});

/** A resizing by scales, or to sizes. */
const resized = (
  how: Readonly<Record<string, AttributeInput>>,
  by: { scales?: readonly number[]; sizes?: readonly number[]; roi?: readonly number[] },
  shape: readonly number[] = [1, 2, 3, 4],
): Case => ({
  shapes: [shape],
  build: (g, x) => {
    const roi = by.roi ? g.constant(float32(by.roi, [by.roi.length])) : "";
    if (by.sizes) return g.op("Resize", [x, roi, "", g.ints(...by.sizes)], how);
    return g.op("Resize", [x, roi, g.constant(float32(by.scales ?? [], [by.scales?.length ?? 0]))], how);
  },
});

const padded = (mode: string, ...pads: readonly number[]): Case => ({
  shapes: [[2, 4, 5]],
  build: (g, x) => g.op("Pad", [x, g.ints(...pads)], { mode }),
});

export const INDEXING: Readonly<Record<string, Case>> = {
  Compress: {
    shapes: [[3, 4]],
    build: (g, x) => g.op("Compress", [x, g.constant(tensor("bool", [3], Uint8Array.of(1, 0, 1)))], { axis: 0 }),
  },
  "Compress, all axes": {
    shapes: [[2, 3]],
    build: (g, x) => g.op("Compress", [x, g.constant(tensor("bool", [5], Uint8Array.of(0, 1, 0, 0, 1)))]),
  },
  Einsum: einsum("bij,bjk->bik", [2, 2, 3], [2, 3, 2]),
  "Einsum, without an arrow": einsum("ij, kj", [2, 3], [4, 3]),
  "Einsum, sums of one operand": einsum("ij->j", [2, 3]),
  "Einsum, a letter of one operand only": einsum("ijk,jl->il", [2, 3, 2], [3, 2]),
  "Einsum, three operands": einsum("bhwc,hkc,bk->bwh", [2, 2, 3, 2], [2, 2, 2], [2, 2]),
  "Einsum, an ellipsis": einsum("...ij,...jk->...ik", [2, 2, 3], [1, 3, 2]),
  "Einsum, a diagonal": einsum("ii->i", [3, 3]),
  "Einsum, a trace": einsum("ii", [3, 3]),
  GatherElements: {
    shapes: [[3, 4]],
    build: (g, x) => g.op("GatherElements", [x, g.constant(int64([3, 0, -1, 1, 1, 1], [2, 3]))], { axis: 1 }),
  },
  GatherND: {
    shapes: [[3, 2, 2]],
    build: (g, x) => g.op("GatherND", [x, g.constant(int64([0, 1, -1, 0, 0, 1], [3, 2]))]),
  },
  "GatherND, of batches": {
    shapes: [[2, 3, 2]],
    build: (g, x) => g.op("GatherND", [x, g.constant(int64([2, -2], [2, 1]))], { batch_dims: 1 }),
  },
  MaxUnpool: {
    shapes: [[1, 1, 2, 2]],
    build: (g, x) =>
      g.op("MaxUnpool", [x, g.constant(int64([1, 6, 8, 15], [1, 1, 2, 2]))], { kernel_shape: [2, 2], strides: [2, 2] }),
  },
  OneHot: {
    shapes: [[2]],
    build: (g, values) => g.op("OneHot", [g.ints(1, 0, -1), g.constant(int64([4], [])), values], { axis: 0 }),
  },
  "Pad, its value": { shapes: [[2, 3], []], build: (g, x, value) => g.op("Pad", [x, g.ints(1, 0, 2, -1), value]) },
  "Pad, cut off": padded("constant", 0, -1, 2, 0, 1, -2),
  "Pad, by reflection": padded("reflect", 0, 2, 1, 1, 0, 3),
  "Pad, by the edge": padded("edge", 1, 0, 2, 0, 3, 0),
  "Pad, around": padded("wrap", 0, 2, 1, 1, 0, 3),
  "Pad, axes": {
    shapes: [[2, 4, 5]],
    build: (g, x) => g.op("Pad", [x, g.ints(1, 2), "", g.ints(-2)], { mode: "reflect" }),
  },
  Resize: resized({}, { scales: [1, 1, 2, 3] }),
  "Resize, nearest, to sizes": resized({ coordinate_transformation_mode: "asymmetric" }, { sizes: [1, 2, 5, 3] }),
  "Resize, nearest, twice, from the corner": resized(
    { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    { scales: [1, 1, 2, 2] },
  ),
  "Resize, nearest, upwards": resized({ nearest_mode: "ceil" }, { scales: [1, 1, 1.5, 0.6] }),
  "Resize, linear": resized({ mode: "linear" }, { scales: [1, 1, 2, 1.6] }),
  "Resize, linear, corners aligned": resized(
    { mode: "linear", coordinate_transformation_mode: "align_corners" },
    { sizes: [1, 2, 5, 3] },
  ),
  "Resize, linear, half a pixel as PyTorch's": resized(
    { mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" },
    { sizes: [1, 2, 1, 7] },
  ),
  "Resize, linear, symmetric": resized(
    { mode: "linear", coordinate_transformation_mode: "half_pixel_symmetric" },
    { scales: [1, 1, 1.3, 0.7] },
  ),
  "Resize, linear, antialiased": {
    ...resized({ mode: "linear", antialias: 1 }, { sizes: [1, 1, 2, 3] }, [1, 1, 5, 6]),
    refusedOn: "webgpu",
  },
  "Resize, linear, a region": resized(
    { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: float(0.5) },
    { sizes: [1, 1, 4, 4], roi: [0, 0, 0.2, -0.3, 1, 1, 0.8, 0.9] },
    [1, 1, 4, 4],
  ),
  "Resize, linear, images of 3 axes": resized({ mode: "linear" }, { scales: [1, 1, 2, 1.5, 2] }, [1, 2, 2, 2, 3]),
  "Resize, linear, a region that does not count": resized({ mode: "linear" }, { sizes: [1, 2, 5, 3], roi: [] }),
  "Resize, linear, two axes": resized({ mode: "linear", axes: [2, 3] }, { sizes: [4, 6] }),
  "Resize, cubic": resized({ mode: "cubic" }, { scales: [1, 1, 1.5, 2] }),
  "Resize, cubic, without what is outside": resized(
    { mode: "cubic", exclude_outside: 1, cubic_coeff_a: float(-0.5) },
    { sizes: [1, 2, 2, 6] },
  ),
  ScatterElements: scattered("none", [0, 2, 1, 3, 0, -2]),
  "ScatterElements, added": scattered("add", [0, 0, 1, -1, 3, 0]),
  "ScatterElements, multiplied": scattered("mul", [0, 0, 1, 3, 3, 0], 1),
  "ScatterElements, the largest": scattered("max", [0, 0, 1, 3, 3, 0]),
  "ScatterElements, the smallest": scattered("min", [0, 0, 1, 3, 3, 0]),
  ScatterND: scatteredRows("none", [2, 0], 1),
  "ScatterND, added": scatteredRows("add", [0, 1, 0, -1], 2),
  TopK: {
    shapes: [[3, 5]],
    build: (g, x) => g.ops("TopK", [x, g.ints(2)], 2, { axis: 1 })[0],
  },
  "TopK, smallest": {
    shapes: [[4, 3]],
    build: (g, x) => g.ops("TopK", [x, g.ints(3)], 2, { axis: 0, largest: 0 })[0],
  },
};
