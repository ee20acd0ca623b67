import { isStatic } from "../../graph/dimension.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { type Pair, pair, type Sides, sides, whole } from "../../values/kind.js";
import { defaulted, required } from "../../values/record.js";
import { declareBlock, type Field, type LayerFrom, type LayerOptions } from "../block.js";

/** The cropping block; the formula stands at {@link crop}. */
export const cropBlock = declareBlock(
  "crop",
  { sides: required(sides(whole(0))) },
  {
    outputShape({ sides: [top, bottom, left, right] }, input) {
      const output = { ...input, height: input.height - top - bottom, width: input.width - left - right };
      if (output.height < 1 || output.width < 1) {
        throw new ShapeError(`nothing is left of its ${input.height}×${input.width} input`);
      }
      return output;
    },
    field: ({ sides: [top, , left] }) => shiftedField(top, left),
    build(g, { sides: [top, bottom, left, right] }, [x]) {
      const ends = [bottom, right].map((amount) => (amount === 0 ? Number.MAX_SAFE_INTEGER : -amount));
      return g.op("Slice", [x, g.ints(top, left), g.ints(...ends), g.ints(2, 3)]);
    },
  },
);

/** The middle of an image. See {@link crop}. */
export type Crop = LayerFrom<typeof cropBlock>;

/**
 * Cuts rows and columns off: y[c, i, j] = x[c, i + top, j + left] (MatConvNet's `vl_nncrop`). Backward: dx is dy, with zeros around it.
 *
 * @param amounts how many pixels are cut off: top, bottom, left, right
 * @throws RangeError when an amount is not a whole number of at least 0
 * @example
 * crop([1, 2, 0, 3]); // C×H×W → C×(H − 3)×(W − 3)
 */
export const crop = (amounts: Sides, options: LayerOptions = {}): Crop =>
  cropBlock.make({ ...options, sides: amounts });

/** The block that crops to a size; the formula stands at {@link cropLike}. */
export const cropLikeBlock = declareBlock(
  "cropLike",
  { offset: defaulted(pair(whole(0)), 0) },
  {
    inputCount: [2, 2],
    outputShape({ offset: [top, left] }, input, like: ImageShape = input) {
      const { height, width } = like;
      if (top + height > input.height || left + width > input.width) {
        throw new ShapeError(`cannot cut ${shapeText(like)} out of ${shapeText(input)} at ${top}, ${left}`);
      }
      return { channels: input.channels, height, width };
    },
    field: ({ offset: [top, left] }) => shiftedField(top, left),
    build(g, { offset: [top, left] }, [x, like]) {
      const [, , height, width] = g.type(like).shape ?? [];
      const size = [height, width];
      const ends = isStatic(size)
        ? g.ints(top + size[0], left + size[1])
        : g.op("Add", [g.op("Shape", [like], { start: 2, end: 4 }), g.ints(top, left)]);
      return g.op("Slice", [x, g.ints(top, left), ends, g.ints(2, 3)]);
    },
  },
);

/** A part of an image, of the size of another. See {@link cropLike}. */
export type CropLike = LayerFrom<typeof cropLikeBlock>;

/**
 * Cuts the first input to the height and width of the second: y[c, i, j] = x[c, i + top, j + left] (MatConvNet's `DagNN.Crop`, with
 * which a fully convolutional network puts its scores on the image). Backward: dx is dy, with zeros around it; the second input gets none.
 *
 * @param offset where the part begins in the first input: top, left; 0, 0
 * @throws RangeError when an offset is not a whole number of at least 0
 * @example
 * cropLike([4, 4], { inputs: ["enlarged", "image"] });
 */
export const cropLike = (offset?: Pair, options: LayerOptions = {}): CropLike =>
  cropLikeBlock.make({ ...options, offset });

/** The field of an image whose first pixel is another's at `top` and `left`. */
const shiftedField = (top: number, left: number): Field => ({ size: [1, 1], stride: [1, 1], offset: [top, left] });
