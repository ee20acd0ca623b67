/** The nodes and constants of a piece of graph as JSON holds them. */

import { tensor } from "../../graph/tensor.js";
import type { Attribute, Attributes, DataType, ElementArrays, Node, Tensor } from "../../graph/types.js";
import { byName, type Kind, list, objectOf, text, type ValueOf, whole, word } from "../../values/kind.js";
import { expectedText, within, wrongKind } from "../../values/place.js";
import { defaulted, record, required } from "../../values/record.js";

/** A number; a text where JSON has none for it: "Infinity", "NaN", or a whole number beyond ±2⁵³. */
const FIGURE: Kind<number | string> = {
  expected: 'a number, or a text such as "Infinity"',
  take(value, at) {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "string" && (/^-?(Infinity|\d+)$/.test(value) || value === "NaN")) return value;
    throw wrongKind(at, FIGURE.expected, value);
  },
};

/** A number as JSON holds it. */
export function figureOf(value: number | bigint): number | string {
  const plain = Number(value);
  const exact = typeof value === "number" ? Number.isFinite(value) : Number.isSafeInteger(plain);
  return exact ? plain : String(value);
}

const ELEMENTS = ["float32", "float64", "int64", "int32", "uint8", "bool"] as const satisfies readonly DataType[];

/** The types of elements that a piece of graph may read and hold. */
export const ELEMENT_TYPE = word(ELEMENTS);

const TENSOR = record({
  type: required(ELEMENT_TYPE),
  /** its sizes; none for one number */
  shape: required(list(whole(0))),
  /** its numbers, row by row */
  data: required(list(FIGURE)),
});

/** A small constant as JSON holds it. */
export type TensorData = ValueOf<typeof TENSOR>;

/** The kind of a small constant. */
export const TENSOR_DATA: Kind<TensorData> = {
  ...TENSOR,
  expected: "a tensor",
  take(value, at) {
    const taken = TENSOR.take(value, at);
    const count = taken.shape.reduce((product, size) => product * size, 1);
    if (taken.data.length === count) return taken;
    throw new RangeError(expectedText(within(at, "data"), `${count} numbers`, taken.data.length));
  },
};

/** Whether JSON holds tensors of a type. */
export const isElementType = (type: DataType): type is (typeof ELEMENTS)[number] =>
  ELEMENTS.some((known) => known === type);

/** The tensor that JSON holds. */
export function tensorOf({ type, shape, data }: TensorData): Tensor {
  const numbers = (): number[] => data.map(Number);
  const arrays: { [T in (typeof ELEMENTS)[number]]: () => ElementArrays[T] } = {
    float32: () => Float32Array.from(numbers()),
    float64: () => Float64Array.from(numbers()),
    int64: () => BigInt64Array.from(data.map(BigInt)),
    int32: () => Int32Array.from(numbers()),
    uint8: () => Uint8Array.from(numbers()),
    bool: () => Uint8Array.from(numbers()),
  };
  return tensor(type, shape, arrays[type]());
}

/** A tensor as JSON holds it; undefined where there is no word for its type. */
export const tensorData = ({ type, shape, data }: Tensor): TensorData | undefined =>
  isElementType(type) ? { type, shape, data: Array.from<number | bigint, number | string>(data, figureOf) } : undefined;

/** What an attribute may hold. */
const VALUES = {
  int: FIGURE,
  float: FIGURE,
  string: text(),
  ints: list(FIGURE),
  floats: list(FIGURE),
  strings: list(text()),
  tensor: TENSOR_DATA,
} as const;

const ATTRIBUTE: Kind<AttributeData> = {
  expected: "an attribute",
  take(value, at) {
    const { type, value: held } = objectOf(value, at) as { readonly type?: unknown; readonly value?: unknown };
    const kind = word(Object.keys(VALUES) as (keyof typeof VALUES)[]).take(type, within(at, "type"));
    return { type: kind, value: VALUES[kind].take(held, within(at, "value")) } as AttributeData;
  },
};

/** An attribute of a node as JSON holds it. */
export type AttributeData = {
  readonly [T in keyof typeof VALUES]: { readonly type: T; readonly value: ValueOf<(typeof VALUES)[T]> };
}[keyof typeof VALUES];

/** A whole number, exactly. */
const wholeOf = (value: number | string): number | bigint => (typeof value === "string" ? BigInt(value) : value);

/** The attribute that JSON holds. */
function attributeOf(attribute: AttributeData): Attribute {
  switch (attribute.type) {
    case "int":
      return { type: "int", value: wholeOf(attribute.value) };
    case "ints":
      return { type: "ints", value: attribute.value.map(wholeOf) };
    case "float":
      return { type: "float", value: Number(attribute.value) };
    case "floats":
      return { type: "floats", value: attribute.value.map(Number) };
    case "tensor":
      return { type: "tensor", value: tensorOf(attribute.value) };
    default:
      return attribute;
  }
}

/** The attributes that JSON holds. */
export const attributesOf = (data: Readonly<Record<string, AttributeData>>): Attributes =>
  Object.fromEntries(Object.entries(data).map(([name, attribute]) => [name, attributeOf(attribute)]));

/** An attribute as JSON holds it; undefined where it has no place there: graphs, bytes. */
export function attributeData(attribute: Attribute): AttributeData | undefined {
  switch (attribute.type) {
    case "int":
    case "float":
      return { type: attribute.type, value: figureOf(attribute.value) };
    case "ints":
      return { type: "ints", value: attribute.value.map(figureOf) };
    case "floats":
      return { type: "floats", value: attribute.value.map(figureOf) };
    case "string":
      return typeof attribute.value === "string" ? { type: "string", value: attribute.value } : undefined;
    case "strings": {
      const texts = attribute.value.filter((value) => typeof value === "string");
      return texts.length === attribute.value.length ? { type: "strings", value: texts } : undefined;
    }
    case "tensor": {
      const value = tensorData(attribute.value);
      return value && { type: "tensor", value };
    }
    default:
      return undefined;
  }
}

/** A node of ONNX's own operators, of operator set 20. */
export const NODE = record({
  operator: required(text()),
  /** the values that it reads, by their names within the piece; "" for one that is left out */
  inputs: required(list(text())),
  /** the values that it makes; "" for one that nothing reads */
  outputs: required(list(text(), 1)),
  attributes: defaulted(byName(ATTRIBUTE), {}),
});

/** A node as JSON holds it. */
export type NodeData = ValueOf<typeof NODE>;

/** The node that JSON holds. */
export const nodeOf = ({ operator, inputs, outputs, attributes }: NodeData): Node => ({
  operator,
  domain: "",
  name: outputs[0],
  inputs,
  outputs,
  attributes: attributesOf(attributes),
});
