/** Rules of the operators that take elements, or put them, at computed places. */

import { intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf, elementCount, float32, int64, tensor } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { byDefinition, constants, type Rule } from "../rule.js";

/** Zeros of the shape of a value. */
const zerosLike = (g: GraphBuilder, value: string): string => g.op("Expand", [g.scalar(0), g.ints(...g.shape(value))]);

/** Up to so many rows, adding by a matrix product is faster than one by one. */
const FEW_ROWS = 64;

/**
 * Rows that were taken several times get the sum of their gradients: Σ over the places where a row went. (ScatterND would add them as well,
 * but ONNX Runtime lets several threads add to the same row at once, and loses some.)
 */
export const gather: Rule = ({ g, node, dy }) => {
  const [x, indices] = node.inputs;
  const shape = g.shape(x);
  const axis = (intOf(node, "axis", 0) + shape.length) % shape.length;
  const size = shape[axis];
  const taken = elementCount(g.shape(indices));
  const axes = g.shape(dy).map((_, a) => a);
  const picked = axes.splice(axis, g.shape(indices).length);
  const others = shape.toSpliced(axis, 1);
  const rest = elementCount(others);
  if (size <= FEW_ROWS) {
    const rows = g.op("Reshape", [g.op("Transpose", [dy], { perm: [...picked, ...axes] }), g.ints(taken, rest)]);
    const sums = g.op("MatMul", [wentTo(g, indices, taken, size), rows]);
    const back = shape.map((_, a) => (a === axis ? 0 : a < axis ? a + 1 : a));
    return [g.op("Transpose", [g.op("Reshape", [sums, g.ints(size, ...others)])], { perm: back }), undefined];
  }
  const columns = g.op("Reshape", [g.op("Transpose", [dy], { perm: [...axes, ...picked] }), g.ints(rest, taken)]);
  const places = g.op("Expand", [g.op("Reshape", [indices, g.ints(1, taken)]), g.ints(rest, taken)]);
  const zero = g.op("Expand", [g.scalar(0), g.ints(rest, size)]);
  const sums = g.op("ScatterElements", [zero, places, columns], { axis: 1, reduction: "add" });
  const back = shape.map((_, a) => (a === axis ? others.length : a < axis ? a : a - 1));
  return [g.op("Transpose", [g.op("Reshape", [sums, g.ints(...others, size)])], { perm: back }), undefined];
};

/** Rows × indices: 1 where an index means the row, else 0. Negative indices count from the end. */
function wentTo(g: GraphBuilder, indices: string, taken: number, size: number): string {
  const list = g.op("Reshape", [g.op("Cast", [indices], { to: codeOf("int32") }), g.ints(1, taken)]);
  const numbers = (first: number): string =>
    g.constant(
      tensor(
        "int32",
        [size, 1],
        Int32Array.from({ length: size }, (_, i) => first + i),
      ),
    );
  const went = g.op("Or", [g.op("Equal", [list, numbers(0)]), g.op("Equal", [list, numbers(-size)])]);
  return g.op("Cast", [went], { to: codeOf("float32") });
}

/** dy is added up at the places that it was taken from. */
export const gatherElements: Rule = ({ g, node, dy }) => {
  const [x, indices] = node.inputs;
  const places = { axis: intOf(node, "axis", 0), reduction: "add" };
  return [g.op("ScatterElements", [zerosLike(g, x), indices, dy], places), undefined];
};

/** The values of TopK are elements of x, at places that the node gives, too. */
export const topK: Rule = ({ g, node, dy, gradientOf }) => {
  if (gradientOf(0) === undefined) return [undefined];
  const [x, count] = node.inputs;
  const places = node.outputs[1] || g.ops("TopK", [x, count], 2, node.attributes)[1];
  return [g.op("ScatterElements", [zerosLike(g, x), places, dy], { axis: intOf(node, "axis", -1) })];
};

/** What is compressed away by a constant condition gets no gradient. */
export const compress = byDefinition((g, node) => {
  const [x] = node.inputs;
  const taken = constants(g, node, 1).flatMap((kept, i) => (kept ? [i] : []));
  const flat = node.attributes.axis === undefined;
  return [
    g.op("Gather", [flat ? g.op("Reshape", [x, g.ints(-1)]) : x, g.ints(...taken)], { axis: intOf(node, "axis", 0) }),
  ];
});

/** Each number was put at a place of y that is counted through all of y. */
export const maxUnpool: Rule = ({ g, node, dy }) => [
  g.op("Gather", [g.op("Reshape", [dy, g.ints(-1)]), node.inputs[1]], { axis: 0 }),
];

/**
 * y is x, with updates put in, added, multiplied in, or compared with what is there. Of a product, each factor's gradient is the product of
 * the others; the largest, or smallest, of equal ones have equal parts.
 */
