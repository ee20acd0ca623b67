import { intOf } from "../attributes.js";
import { isStatic, product } from "../dimension.js";
import type { Inference } from "../infer/infer.js";
import { int64 } from "../tensor.js";
import type { Node, Tensor } from "../types.js";

/**
 * The shape of a Reshape of which the first size is that of its input: 0, which keeps it, in the place of a number, so that it goes with batches of
 * any size. Undefined where that is so already, or cannot be shown: the sizes behind must be as many elements as before, which they are where they
 * say so, or where the first size is that of the input and one of them is what remains.
 */
export function freeShape(
  node: Node,
  { typeOf }: Pick<Inference, "typeOf">,
  constant: Tensor | undefined,
): Tensor | undefined {
  if (node.operator !== "Reshape" || node.domain !== "" || constant?.type !== "int64") return undefined;
  const shape = typeOf(node.inputs[0])?.shape;
  const wanted = Array.from(constant.data, Number);
  if (intOf(node, "allowzero", 0) === 1 && wanted.includes(0)) return undefined;
  const [first, ...rest] = wanted;
  if (!shape || shape.length === 0 || rest.length === 0 || first < 1) return undefined;
  const behind = shape.slice(1);
  // 0 keeps the size of the same axis.
  const sizes = rest.map((size, i) => (size === 0 ? (shape[i + 1] ?? size) : size));
  const same = isStatic(behind) && isStatic(sizes) && !sizes.includes(-1) && product(behind) === product(sizes);
  const divides = shape[0] === first && sizes.includes(-1);
  return same || divides ? int64([0, ...rest]) : undefined;
}
