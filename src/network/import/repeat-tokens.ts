/** Constants that a file made for one image joins to each image, for any number of them. */

import { attributes, intOf } from "../../graph/attributes.js";
import { inferShapes } from "../../graph/infer/infer.js";
import { int64 } from "../../graph/tensor.js";
import type { Graph, Node, Tensor } from "../../graph/types.js";

/**
 * The graph in which a constant 1×… that is joined to values N×… along another axis, such as a transformer's token for the class, is repeated N times.
 *
 * @param batch the name of the size N
 */
export function withRepeatedTokens(graph: Graph, batch: string): Graph {
  const types = inferShapes(graph);
  const initializers = new Map<string, Tensor>(graph.initializers);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const like = node.inputs.find((input) => types.get(input)?.shape?.[0] === batch);
    if (node.operator !== "Concat" || node.domain !== "" || like === undefined || intOf(node, "axis", 0) === 0)
      return [node];
    const more: Node[] = [];
    const add = (operator: string, what: string, inputs: readonly string[], given: Node["attributes"] = {}): string => {
      const output = `${node.outputs[0]}/${what}`;
      more.push({ operator, domain: "", name: output, inputs, outputs: [output], attributes: given });
      return output;
    };
    const inputs = node.inputs.map((input, i) => {
      const constant = graph.initializers.get(input);
      if (constant?.shape[0] !== 1 || constant.shape.length < 2) return input;
      const ones = `${node.outputs[0]}/ones ${i}`;
      initializers.set(ones, int64(constant.shape.slice(1).map(() => 1)));
      const count = add("Shape", `count ${i}`, [like], attributes({ start: 0, end: 1 }));
      return add("Expand", `repeated ${i}`, [
        input,
        add("Concat", `shape ${i}`, [count, ones], attributes({ axis: 0 })),
      ]);
    });
    return [...more, { ...node, inputs }];
  });
  return { ...graph, nodes, initializers };
}
