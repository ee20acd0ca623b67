/** What a batch has for the parameters, in a few long arrays: so it travels from worker to worker, and from machine to machine. */

import type { ParameterSpec } from "../../blocks/block.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { elementCount } from "../../graph/tensor.js";

/** How many numbers are in a bucket before another one is begun: 16 MiB, so that one can be added while the next comes. */
const ENOUGH = 2 ** 22;

/** Parameters whose numbers lie one after the other in one array. */
export interface Bucket {
  /** the array's name in graphs */
  readonly name: string;
  readonly length: number;
  readonly specs: readonly ParameterSpec[];
}

/**
 * Divides parameters into buckets, in their order.
 *
 * @example
 * bucketsOf(parametersOf(ocr())).map(({ name, length }) => [name, length]); // [["sum/0", 478096]]
 */
export function bucketsOf(specs: readonly ParameterSpec[]): Bucket[] {
  const groups: ParameterSpec[][] = [];
  let room = 0;
  for (const spec of specs) {
    if (room <= 0) {
      groups.push([]);
      room = ENOUGH;
    }
    groups[groups.length - 1].push(spec);
    room -= elementCount(spec.shape);
  }
  return groups.map((group, i) => ({ name: `sum/${i}`, length: countOf(group), specs: group }));
}

const countOf = (specs: readonly ParameterSpec[]): number =>
  specs.reduce((count, { shape }) => count + elementCount(shape), 0);

/** The array of a bucket from the values of its parameters. */
export function packed(g: GraphBuilder, { specs }: Bucket, named: (parameter: string) => string): string {
  const flat = specs.map(({ name }) => g.op("Reshape", [named(name), g.ints(-1)]));
  return flat.length === 1 ? flat[0] : g.op("Concat", flat, { axis: 0 });
}

/** The values of a bucket's parameters from its array, by name. */
export function unpacked(g: GraphBuilder, { specs }: Bucket, array: string): Map<string, string> {
  const lengths = specs.map(({ shape }) => elementCount(shape));
  const flat = specs.length === 1 ? [array] : g.ops("Split", [array, g.ints(...lengths)], specs.length, { axis: 0 });
  return new Map(specs.map(({ name, shape }, i) => [name, g.op("Reshape", [flat[i], g.ints(...shape)])]));
}
