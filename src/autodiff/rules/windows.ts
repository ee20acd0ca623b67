/** Rules of the operators that slide a window. They write composite operators, which lowering replaces by shape. */

import { attributes, intOf } from "../../graph/attributes.js";
import { tensor } from "../../graph/tensor.js";
import type { Attributes, Node } from "../../graph/types.js";
import { groupsOf, windowAttributes, windowOf } from "../../graph/window.js";
import { composite, type Rule } from "../rule.js";

/** The window of a convolution, written out in full. */
function convAttributes(node: Node, filterShape: readonly number[]): Attributes {
  return { ...windowAttributes(windowOf(node, filterShape.slice(2))), ...attributes({ group: groupsOf(node) }) };
}

/**
 * Y = X ⋆ F + b (correlation). With φ(X) the matrix of all windows: dF = dYᵀ·φ(X), db = Σ dY over images and pixels,
 * and dX puts each window of dY·F back where it came from and adds up.
 */
export const conv: Rule = ({ g, node, dy, wants }) => {
  const [x, filters, biases] = node.inputs;
  const window = convAttributes(node, g.shape(filters));
  const image = attributes({ image_shape: g.shape(x).slice(2) });
  return [
    wants(0) ? composite(g, "ConvDataGradient", [dy, filters], { ...window, ...image }) : undefined,
    wants(1) ? composite(g, "ConvFilterGradient", [x, dy], window) : undefined,
    biases && wants(2) ? g.op("ReduceSum", [dy, g.ints(0, 2, 3)], { keepdims: 0 }) : undefined,
  ];
};

/** The transpose of a convolution: its gradient to the data is that convolution, and the roles of data and gradient swap for the filters. */
export const convTranspose: Rule = ({ g, node, dy, wants }) => {
  const [x, filters, biases] = node.inputs;
  const window = convAttributes(node, g.shape(filters));
  return [
    wants(0) ? g.op("Conv", [dy, filters], window) : undefined,
    wants(1) ? composite(g, "ConvFilterGradient", [dy, x], window) : undefined,
    biases && wants(2) ? g.op("ReduceSum", [dy, g.ints(0, 2, 3)], { keepdims: 0 }) : undefined,
  ];
};

/** The gradient of each window goes to its largest pixel; of several, to the first, column by column (MatConvNet's order). */
export const maxPool: Rule = ({ g, node, dy }) => {
  const [x, y] = [node.inputs[0], node.outputs[0]];
  return [composite(g, "MaxPoolGradient", [x, y, dy], windowAttributes(windowOf(node)))];
};

/** The gradient of each window is shared evenly by the pixels in it; those outside the image do not count. */
export const averagePool: Rule = ({ g, node, dy }) => {
  const image = attributes({
    image_shape: g.shape(node.inputs[0]).slice(2),
    count_include_pad: intOf(node, "count_include_pad", 0),
  });
  return [composite(g, "AveragePoolGradient", [dy], { ...windowAttributes(windowOf(node)), ...image })];
};

/** y = mean over the image: dx = dy / pixels, everywhere */
export const globalAveragePool: Rule = ({ g, node, dy }) => {
  const shape = g.shape(node.inputs[0]);
  const pixels = shape.slice(2).reduce((a, b) => a * b, 1);
  return [g.op("Expand", [g.op("Div", [dy, g.scalar(pixels)]), g.ints(...shape)])];
};

/** y = the largest pixel of the image: dx = dy there; of several, at the first, column by column. The pixels are counted in this order. */
export const globalMaxPool: Rule = ({ g, node, dy }) => {
  const [x] = node.inputs;
  const [batch, channels, height, width] = g.shape(x);
  const columns = g.op("Reshape", [
    g.op("Transpose", [x], { perm: [0, 1, 3, 2] }),
    g.ints(batch, channels, width * height, 1),
  ]);
  const first = g.op("Cast", [g.op("ArgMax", [columns], { axis: 2 })], { to: 6 });
  const places = Int32Array.from({ length: height * width }, (_, k) => (k % width) * height + Math.floor(k / width));
  const won = g.op("Equal", [first, g.constant(tensor("int32", [height, width], places))]);
  return [g.op("Where", [won, dy, g.scalar(0)])];
};
