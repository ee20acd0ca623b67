import { ShapeError } from "../../graph/infer/infer.js";
import { declareBlock, type LayerFrom, type LayerOptions, PIXEL, wholeField } from "../block.js";

/** The block of bilinear sampling; the formula stands at {@link bilinearSampler}. */
export const bilinearSamplerBlock = declareBlock(
  "bilinearSampler",
  {},
  {
    inputCount: [2, 2],
    outputShape(_, { channels }, grid) {
      if (grid?.channels !== 2) throw new ShapeError(`its grid has ${grid?.channels} channels instead of 2`);
      return { channels, height: grid.height, width: grid.width };
    },
    // A point may lie anywhere.
    window: (_, { height, width }) => ({ ...PIXEL, support: [height, width] }),
    field: (_, input) => wholeField(input),
    build(g, _, [x, grid]) {
      // ONNX wants N×H′×W′×2 with the horizontal coordinate first.
      const [vertical, horizontal] = g.ops("Split", [grid, g.ints(1, 1)], 2, { axis: 1 });
      const turned = g.op("Concat", [horizontal, vertical], { axis: 1 });
      return g.op("GridSample", [x, g.op("Transpose", [turned], { perm: [0, 2, 3, 1] })], {
        mode: "linear",
        padding_mode: "zeros",
        align_corners: 1,
      });
    },
  },
);

/** An image read at given places. See {@link bilinearSampler}. */
export type BilinearSampler = LayerFrom<typeof bilinearSamplerBlock>;

/**
 * Reads an image at the points of a grid, between its pixels (Jaderberg et al. 2015, "Spatial transformer networks"; MatConvNet's
 * `vl_nnbilinearsampler`). The inputs are x, C×H×W, and the grid, 2×H′×W′: the vertical, then the horizontal coordinate of each point, −1
 * being the centre of the first row or column and 1 that of the last. With p = (grid[0] + 1)/2·(H − 1) and q = (grid[1] + 1)/2·(W − 1),
 *
 *     y[c, i, j] = Σ_h Σ_w  x[c, h, w] · max(0, 1 − |p − h|) · max(0, 1 − |q − w|)
 *
 * so that there are zeros around the image. y is C×H′×W′. Backward, dx[c, h, w] is the sum of dy times the same factors, and
 *
 *     dp = Σ_c dy · Σ_h Σ_w  x[c, h, w] · max(0, 1 − |q − w|) · (1 for the row below p, −1 for the row at or above it)
 *
 * with dgrid[0] = dp·(H − 1)/2, and the same for the other axis.
 *
 * @example
 * bilinearSampler({ inputs: ["image", "grid"] });
 */
export const bilinearSampler = (options: LayerOptions = {}): BilinearSampler => bilinearSamplerBlock.make(options);
