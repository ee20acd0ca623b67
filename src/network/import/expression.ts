/** Formulas that files write out in several nodes. */

import { floatOf } from "../../graph/attributes.js";
import type { GraphView } from "./graph-view.js";

/** x, a number, or an operator of such. */
export type Expression =
  | "x"
  | number
  | {
      readonly operator: string;
      readonly of: readonly Expression[];
      readonly attributes?: Readonly<Record<string, number>>;
    };

/** An operator of some values; those of sums and products may stand in any order. */
export const op = (operator: string, ...of: readonly Expression[]): Expression => ({ operator, of });

/** How far a number may be off, relative to its size: files have six digits. */
const TOLERANCE = 1e-5;

/** What attributes are where a node does not say them: those of HardSigmoid. */
const DEFAULTS: Readonly<Record<string, number>> = { alpha: 0.2, beta: 0.5 };

const EITHER_ORDER = ["Add", "Mul"];

/**
 * The value that is x where another one is a formula of it; undefined where it is none.
 *
 * @param x what x is, where that is known already
 */
export function argumentOf(view: GraphView, value: string, expression: Expression, x?: string): string | undefined {
  const found = bound(view, value, expression, { x });
  return found?.x;
}

interface Bound {
  readonly x: string | undefined;
}

function bound(view: GraphView, value: string, expression: Expression, known: Bound): Bound | undefined {
  if (expression === "x") {
    if (known.x !== undefined) return known.x === value ? known : undefined;
    return view.constant(value) || value === "" ? undefined : { x: value };
  }
  if (typeof expression === "number") {
    const constant = view.numbers(value);
    const isIt =
      constant?.data.length === 1 &&
      Math.abs(constant.data[0] - expression) <= TOLERANCE * Math.max(1e-3, Math.abs(expression));
    return isIt ? known : undefined;
  }
  const node = view.maker(value);
  const { operator, of, attributes = {} } = expression;
  if (node?.operator !== operator || node.domain !== "" || node.inputs.length < of.length) return undefined;
  const fits = Object.entries(attributes).every(
    ([name, wanted]) => Math.abs(floatOf(node, name, DEFAULTS[name] ?? Number.NaN) - wanted) <= TOLERANCE,
  );
  if (!fits) return undefined;
  const inOrder = (inputs: readonly string[]): Bound | undefined =>
    of.reduce<Bound | undefined>((so, each, i) => so && bound(view, inputs[i], each, so), known);
  return inOrder(node.inputs) ?? (EITHER_ORDER.includes(operator) ? inOrder([...node.inputs].reverse()) : undefined);
}
