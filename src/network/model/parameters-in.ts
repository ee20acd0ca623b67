/** A network's parameters among the tensors of a model file. */

import { floatOf } from "../../graph/attributes.js";
import { elementCount, expectType, float32 } from "../../graph/tensor.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { type Network, parametersOf } from "../network.js";

/** What the names of the means and variances of a batch normalisation end with, in a file for use. */
export const MOMENT_NAMES = { mean: "/mean", variance: "/variance" } as const;

/**
 * The parameters of a network out of the graph of a model file: as they are, or as a file for use has them (`writeOnnx`), where the filters of fully connected
 * layers are matrices, gains may have axes of size 1, and batch normalisations have means and variances.
 *
 * @throws TypeError when one has not float32 numbers
 */
export function parametersIn({ initializers, nodes }: Graph, network: Network): Map<string, Tensor<"float32">> {
  const found = new Map<string, Tensor<"float32">>();
  const take = (name: string, what = `parameter '${name}'`): Tensor<"float32"> | undefined => {
    const value = initializers.get(name);
    return value && expectType(value, "float32", what);
  };
  const epsilons = new Map<string, number>();
  for (const node of nodes) {
    if (node.operator === "BatchNormalization") epsilons.set(node.inputs[3], floatOf(node, "epsilon", 1e-5));
  }
  for (const { name, shape } of parametersOf(network)) {
    const value = take(name);
    const [mean, variance] = [MOMENT_NAMES.mean, MOMENT_NAMES.variance].map((suffix) => take(name + suffix));
    const epsilon = epsilons.get(name + MOMENT_NAMES.mean);
    if (value) found.set(name, isOf(value, shape) ? { ...value, shape } : value);
    else if (mean && variance && epsilon !== undefined) {
      const deviation = variance.data.map((each) => Math.sqrt(each + epsilon));
      found.set(name, float32([...mean.data, ...deviation], [2, mean.data.length]));
    }
  }
  return found;
}

/** Whether a tensor is one of that shape, as a matrix or with other axes of size 1. */
function isOf({ shape: own }: Tensor, shape: readonly number[]): boolean {
  const plain = (sizes: readonly number[]): string => sizes.filter((size) => size !== 1).join("×");
  const asMatrix = [shape[0] ?? 1, elementCount(shape.slice(1))];
  return plain(own) === plain(shape) || plain(own) === plain(asMatrix);
}
