import { attributes } from "../../graph/attributes.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { positions, type Window, windowAttributes } from "../../graph/window.js";
import type { ImageShape } from "../../values/image-shape.js";
import { expectWhole } from "../../values/range.js";
import { type Block, both, type Pair, placed, type Sides, sides } from "../block.js";
import { bankFrom, bankParameters, type FilterBank, type FilterBankOptions, filterBank } from "./filter-bank.js";

/** A convolution layer. See {@link conv} for the meaning of each field. */
export interface Conv extends FilterBank {
  readonly type: "conv";
  readonly support: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pad: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
}

/** The options of {@link conv}; every one has a default. */
export interface ConvOptions extends FilterBankOptions {
  /** distance between neighbouring windows, in pixels; 1 */
  readonly stride?: Pair;
  /** rows and columns of zeros around the input: top, bottom, left, right; 0 */
  readonly pad?: Sides;
  /** distance between neighbouring taps of a filter, in pixels; 1 */
  readonly dilation?: Pair;
}

/**
 * A bank of K filters slid over the image:
 *
 *   y[k, i, j] = b[k] + Σ_c Σ_u Σ_v  f[k, c, u, v] · x[c, s·i + d·u − top, s·j + d·v − left]
 *
 * with zeros outside the image. As in MatConvNet (`vl_nnconv`) this is a correlation: the filter is not flipped.
 * x is C×H×W, f is K × C/groups × fh × fw, y is K × ⌊(H + top + bottom − (d(fh−1)+1))/s⌋+1 × (the same for the width).
 * A fully connected layer is a convolution whose support is its whole input.
 *
 * @param support height and width of the filters, in pixels
 * @param filters how many there are: the channels of the output
 * @throws RangeError when an option is not a whole number in its range
 * @example
 * conv(5, 20); // 20 filters of 5×5
 * conv([3, 5], 64, { pad: [1, 1, 2, 2], stride: 2 });
 */
export function conv(support: Pair, filters: number, options: ConvOptions = {}): Conv {
  const layer: Conv = {
    type: "conv",
    ...placed(options),
    support: both(support),
    filters,
    stride: both(options.stride ?? 1),
    pad: sides(options.pad ?? 0),
    dilation: both(options.dilation ?? 1),
    ...filterBank(options),
  };
  expectWhole("support", layer.support, 1);
  expectWhole("filters", [layer.filters], 1);
  expectWhole("stride", layer.stride, 1);
  expectWhole("pad", layer.pad, 0);
  expectWhole("dilation", layer.dilation, 1);
  expectWhole("groups", [layer.groups], 1);
  return layer;
}

const windowOf = ({ support, stride, pad, dilation }: Conv): Window => ({ support, stride, pad, dilation });

const depth = (layer: Conv, input: ImageShape): number => input.channels / layer.groups;

/** The convolution block; the formula stands at {@link conv}. */
export const convBlock: Block<Conv> = {
  outputShape(layer, input) {
    if (!Number.isInteger(depth(layer, input))) {
      throw new ShapeError(`${layer.groups} groups do not divide its ${input.channels} input channels`);
    }
    if (layer.filters % layer.groups !== 0) {
      throw new ShapeError(`${layer.groups} groups do not divide its ${layer.filters} filters`);
    }
    return { channels: layer.filters, ...slide(windowOf(layer), input) };
  },
  parameters: (layer, input) => bankParameters(layer, [layer.filters, depth(layer, input), ...layer.support]),
  window: windowOf,
  multiplyAdds(layer, input) {
    const { height, width } = slide(windowOf(layer), input);
    return height * width * layer.filters * depth(layer, input) * layer.support[0] * layer.support[1];
  },
  build(g, layer, [x], { filters, biases }) {
    return g.op("Conv", layer.biases ? [x, filters, biases] : [x, filters], {
      ...windowAttributes(windowOf(layer)),
      ...attributes({ group: layer.groups }),
    });
  },
  read: (fields) =>
    conv(fields.numbers("support", 2), fields.number("filters"), {
      ...bankFrom(fields),
      stride: fields.numbers("stride", 2),
      pad: fields.numbers("pad", 4),
      dilation: fields.numbers("dilation", 2),
    }),
};

/**
 * The size of what a window makes of an image.
 *
 * @throws ShapeError when the window is larger than the padded image
 */
export function slide(window: Window, input: ImageShape): { height: number; width: number } {
  const height = Number(positions(input.height, window, 0));
  const width = Number(positions(input.width, window, 1));
  if (height < 1 || width < 1) {
    const padded = window.pad.some((p) => p > 0) ? `, padded by ${window.pad.join(", ")}` : "";
    const dilated = window.dilation.some((d) => d > 1) ? ` with dilation ${window.dilation.join("×")}` : "";
    throw new ShapeError(
      `support ${window.support.join("×")}${dilated} does not fit its ${input.height}×${input.width} input${padded}`,
    );
  }
  return { height, width };
}
