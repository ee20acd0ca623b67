import { expectType } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { dequantized } from "./eight-bit.js";

/** Behind the name of a constant: the whole numbers that stand for it, and their steps. */
export const WHOLE = "/whole";
export const SCALE = "/scale";

/**
 * The numbers that the whole ones in a quantised graph stand for.
 *
 * @param axes of each constant that is whole numbers, the axis of its channels
 * @throws TypeError when one is missing, or of another type or size than it must be
 */
export function wholeConstants(
  { initializers }: Graph,
  axes: Readonly<Record<string, number>>,
): ReadonlyMap<string, Tensor<"float32">> {
  return new Map(
    Object.entries(axes).map(([name, axis]) => {
      const [values, steps] = [initializers.get(name + WHOLE), initializers.get(name + SCALE)];
      if (!values || !steps) throw new TypeError(`the whole numbers of '${name}' are missing.`);
      const scales = expectType(steps, "float32", name + SCALE);
      if (values.shape[axis] !== scales.data.length)
        throw new TypeError(
          `'${name}': expected a step for each of ${values.shape[axis]} channels, got ${scales.data.length}.`,
        );
      const whole = values.type === "int32" ? expectType(values, "int32", name) : expectType(values, "int8", name);
      return [name, dequantized(whole, scales.data, axis)];
    }),
  );
}
