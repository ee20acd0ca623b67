import type { GraphBuilder } from "../../graph/builder.js";
import { type Kind, number, objectOf } from "../../values/kind.js";
import { wrongKind } from "../../values/place.js";
import { record, required } from "../../values/record.js";

/**
 * A limit to the gradients of a step, against steps that are too long.
 *
 * - `norm`: all gradients together are shortened to this length where they are longer, their direction stays (Pascanu, Mikolov and
 *   Bengio, 2013)
 * - `value`: each number is limited to ± this
 */
export type Clip = { readonly norm: number } | { readonly value: number };

/** A limit to the length of all gradients together. */
export const CLIP_NORM = record({
  norm: required(number({ above: 0, scale: "log" }), "the longest that all gradients together may be"),
});

/** A limit to each number of a gradient. */
export const CLIP_VALUE = record({
  value: required(number({ above: 0, scale: "log" }), "the largest that each number of a gradient may be"),
});

/** A limit to gradients as JSON has it. */
export const CLIP: Kind<Clip> = {
  expected: "an object with a norm or a value",
  take(value, at) {
    const clip = objectOf(value, at);
    if (!("norm" in clip || "value" in clip)) throw wrongKind(at, CLIP.expected, value);
    return ("norm" in clip ? CLIP_NORM : CLIP_VALUE).take(value, at);
  },
};

/**
 * Adds to a graph the gradients within their limit c. By norm, all are multiplied by min(1, c / (‖g‖ + 10⁻⁶)), where ‖g‖² is the sum
 * of squares of them all, as in PyTorch's `clip_grad_norm_`.
 *
 * @param gradients the values that hold them
 * @returns the names of the limited gradients
 */
export function clipGradients(g: GraphBuilder, gradients: readonly string[], clip: Clip): string[] {
  return g.scope("clip", () => {
    if ("value" in clip) {
      return gradients.map((gradient) => g.op("Clip", [gradient, g.scalar(-clip.value), g.scalar(clip.value)]));
    }
    const squares = gradients.map((gradient) =>
      g.op("ReduceSum", [g.op("Mul", [gradient, gradient])], { keepdims: 0 }),
    );
    const length = g.op("Add", [g.op("Sqrt", [g.op("Sum", squares)]), g.scalar(1e-6)]);
    const factor = g.op("Min", [g.op("Div", [g.scalar(clip.norm), length]), g.scalar(1)]);
    return gradients.map((gradient) => g.op("Mul", [gradient, factor]));
  });
}
