import { isStatic } from "../../graph/dimension.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { expectWhole } from "../../values/range.js";
import {
  type Block,
  both,
  type Field,
  type LayerBase,
  type LayerOptions,
  type Pair,
  PIXEL,
  placed,
  type Sides,
  sides,
} from "../block.js";

/** The middle of an image. See {@link crop}. */
export interface Crop extends LayerBase {
  readonly type: "crop";
  readonly sides: readonly [number, number, number, number];
}

/**
 * Cuts rows and columns off: y[c, i, j] = x[c, i + top, j + left] (MatConvNet's `vl_nncrop`). Backward: dx is dy, with zeros around it.
 *
 * @param amounts how many pixels are cut off: top, bottom, left, right
 * @throws RangeError when an amount is not a whole number of at least 0
 * @example
 * crop([1, 2, 0, 3]); // C×H×W → C×(H − 3)×(W − 3)
 */
export function crop(amounts: Sides, options: LayerOptions = {}): Crop {
  const layer: Crop = { type: "crop", ...placed(options), sides: sides(amounts) };
  expectWhole("amounts", layer.sides, 0);
  return layer;
}

/** The cropping block; the formula stands at {@link crop}. */
export const cropBlock: Block<Crop> = {
  outputShape({ sides: [top, bottom, left, right] }, input) {
    const output = { ...input, height: input.height - top - bottom, width: input.width - left - right };
    if (output.height < 1 || output.width < 1) {
      throw new ShapeError(`nothing is left of its ${input.height}×${input.width} input`);
    }
    return output;
  },
  parameters: () => [],
  window: () => PIXEL,
  field: ({ sides: [top, , left] }) => moved(top, left),
  multiplyAdds: () => 0,
  build(g, { sides: [top, bottom, left, right] }, [x]) {
    const ends = [bottom, right].map((amount) => (amount === 0 ? Number.MAX_SAFE_INTEGER : -amount));
    return g.op("Slice", [x, g.ints(top, left), g.ints(...ends), g.ints(2, 3)]);
  },
  read: (fields) => crop(fields.numbers("sides", 4), fields.placed()),
};

/** A part of an image, of the size of another. See {@link cropLike}. */
export interface CropLike extends LayerBase {
  readonly type: "cropLike";
  readonly offset: readonly [number, number];
}

/**
 * Cuts the first input to the height and width of the second: y[c, i, j] = x[c, i + top, j + left] (MatConvNet's `DagNN.Crop`, with
 * which a fully convolutional network puts its scores on the image). Backward: dx is dy, with zeros around it; the second input gets none.
 *
 * @param offset where the part begins in the first input: top, left; 0, 0
 * @throws RangeError when an offset is not a whole number of at least 0
 * @example
 * cropLike([4, 4], { inputs: ["enlarged", "image"] });
 */
export function cropLike(offset: Pair = 0, options: LayerOptions = {}): CropLike {
  const layer: CropLike = { type: "cropLike", ...placed(options), offset: both(offset) };
  expectWhole("offset", layer.offset, 0);
  return layer;
}

/** The block that crops to a size; the formula stands at {@link cropLike}. */
export const cropLikeBlock: Block<CropLike> = {
  inputCount: [2, 2],
  outputShape({ offset: [top, left] }, input, like: ImageShape = input) {
    const { height, width } = like;
    if (top + height > input.height || left + width > input.width) {
      throw new ShapeError(`cannot cut ${shapeText(like)} out of ${shapeText(input)} at ${top}, ${left}`);
    }
    return { channels: input.channels, height, width };
  },
  parameters: () => [],
  window: () => PIXEL,
  field: ({ offset: [top, left] }) => moved(top, left),
  multiplyAdds: () => 0,
  build(g, { offset: [top, left] }, [x, like]) {
    const [, , height, width] = g.type(like).shape ?? [];
    const size = [height, width];
    const ends = isStatic(size)
      ? g.ints(top + size[0], left + size[1])
      : g.op("Add", [g.op("Shape", [like], { start: 2, end: 4 }), g.ints(top, left)]);
    return g.op("Slice", [x, g.ints(top, left), ends, g.ints(2, 3)]);
  },
  read: (fields) => cropLike(fields.numbers("offset", 2), fields.placed()),
};

/** The field of an image whose first pixel is another's at `top` and `left`. */
const moved = (top: number, left: number): Field => ({ size: [1, 1], stride: [1, 1], offset: [top, left] });