export const scatterElements: Rule = ({ g, node, dy }) => {
  const [x, indices, updates] = node.inputs;
  const axis = intOf(node, "axis", 0);
  const reduction = stringOf(node, "reduction", "none");
  const put = (into: string, values: string, how: string): string =>
    g.op("ScatterElements", [into, indices, values], { axis, reduction: how });
  const take = (value: string): string => g.op("GatherElements", [value, indices], { axis });
  if (reduction === "none") return [put(dy, zerosLike(g, updates), "none"), undefined, take(dy)];
  if (reduction === "add") return [dy, undefined, take(dy)];
  if (reduction === "mul") {
    const [left, right] = [factorOf(g, x), factorOf(g, updates)];
    const product = put(left.other, right.other, "mul");
    const zeros = put(left.zeros, right.zeros, "add");
    const times = ({ other, zeros: own }: Factor, all: string, none: string, gradient: string): string => {
      const lost = g.op("Greater", [g.op("Sub", [none, own]), g.scalar(0.5)]);
      return g.op("Mul", [gradient, g.op("Where", [lost, g.scalar(0), g.op("Div", [all, other])])]);
    };
    return [times(left, product, zeros, dy), undefined, times(right, take(product), take(zeros), take(dy))];
  }
  const y = node.outputs[0];
  const won = (value: string, result: string): string =>
    g.op("Cast", [g.op("Equal", [value, result])], { to: codeOf("float32") });
  const [kept, came] = [won(x, y), won(updates, take(y))];
  const share = g.op("Div", [dy, g.op("Max", [put(kept, came, "add"), g.scalar(1)])]);
  return [g.op("Mul", [share, kept]), undefined, g.op("Mul", [take(share), came])];
};

/** A factor of a product, with 1 where it is 0, and how many zeros it is. */
interface Factor {
  readonly other: string;
  readonly zeros: string;
}

function factorOf(g: GraphBuilder, value: string): Factor {
  const zero = g.op("Equal", [value, g.scalar(0)]);
  return {
    other: g.op("Where", [zero, g.scalar(1), value]),
    zeros: g.op("Cast", [zero], { to: codeOf("float32") }),
  };
}

/**
 * GatherND and ScatterND as operators on the rows of a matrix: their gradients are then added up as those are.
 *
 * @returns the numbers of the rows, one for each index, and how many rows and columns there are
 */
function rowsOf(g: GraphBuilder, node: Node, batch: number): { places: string; rows: number; columns: number } {
  const [x, indices] = node.inputs;
  const shape = g.shape(x);
  const given = g.shape(indices);
  const depth = given[given.length - 1];
  const sizes = shape.slice(batch, batch + depth);
  const steps = sizes.map((_, i) => elementCount(sizes.slice(i + 1)));
  // The rest of a division by the size counts negative indices from the end.
  const counted = g.op("Mul", [g.op("Mod", [indices, g.ints(...sizes)]), g.ints(...steps)]);
  const own = g.op("ReduceSum", [counted, g.ints(-1)], { keepdims: 0 });
  const batches = elementCount(shape.slice(0, batch));
  const first = Array.from({ length: batches }, (_, n) => n * elementCount(sizes));
  const starts = g.constant(int64(first, [...shape.slice(0, batch), ...given.slice(batch, -1).map(() => 1)]));
  return {
    places: g.op("Reshape", [batch === 0 ? own : g.op("Add", [own, starts]), g.ints(-1)]),
    rows: batches * elementCount(sizes),
    columns: elementCount(shape.slice(batch + depth)),
  };
}

export const gatherND = byDefinition((g, node) => {
  const { places, rows, columns } = rowsOf(g, node, intOf(node, "batch_dims", 0));
  const taken = g.op("Gather", [g.op("Reshape", [node.inputs[0], g.ints(rows, columns)]), places], { axis: 0 });
  return [g.op("Reshape", [taken, g.ints(...g.shape(node.outputs[0]))])];
});

export const scatterND = byDefinition((g, node) => {
  const [x, , updates] = node.inputs;
  const { places, rows, columns } = rowsOf(g, node, 0);
  const count = g.shape(places)[0];
  const repeated = g.op("Expand", [g.op("Unsqueeze", [places, g.ints(1)]), g.ints(count, columns)]);
  const [data, values] = [x, updates].map((value, i) =>
    g.op("Reshape", [value, g.ints(i === 0 ? rows : count, columns)]),
  );
  const put = g.op("ScatterElements", [data, repeated, values], { reduction: stringOf(node, "reduction", "none") });
  return [g.op("Reshape", [put, g.ints(...g.shape(x))])];
});

/** The two numbers that a OneHot writes get the sums of dy where they stand. */
export const oneHot: Rule = ({ g, node, dy }) => {
  const zeroAndOne = g.constant(float32([0, 1], [2]));
  const hot = g.op("OneHot", [node.inputs[0], node.inputs[1], zeroAndOne], node.attributes);
  const on = g.op("Mul", [dy, hot]);
  const sums = [g.op("Sub", [dy, on]), on].map((part) => g.op("Reshape", [g.op("ReduceSum", [part]), g.ints(1)]));
  return [undefined, undefined, g.op("Concat", sums, { axis: 0 })];
};
