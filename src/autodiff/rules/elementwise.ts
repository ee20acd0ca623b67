/** Rules of the operators that work element by element. In the formulas, dy is the derivative to the output y. */

import { floatOf, intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf } from "../../graph/tensor.js";
import type { DataType } from "../../graph/types.js";
import { type Rule, type RuleContext, reduceTo } from "../rule.js";

/** A rule for y = f(x): dx = dy · f′, where f′ is written from x and y. */
const unary =
  (derivative: (g: GraphBuilder, x: string, y: string, c: RuleContext) => string): Rule =>
  (c) => [c.g.op("Mul", [c.dy, derivative(c.g, c.node.inputs[0], c.node.outputs[0], c)])];

/** A rule for an operator of two broadcast inputs; each part is only written where it is wanted. */
const binary =
  (
    first: (g: GraphBuilder, a: string, b: string, dy: string, y: string) => string,
    second: (g: GraphBuilder, a: string, b: string, dy: string, y: string) => string,
  ): Rule =>
  ({ g, node, dy, wants }) =>
    [first, second].map((part, i) => {
      if (!wants(i)) return undefined;
      const [a, b] = node.inputs;
      return reduceTo(g, part(g, a, b, dy, node.outputs[0]), g.shape(node.inputs[i]));
    });

export const add = binary(
  (_g, _a, _b, dy) => dy,
  (_g, _a, _b, dy) => dy,
);

export const subtract = binary(
  (_g, _a, _b, dy) => dy,
  (g, _a, _b, dy) => g.op("Neg", [dy]),
);

export const multiply = binary(
  (g, _a, b, dy) => g.op("Mul", [dy, b]),
  (g, a, _b, dy) => g.op("Mul", [dy, a]),
);

/** d(a/b) = da/b − y·db/b */
export const divide = binary(
  (g, _a, b, dy) => g.op("Div", [dy, b]),
  (g, _a, b, dy, y) => g.op("Neg", [g.op("Div", [g.op("Mul", [dy, y]), b])]),
);

/** d(aᵇ) = b·aᵇ⁻¹·da + y·ln a·db; where a is 0 the second part is taken as 0 */
export const power = binary(
  (g, a, b, dy) => g.op("Mul", [dy, g.op("Mul", [b, g.op("Pow", [a, g.op("Sub", [b, g.scalar(1)])])])]),
  (g, a, _b, dy, y) => {
    const positive = g.op("Greater", [a, g.scalar(0)]);
    const log = g.op("Log", [g.op("Where", [positive, a, g.scalar(1)])]);
    return g.op("Mul", [dy, g.op("Mul", [y, log])]);
  },
);

/** The gradient goes to the input that won; of several equal ones, to the first. */
const extreme =
  (operator: "GreaterOrEqual" | "LessOrEqual"): Rule =>
  ({ g, node, dy, wants }) => {
    const y = node.outputs[0];
    let rest = dy;
    return node.inputs.map((input, i) => {
      const last = i === node.inputs.length - 1;
      const won = last ? rest : g.op("Where", [g.op(operator, [input, y]), rest, g.scalar(0)]);
      if (!last) rest = g.op("Sub", [rest, won]);
      return wants(i) ? reduceTo(g, won, g.shape(input)) : undefined;
    });
  };

export const maximum = extreme("GreaterOrEqual");
export const minimum = extreme("LessOrEqual");

export const sum: Rule = ({ g, node, dy, wants }) =>
  node.inputs.map((input, i) => (wants(i) ? reduceTo(g, dy, g.shape(input)) : undefined));

export const negate: Rule = ({ g, dy }) => [g.op("Neg", [dy])];
export const identity: Rule = ({ dy }) => [dy];

const FLOATS: readonly DataType[] = ["float32", "float64", "float16", "bfloat16"];

/** A change of type: between floats the gradient is changed back; to and from whole numbers there is none. */
export const cast: Rule = ({ g, node, dy }) => {
  const [from, to] = [g.type(node.inputs[0]).type, g.type(node.outputs[0]).type];
  if (!FLOATS.includes(from) || !FLOATS.includes(to)) return [undefined];
  return [from === to ? dy : g.op("Cast", [dy], { to: codeOf(from) })];
};

