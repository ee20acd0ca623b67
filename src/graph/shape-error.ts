import type { Node } from "./types.js";

/**
 * Says which node of a graph does not fit, and why: shapes that do not go together, an attribute of another kind than the operator's, a value that
 * nothing before the node makes, a second value of the same name.
 */
export class ShapeError extends Error {
  override readonly name: string = "ShapeError";
}

/**
 * Does something with a node. What goes wrong because its inputs or attributes are not those of its operator (too few axes, a list too short)
 * is told of the node; the error itself is the cause.
 *
 * @throws ShapeError in the place of any other error
 */
export function aboutNode<R>({ operator, name, outputs }: Node, shapes: () => string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    if (error instanceof ShapeError) throw error;
    const called = `${operator} '${name || outputs[0]}'`;
    throw new ShapeError(`${called} is no such operator, with inputs of ${shapes()} and its attributes.`, {
      cause: error,
    });
  }
}
