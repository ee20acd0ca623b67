/** Windows over signals and volumes, written with those over images, whose gradients are known. */

import type { AttributeInput } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/shape-error.js";
import { type Slides, slidesAttributes } from "../../graph/window.js";

type Given = Readonly<Record<string, AttributeInput>>;

/** A window along some of its axes. */
const along = ({ support, stride, dilation, pads }: Slides, from: number, to?: number): Slides => ({
  support: support.slice(from, to),
  stride: stride.slice(from, to),
  dilation: dilation.slice(from, to),
  pads: pads.slice(from, to),
});

/** A window of one tap along an axis, before or behind another. */
const STILL: Slides = { support: [1], stride: [1], dilation: [1], pads: [[0, 0]] };
const beside = (a: Slides, b: Slides): Slides => ({
  support: [...a.support, ...b.support],
  stride: [...a.stride, ...b.stride],
  dilation: [...a.dilation, ...b.dilation],
  pads: [...a.pads, ...b.pads],
});

/** A convolution of signals (N×C×L), images or volumes (N×C×D×H×W). @throws ShapeError for more axes */
export function conv(g: GraphBuilder, inputs: readonly string[], slides: Slides, group: number): string {
  const [x, filters, biases] = inputs;
  const given = biases ? [biases] : [];
  const rank = slides.support.length;
  if (rank === 2) return g.op("Conv", [x, filters, ...given], { ...slidesAttributes(slides), group });
  if (rank === 1) {
    const [image, kernels] = [x, filters].map((value) => g.op("Unsqueeze", [value, g.ints(2)]));
    const window = { ...slidesAttributes(beside(STILL, slides)), group };
    return g.op("Squeeze", [g.op("Conv", [image, kernels, ...given], window), g.ints(2)]);
  }
  if (rank > 3) throw new ShapeError("gradients of convolutions are known up to volumes");
  return ofVolumes(g, [x, filters, biases ?? ""], slides, group);
}

/** Y[d] = Σ_u X[s·d + δ·u] ⋆ F[u]: for each slice u of the filters, a convolution of the slices of all volumes that it meets. */
function ofVolumes(g: GraphBuilder, inputs: readonly string[], slides: Slides, group: number): string {
  const [x, filters, biases] = inputs;
  const [batch, channels, , height, width] = g.shape(x);
  const [[before, after], [stride], [dilation], [taps]] = [
    slides.pads[0],
    slides.stride,
    slides.dilation,
    slides.support,
  ];
  const padded = g.op("Pad", [x, g.ints(0, 0, before, 0, 0, 0, 0, after, 0, 0)]);
  const depth = Math.floor((g.shape(padded)[2] - (taps - 1) * dilation - 1) / stride) + 1;
  const moved = g.op("Transpose", [padded], { perm: [0, 2, 1, 3, 4] });
  const window = { ...slidesAttributes(along(slides, 1)), group };
  const parts = Array.from({ length: taps }, (_, u) => {
    const first = u * dilation;
    const bounds = [first, first + (depth - 1) * stride + 1, 1, stride].map((bound) => g.ints(bound));
    const met = g.op("Reshape", [g.op("Slice", [moved, ...bounds]), g.ints(batch * depth, channels, height, width)]);
    const tap = g.op("Slice", [filters, g.ints(u), g.ints(u + 1), g.ints(2)]);
    return g.op("Conv", [met, g.op("Squeeze", [tap, g.ints(2)])], window);
  });
  const sum = parts.reduce((a, b) => g.op("Add", [a, b]));
  const [, count, rows, columns] = g.shape(sum);
  const apart = g.op("Reshape", [sum, g.ints(batch, depth, count, rows, columns)]);
  const y = g.op("Transpose", [apart], { perm: [0, 2, 1, 3, 4] });
  return biases === "" ? y : g.op("Add", [y, g.op("Reshape", [biases, g.ints(count, 1, 1, 1)])]);
}

/** A pooling by the maximum or the mean: over volumes first of each slice, then along the slices. @throws ShapeError for more axes */
export function pool(
  g: GraphBuilder,
  operator: "MaxPool" | "AveragePool",
  x: string,
  slides: Slides,
  given: Given,
): string {
  const pooled = (value: string, window: Slides): string =>
    g.op(operator, [value], { ...slidesAttributes(window), ...given });
  const [batch, channels, depth, height, width] = g.shape(x);
  const rank = slides.support.length;
  if (rank === 2) return pooled(x, slides);
  if (rank === 1) {
    const image = g.op("Unsqueeze", [x, g.ints(2)]);
    return g.op("Squeeze", [pooled(image, beside(STILL, slides)), g.ints(2)]);
  }
  if (rank > 3) throw new ShapeError("gradients of poolings are known up to volumes");
  const flat = pooled(g.op("Reshape", [x, g.ints(batch, channels * depth, height, width)]), along(slides, 1));
  const [, , rows, columns] = g.shape(flat);
  const upright = g.op("Reshape", [flat, g.ints(batch, channels, depth, rows * columns)]);
  const y = pooled(upright, beside(along(slides, 0, 1), STILL));
  return g.op("Reshape", [y, g.ints(batch, channels, g.shape(y)[2], rows, columns)]);
}
