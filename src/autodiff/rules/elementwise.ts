/** Rules of the operators that work element by element. In the formulas, dy is the derivative to the output y. */

import { intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf, isFloat } from "../../graph/tensor.js";
import { byDefinition, type Rule, reduceTo, unary } from "../rule.js";

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

/** d(aᵇ) = b·aᵇ⁻¹·da + y·ln a·db; where a is 0 the second part is taken as 0. The exponent may be whole numbers. */
export const power = binary(
  (g, a, exponent, dy) => {
    const { type } = g.type(a);
    const b = g.type(exponent).type === type ? exponent : g.op("Cast", [exponent], { to: codeOf(type) });
    return g.op("Mul", [dy, g.op("Mul", [b, g.op("Pow", [a, g.op("Sub", [b, g.scalar(1)])])])]);
  },
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

/** A change of type: between floats the gradient is changed back; to and from whole numbers there is none. */
export const cast: Rule = ({ g, node, dy }) => {
  const [from, to] = [g.type(node.inputs[0]).type, g.type(node.outputs[0]).type];
  if (!isFloat(from) || !isFloat(to)) return [undefined];
  return [from === to ? dy : g.op("Cast", [dy], { to: codeOf(from) })];
};

/** y = (x − zero)·scale, of whole numbers x: for each, or for each of an axis, the scale can be learned. */
export const dequantize = byDefinition((g, node) => {
  const [x, scale, zero] = node.inputs;
  const rank = g.shape(x).length;
  const axis = intOf(node, "axis", 1);
  const beside = (value: string): string => {
    if (g.shape(value).length !== 1 || rank === 0) return value;
    return g.op("Reshape", [
      value,
      g.ints(
        ...Array<number>(rank)
          .fill(1)
          .with(axis < 0 ? axis + rank : axis, -1),
      ),
    ]);
  };
  const { type } = g.type(scale);
  const [number, origin] = [x, zero].map((value) => value && g.op("Cast", [value], { to: codeOf(type) }));
  const centred = origin ? g.op("Sub", [number, beside(origin)]) : number;
  return [g.op("Mul", [centred, beside(scale)])];
});

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
/** y = erf x: y′ = 2/√π · e^(−x²) */
export const erf = unary((g, x) =>
  g.op("Mul", [g.op("Exp", [g.op("Neg", [g.op("Mul", [x, x])])]), g.scalar(2 / Math.sqrt(Math.PI))]),
);

/** The means of broadcast inputs: each gets dy / n. */
export const mean: Rule = (c) => sum({ ...c, dy: c.g.op("Div", [c.dy, c.g.scalar(c.node.inputs.length)]) });

/** y = a − b·q, where q is a/b without the digits behind the point (`fmod`): da = dy, db = −q·dy */
export const modulo = binary(
  (_g, _a, _b, dy) => dy,
  (g, a, b, dy) => {
    const ratio = g.op("Div", [a, b]);
    const whole = g.op("Mul", [g.op("Sign", [ratio]), g.op("Floor", [g.op("Abs", [ratio])])]);
    return g.op("Neg", [g.op("Mul", [dy, whole])]);
  },
);

/** min(max(x, low), high): what the limits change is theirs. */
const limited = byDefinition((g, { inputs: [x, low, high] }) => {
  const above = low ? g.op("Max", [x, low]) : x;
  return [high ? g.op("Min", [above, high]) : above];
});

/** dy where x lies within the limits, which is where y = x, else 0, also of a dy that is infinite; to a limit, dy where it holds */
export const clip: Rule = (c) => {
  if (c.wants(1) || c.wants(2)) return limited(c);
  const { g, node, dy } = c;
  return [g.op("Where", [g.op("Equal", [node.inputs[0], node.outputs[0]]), dy, g.scalar(0)])];
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
