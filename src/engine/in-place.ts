/**
 * Outputs that are written into tensors which are there already, and not copied.
 *
 * ONNX Runtime's binding for Node writes an output in place where it is given a tensor for it, and then makes a copy of it all the same: of a training step
 * each parameter, and what the solver keeps. It makes the copies in the order of the outputs, after the run, and refuses to make one of a sequence. So an
 * empty sequence comes before the outputs: a run that asks for it writes everything, copies nothing, and ends in that refusal.
 */

import { GraphBuilder } from "../graph/builder.js";
import { isStatic } from "../graph/dimension.js";
import { zeros } from "../graph/tensor.js";
import { COMPOSITE, type Graph, type Node, type Tensor, type Value } from "../graph/types.js";
import { errorText } from "../values/error-text.js";
import type { Values } from "./engine.js";

/** The output that holds nothing. */
export const NOTHING = `${COMPOSITE}/nothing`;

/** A graph that has {@link NOTHING} as its first output. */
export function withNothing(graph: Graph): Graph {
  const empty: Node = {
    operator: "SequenceEmpty",
    domain: "",
    name: NOTHING,
    inputs: [],
    outputs: [NOTHING],
    attributes: {},
  };
  const output: Value = { name: NOTHING, type: "float32", shape: undefined, opaque: true };
  return { ...graph, nodes: [...graph.nodes, empty], outputs: [output, ...graph.outputs] };
}

/**
 * The words in which the runtime refuses {@link NOTHING}, when everything else is written.
 *
 * @param run runs a graph, with tensors for outputs, and for {@link NOTHING} none
 * @returns undefined where it does not refuse it, or writes nothing
 */
export async function refusalOf(run: (graph: Graph, into: Values) => Promise<unknown>): Promise<string | undefined> {
  const g = new GraphBuilder("in place");
  g.output("y", g.op("Exp", [g.scalar(0)]));
  const y = zeros("float32", []);
  try {
    await run(withNothing(g.build()), { y });
    return undefined;
  } catch (error) {
    return y.data[0] === 1 ? errorText(error) : undefined;
  }
}

/** A tensor for each output, new ones where none is given; undefined where the sizes of these are not known. */
export function targetsOf(outputs: readonly Value[], into: Values): Values | undefined {
  const targets = outputs.map((output) => [output.name, into[output.name] ?? blank(output)] as const);
  const isWhole = (entry: readonly [string, Tensor | undefined]): entry is readonly [string, Tensor] => !!entry[1];
  return targets.every(isWhole) ? Object.fromEntries(targets) : undefined;
}

const blank = ({ type, shape, opaque }: Value): Tensor | undefined =>
  !opaque && shape && isStatic(shape) ? zeros(type, shape) : undefined;
