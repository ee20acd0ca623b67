import { intOf, stringOf } from "../attributes.js";
import { isStatic, product } from "../dimension.js";
import type { Inference } from "../infer/infer.js";
import { int64 } from "../tensor.js";
import type { Attributes, Dimension, Node, Tensor } from "../types.js";

/** Another constant for an input of a node, and attributes that go with it. */
export interface Freed {
  readonly input: number;
  readonly value: Tensor;
  readonly attributes: Attributes;
}

/**
 * A node that is told a shape, told it without the size of the batch, so that it goes with batches of any size; undefined where there is none in it, or
 * where the two cannot be shown to be the same. Files that were made for one picture have a 1 there.
 */
export function freeBatch(
  node: Node,
  { typeOf }: Pick<Inference, "typeOf">,
  constants: ReadonlyMap<string, Tensor>,
): Freed | undefined {
  const shape = typeOf(node.inputs[0] ?? "")?.shape;
  if (!shape || shape.length === 0 || node.domain !== "") return undefined;
  const told = (input: number): number[] | undefined => {
    const value = constants.get(node.inputs[input] ?? "");
    return value?.type === "int64" ? Array.from(value.data, Number) : undefined;
  };
  if (node.operator === "Reshape") return freeReshape(node, shape, told(1));
  return node.operator === "Resize" ? freeResize(node, shape, told(3)) : undefined;
}

/**
 * 0, which keeps the size, in the place of a number: the sizes behind must be as many elements as before, which they are where they say so, or where
 * the first size is that of the input and one of them is what remains.
 */
function freeReshape(
  node: Node,
  shape: readonly Dimension[],
  wanted: readonly number[] | undefined,
): Freed | undefined {
  const [first, ...rest] = wanted ?? [];
  if (wanted === undefined || rest.length === 0 || first < 1) return undefined;
  if (intOf(node, "allowzero", 0) === 1 && rest.includes(0)) return undefined;
  const behind = shape.slice(1);
  // 0 keeps the size of the same axis.
  const sizes = rest.map((size, i) => (size === 0 ? (behind[i] ?? size) : size));
  const same = isStatic(behind) && isStatic(sizes) && !sizes.includes(-1) && product(behind) === product(sizes);
  const divides = shape[0] === first && sizes.includes(-1);
  const { allowzero: _, ...attributes } = node.attributes;
  return same || divides ? { input: 1, value: int64([0, ...rest]), attributes } : undefined;
}

/** Sizes of the axes of the image alone, where those of batch and channels stay. */
function freeResize(node: Node, shape: readonly Dimension[], wanted: readonly number[] | undefined): Freed | undefined {
  const stretched = stringOf(node, "keep_aspect_ratio_policy", "stretch") === "stretch";
  if (!wanted || wanted.length !== shape.length || wanted.length < 3 || node.attributes.axes || !stretched)
    return undefined;
  if ((node.inputs[1] ?? "") !== "" || wanted[0] !== shape[0] || wanted[1] !== shape[1]) return undefined;
  const image = wanted.slice(2);
  const axes = { type: "ints", value: image.map((_, i) => i + 2) } as const;
  return { input: 3, value: int64(image), attributes: { ...node.attributes, axes } };
}
