import type { Dimension, Graph, Value } from "../types.js";

/** Sizes by their name ("N"), or by input and axis ("image.0"). */
export type Sizes = Readonly<Record<string, number>>;

/** The name of an axis of an input. */
const placeOf = (name: string, axis: number): string => `${name}.${axis}`;

/**
 * The graph for inputs of certain sizes.
 *
 * @throws RangeError when a size is no whole number above 0, differs from the one that the graph has, or is none of the graph's
 */
export function bindSizes(graph: Graph, sizes: Sizes): Graph {
  const fed = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const bound = new Map<string, number>();
  for (const [key, size] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new RangeError(`The size '${key}' should be a whole number above 0, got ${size}.`);
    const free = namesOf(fed, key);
    if (free.length === 0) {
      const known = [...new Set(fed.flatMap(({ shape }) => shape?.filter((d) => typeof d === "string") ?? []))];
      const which = known.length === 0 ? "no size that is free" : `the free sizes ${known.join(", ")}`;
      throw new RangeError(
        `There is no size '${key}': the graph has ${which}; an axis of an input is called 'input.axis'.`,
      );
    }
    for (const name of free) {
      if (typeof name === "number" ? name !== size : (bound.get(name) ?? size) !== size) {
        throw new RangeError(
          `The size '${key}' is ${typeof name === "number" ? name : bound.get(name)} in the graph '${graph.name}', not ${size}.`,
        );
      }
      if (typeof name === "string") bound.set(name, size);
    }
  }
  if (bound.size === 0) return graph;
  const known = (d: Dimension): Dimension => (typeof d === "string" ? (bound.get(d) ?? d) : d);
  const value = (v: Value): Value => {
    if (!v.shape || v.opaque) return v;
    const shape = v.shape.map(known);
    // A formula of a size that is bound is inferred anew.
    return { ...v, shape: shape.some((d) => typeof d === "string" && mentions(d, bound)) ? undefined : shape };
  };
  const declared = graph.declared ? { declared: graph.declared.map(value) } : {};
  return { ...graph, inputs: graph.inputs.map(value), outputs: graph.outputs.map(value), ...declared };
}

/** The sizes that a key speaks of. */
function namesOf(inputs: readonly Value[], key: string): Dimension[] {
  return inputs.flatMap(({ name, shape }) =>
    (shape ?? []).filter((d, axis) => d === key || placeOf(name, axis) === key),
  );
}

const mentions = (formula: string, bound: ReadonlyMap<string, number>): boolean =>
  [...bound.keys()].some((name) => formula.includes(name));
