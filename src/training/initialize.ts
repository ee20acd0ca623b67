import type { ParameterSpec } from "../blocks/block.js";
import { zeros } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { type Network, parametersOf } from "../network/network.js";
import { stream } from "../random/stream.js";

/** Float arrays by the names of the parameters they belong to. */
export type Parameters = ReadonlyMap<string, Tensor<"float32">>;

/**
 * The parameters of a network before training, drawn as each layer says. Each has a stream of random numbers of its own, so
 * that adding a layer does not change the others.
 *
 * @example
 * initialize(ocr(), 1).get("conv1/filters"); // 20×1×5×5, 0.01·N(0, 1)
 */
export function initialize(network: Network, seed: number): Parameters {
  return new Map(parametersOf(network).map((spec) => [spec.name, initial(spec, seed)]));
}

function initial({ name, shape, initialization }: ParameterSpec, seed: number): Tensor<"float32"> {
  const value = zeros("float32", shape);
  if (initialization.type === "gaussian") {
    const random = stream(seed, "initialization", name);
    for (let i = 0; i < value.data.length; i++) value.data[i] = initialization.deviation * random.normal();
  }
  return value;
}
