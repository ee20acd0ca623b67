/** Rules of the trigonometric and hyperbolic functions and their inverses. */

import type { GraphBuilder } from "../../graph/builder.js";
import { type Rule, unary } from "../rule.js";

const square = (g: GraphBuilder, x: string): string => g.op("Mul", [x, x]);

/** A rule for y′ = ±1/√(a + b·x²) */
const inverseRoot = (sign: 1 | -1, a: number, b: 1 | -1): Rule =>
  unary((g, x) => {
    const squared = b === 1 ? square(g, x) : g.op("Neg", [square(g, x)]);
    return g.op("Div", [g.scalar(sign), g.op("Sqrt", [g.op("Add", [squared, g.scalar(a)])])]);
  });

export const sin = unary((g, x) => g.op("Cos", [x]));
export const cos = unary((g, x) => g.op("Neg", [g.op("Sin", [x])]));
/** y′ = 1 + y² */
export const tan = unary((g, _x, y) => g.op("Add", [square(g, y), g.scalar(1)]));
export const sinh = unary((g, x) => g.op("Cosh", [x]));
export const cosh = unary((g, x) => g.op("Sinh", [x]));

/** y′ = 1/√(1 − x²) */
export const asin = inverseRoot(1, 1, -1);
/** y′ = −1/√(1 − x²) */
export const acos = inverseRoot(-1, 1, -1);
/** y′ = 1/(1 + x²) */
export const atan = unary((g, x) => g.op("Reciprocal", [g.op("Add", [square(g, x), g.scalar(1)])]));
/** y′ = 1/√(x² + 1) */
export const asinh = inverseRoot(1, 1, 1);
/** y′ = 1/√(x² − 1) */
export const acosh = inverseRoot(1, -1, 1);
/** y′ = 1/(1 − x²) */
export const atanh = unary((g, x) => g.op("Reciprocal", [g.op("Sub", [g.scalar(1), square(g, x)])]));
