import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { type Pair, pair, whole } from "../../values/kind.js";
import { required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

/** The block that repeats pixels; the formula stands at {@link upsample}. */
export const upsampleBlock = declareBlock(
  "upsample",
  {
    /** height and width of the result, in pixels */
    size: required(pair(whole(1))),
  },
  {
    outputShape: ({ size: [height, width] }, { channels }) => ({ channels, height, width }),
    field({ size }, { height, width }) {
      const stride: [number, number] = [height / size[0], width / size[1]];
      return { size: [1, 1], stride, offset: [(stride[0] - 1) / 2, (stride[1] - 1) / 2] };
    },
    build(g, { size: [height, width] }, [x]) {
      const [, , h, w] = g.type(x).shape ?? [];
      if (typeof h !== "number" || typeof w !== "number") {
        throw new ShapeError("an image of another size must know the size that it had");
      }
      const tall = h === height ? x : g.op("MatMul", [picks(g, height, h), x]);
      return w === width ? tall : g.op("MatMul", [tall, g.op("Transpose", [picks(g, width, w)], { perm: [1, 0] })]);
    },
  },
);

/** An image of another size. See {@link upsample}. */
export type Upsample = LayerFrom<typeof upsampleBlock>;

/**
 * An image of another size, each of its pixels the nearest one: y[c, i, j] = x[c, ⌊i·h/H⌋, ⌊j·w/W⌋] for x of h×w and y of H×W (PyTorch's
 * `interpolate` by "nearest"). Backward: dx is the sum of dy over the pixels that show it.
 *
 * @param size height and width of the result, in pixels
 * @throws RangeError when the size is no whole numbers of at least 1
 * @example
 * upsample([28, 28]);
 */
export const upsample = (size: Pair, options: LayerOptions = {}): Upsample => upsampleBlock.make({ ...options, size });

/** to × from: row i has its 1 in column ⌊i·from/to⌋. A product is exact on every device, where coordinates are rounded. */
function picks(g: GraphBuilder, to: number, from: number): string {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) matrix[i * from + Math.floor((i * from) / to)] = 1;
  return g.constant(float32(matrix, [to, from]));
}
