import { attributes } from "../../graph/attributes.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { positions, type Window, windowAttributes } from "../../graph/window.js";
import type { ImageShape } from "../../values/image-shape.js";
import { type Pair, pair, sides, whole } from "../../values/kind.js";
import { defaulted, required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";
import { bankParameters, FILTER_BANK } from "./filter-bank.js";

const FIELDS = {
  /** height and width of the filters, in pixels */
  support: required(pair(whole(1))),
  ...FILTER_BANK,
  /** distance between neighbouring windows, in pixels; 1 */
  stride: defaulted(pair(whole(1)), 1),
  /** rows and columns of zeros around the input: top, bottom, left, right; 0 */
  pad: defaulted(sides(whole(0)), 0),
  /** distance between neighbouring taps of a filter, in pixels; 1 */
  dilation: defaulted(pair(whole(1)), 1),
};

/** The convolution block; the formula stands at {@link conv}. */
export const convBlock = declareBlock("conv", FIELDS, {
  outputShape(layer, input) {
    if (!Number.isInteger(depthOf(layer, input))) {
      throw new ShapeError(`${layer.groups} groups do not divide its ${input.channels} input channels`);
    }
    if (layer.filters % layer.groups !== 0) {
      throw new ShapeError(`${layer.groups} groups do not divide its ${layer.filters} filters`);
    }
    return { channels: layer.filters, ...slide(windowOf(layer), input) };
  },
  parameters: (layer, input) => bankParameters(layer, [layer.filters, depthOf(layer, input), ...layer.support]),
  window: (layer) => windowOf(layer),
  multiplyAdds(layer, input) {
    const { height, width } = slide(windowOf(layer), input);
    return height * width * layer.filters * depthOf(layer, input) * layer.support[0] * layer.support[1];
  },
  build(g, layer, [x], { filters, biases }) {
    return g.op("Conv", layer.biases ? [x, filters, biases] : [x, filters], {
      ...windowAttributes(windowOf(layer)),
      ...attributes({ group: layer.groups }),
    });
  },
});

const windowOf = ({ support, stride, pad, dilation }: Window): Window => ({ support, stride, pad, dilation });

const depthOf = ({ groups }: { readonly groups: number }, { channels }: ImageShape): number => channels / groups;

/** A convolution layer. See {@link conv} for the meaning of each field. */
export type Conv = LayerFrom<typeof convBlock>;

/** The options of {@link conv}; every one has a default. */
export type ConvOptions = OptionsFrom<typeof convBlock, "support" | "filters">;

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
export const conv = (support: Pair, filters: number, options: ConvOptions = {}): Conv =>
  convBlock.make({ ...options, support, filters });

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
