import type { Graph } from "../types.js";
import { ModelFormatError } from "./foreign.js";

/**
 * Variances of batch normalisations that a file has, in ONNX's fifth input: a root is taken of them, so that a single wrong one makes everything
 * behind it NaN.
 *
 * @throws ModelFormatError that names the node, the tensor, the first variance that is negative or no finite number, and its place
 */
export function expectVariances({ nodes, initializers }: Pick<Graph, "nodes" | "initializers">): void {
  for (const { operator, domain, name, inputs, outputs } of nodes) {
    const variance = inputs[4] ?? "";
    const tensor = operator === "BatchNormalization" && domain === "" ? initializers.get(variance) : undefined;
    if (tensor?.type !== "float32" && tensor?.type !== "float64") continue;
    const at = tensor.data.findIndex((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
    if (at < 0) continue;
    throw new ModelFormatError(
      `node '${name || outputs[0]}' (BatchNormalization): expected finite variances of at least 0 in '${variance}', got ${tensor.data[at]} at [${at}].`,
    );
  }
}