/** y = eˣ: y′ = y */
export const exp = unary((_g, _x, y) => y);
/** y = ln x: dx = dy / x */
export const log: Rule = ({ g, node, dy }) => [g.op("Div", [dy, node.inputs[0]])];
/** y = √x: dx = dy / 2y */
export const sqrt: Rule = ({ g, node, dy }) => [g.op("Div", [dy, g.op("Mul", [node.outputs[0], g.scalar(2)])])];
/** y = 1/x: y′ = −y² */
export const reciprocal = unary((g, _x, y) => g.op("Neg", [g.op("Mul", [y, y])]));
/** y = |x|: y′ = sign x, 0 at 0 */
export const abs = unary((g, x) => g.op("Sign", [x]));
/** y = 1/(1 + e⁻ˣ): y′ = y·(1 − y) */
export const sigmoid = unary((g, _x, y) => g.op("Mul", [y, g.op("Sub", [g.scalar(1), y])]));
/** y = tanh x: y′ = 1 − y² */
export const tanh = unary((g, _x, y) => g.op("Sub", [g.scalar(1), g.op("Mul", [y, y])]));
/** y = ln(1 + eˣ): y′ = 1/(1 + e⁻ˣ) */
export const softplus = unary((g, x) => g.op("Sigmoid", [x]));
/** y = erf x: y′ = 2/√π · e^(−x²) */
export const erf = unary((g, x) =>
  g.op("Mul", [g.op("Exp", [g.op("Neg", [g.op("Mul", [x, x])])]), g.scalar(2 / Math.sqrt(Math.PI))]),
);

/** dy where x > 0, else dy times what `below` gives */
const kinked =
  (below: (c: RuleContext) => string): Rule =>
  (c) => {
    const positive = c.g.op("Greater", [c.node.inputs[0], c.g.scalar(0)]);
    return [c.g.op("Where", [positive, c.dy, below(c)])];
  };

/** y = max(x, 0): dx = dy where y > 0, else 0 (also at 0) */
export const relu = unary((g, _x, y) => g.op("Cast", [g.op("Greater", [y, g.scalar(0)])], { to: codeOf("float32") }));
/** y = x, or αx below 0 */
export const leakyRelu = kinked(({ g, node, dy }) => g.op("Mul", [dy, g.scalar(floatOf(node, "alpha", 0.01))]));
/** y = x, or α(eˣ − 1) below 0, whose derivative αeˣ keeps its digits, as y + α does not */
export const elu = kinked(({ g, node, dy }) => {
  const power = g.op("Exp", [g.op("Min", [node.inputs[0], g.scalar(0)])]);
  return g.op("Mul", [dy, g.op("Mul", [power, g.scalar(floatOf(node, "alpha", 1))])]);
});

/** dy where x lies within the limits, else 0 */
export const clip: Rule = ({ g, node, dy }) => {
  const [x, low, high] = node.inputs;
  let gradient = dy;
  if (low) gradient = g.op("Where", [g.op("GreaterOrEqual", [x, low]), gradient, g.scalar(0)]);
  if (high) gradient = g.op("Where", [g.op("LessOrEqual", [x, high]), gradient, g.scalar(0)]);
  return [gradient];
};

/** The gradient follows the branch that was taken. */
export const where: Rule = ({ g, node, dy, wants }) => {
  const [condition, yes, no] = node.inputs;
  const zero = g.scalar(0);
  return [
    undefined,
    wants(1) ? reduceTo(g, g.op("Where", [condition, dy, zero]), g.shape(yes)) : undefined,
    wants(2) ? reduceTo(g, g.op("Where", [condition, zero, dy]), g.shape(no)) : undefined,
  ];
};

/** y = softmax x along an axis: dx = y·(dy − Σ dy·y) */
export const softmax: Rule = ({ g, node, dy }) => {
  const y = node.outputs[0];
  const axis = g.ints(intOf(node, "axis", -1));
  const mean = g.op("ReduceSum", [g.op("Mul", [dy, y]), axis], { keepdims: 1 });
  return [g.op("Mul", [y, g.op("Sub", [dy, mean])])];
};

/** y = x − ln Σ eˣ along an axis: dx = dy − eʸ · Σ dy */
export const logSoftmax: Rule = ({ g, node, dy }) => {
  const total = g.op("ReduceSum", [dy, g.ints(intOf(node, "axis", -1))], { keepdims: 1 });
  return [g.op("Sub", [dy, g.op("Mul", [g.op("Exp", [node.outputs[0]]), total])])];
};
