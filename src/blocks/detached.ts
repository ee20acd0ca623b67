import type { GraphBuilder } from "../graph/builder.js";

/** The same numbers, through which no gradient goes: a float of 2²³ and more is whole, so that rounding a large multiple changes nothing. */
export function detached(g: GraphBuilder, x: string): string {
  const large = g.op("Mul", [x, g.scalar(2 ** 60)]);
  return g.op("Mul", [g.op("Floor", [large]), g.scalar(2 ** -60)]);
}
