import { attributes } from "../../graph/attributes.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { windowAttributes } from "../../graph/window.js";
import { type Pair, pair, sides, whole } from "../../values/kind.js";
import { defaulted, required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";
import { bankParameters, FILTER_BANK } from "./filter-bank.js";

const FIELDS = {
  /** height and width of the filters, in pixels */
  support: required(pair(whole(1))),
  ...FILTER_BANK,
  /** distance in the output between the filters put down by neighbouring pixels of the input, in pixels; 1 */
  upsample: defaulted(pair(whole(1)), 1),
  /** rows and columns of the result that are cut off: top, bottom, left, right; 0 */
  crop: defaulted(sides(whole(0)), 0),
};

/** The block of transposed convolution; the formula stands at {@link convTranspose}. */
export const convTransposeBlock = declareBlock("convTranspose", FIELDS, {
  outputShape({ support, filters, upsample, crop, groups }, input) {
    const divided: readonly (readonly [number, string])[] = [
      [input.channels, "input channels"],
      [filters, "filters"],
    ];
    for (const [count, what] of divided) {
      if (count % groups !== 0) throw new ShapeError(`${groups} groups do not divide its ${count} ${what}`);
    }
    const size = (length: number, axis: 0 | 1): number =>
      upsample[axis] * (length - 1) + support[axis] - crop[2 * axis] - crop[2 * axis + 1];
    const [height, width] = [size(input.height, 0), size(input.width, 1)];
    if (height < 1 || width < 1) {
      throw new ShapeError(`nothing is left when ${crop.join(", ")} pixels are cut off`);
    }
    return { channels: filters, height, width };
  },
  parameters: (layer, { channels }) =>
    bankParameters(layer, [channels, layer.filters / layer.groups, ...layer.support]),
  // An output pixel meets (F − 1)/U + 1 input pixels, and moves 1/U of one.
  field({ support, upsample, crop }) {
    const along = <V>(value: (axis: 0 | 1) => V): [V, V] => [value(0), value(1)];
    return {
      size: along((axis) => (support[axis] - 1) / upsample[axis] + 1),
      stride: along((axis) => 1 / upsample[axis]),
      offset: along((axis) => (2 * crop[2 * axis] - support[axis] + 1) / (2 * upsample[axis])),
    };
  },
  multiplyAdds: ({ support, filters, groups }, { channels, height, width }) =>
    height * width * channels * (filters / groups) * support[0] * support[1],
  build(g, { support, upsample, crop, groups, biases: biased }, [x], { filters, biases }) {
    return g.op("ConvTranspose", biased ? [x, filters, biases] : [x, filters], {
      ...windowAttributes({ support, stride: upsample, pad: crop, dilation: [1, 1] }),
      ...attributes({ group: groups }),
    });
  },
});

/** A transposed convolution. See {@link convTranspose} for the meaning of each field. */
export type ConvTranspose = LayerFrom<typeof convTransposeBlock>;

/** The options of {@link convTranspose}; every one has a default. */
export type ConvTransposeOptions = OptionsFrom<typeof convTransposeBlock, "support" | "filters">;

/**
 * The transpose of a convolution, which enlarges an image: every pixel puts a multiple of a filter down, and what overlaps is added.
 *
 *     y[k, U·i + u − top, U·j + v − left] = b[k] + Σ x[c, i, j] · f[c, k, u, v]   over all c, i, j, u, v that meet there
 *
 * (MatConvNet's `vl_nnconvt`; "deconvolution"). x is C×H×W, f is C × K/groups × fh × fw, as ONNX's ConvTranspose has it, y is
 * K × U(H−1)+fh−top−bottom × (the same for the width). Backward, dx is the convolution of dy with f, with stride U and pad crop, and df
 * that convolution's gradient with dy and x in each other's place; db = Σ dy.
 *
 * @param support height and width of the filters, in pixels
 * @param filters how many channels the output has
 * @throws RangeError when an option is not a whole number in its range
 * @example
 * convTranspose(4, 21, { upsample: 2, crop: 1, biases: false }); // twice as high and wide
 */
export const convTranspose = (support: Pair, filters: number, options: ConvTransposeOptions = {}): ConvTranspose =>
  convTransposeBlock.make({ ...options, support, filters });
