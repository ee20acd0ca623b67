import type { ParameterSpec } from "../../blocks/block.js";
import { formatShape } from "../../graph/dimension.js";
import { elementCount, zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type Network, parametersOf } from "../../network/network.js";
import { type Stream, stream } from "../../random/stream.js";

/** Float arrays by the names of the parameters they belong to. */
export type Parameters = ReadonlyMap<string, Tensor<"float32">>;

/**
 * The parameters of a network before training, drawn as each layer says. Each has a stream of random numbers of its own, so
 * that adding a layer does not change the others.
 *
 * @param start values to begin with in their place, such as those of a model that was trained before: each that the network has under
 *   the same name and of the same shape
 * @throws RangeError when the network has none of those
 * @example
 * initialize(ocr(), 1).get("conv1/filters"); // 20×1×5×5, 0.01·N(0, 1)
 * const digits = replaceLayer(model.network, "conv4", conv(2, 10));
 * initialize(digits, 1, model.parameters).get("conv3/filters"); // equals model.parameters.get("conv3/filters")
 */
export function initialize(network: Network, seed: number, start?: Parameters): Parameters {
  const specs = parametersOf(network);
  const fitting = specs.flatMap(({ name, shape }) => {
    const value = start?.get(name);
    return value && formatShape(value.shape) === formatShape(shape) ? [[name, value] as const] : [];
  });
  if (start && start.size > 0 && fitting.length === 0) {
    const names = (all: Iterable<string>): string => [...all].slice(0, 3).join(", ");
    throw new RangeError(
      `Network '${network.name}' has none of the parameters that it is to begin with: expected some of ` +
        `${names(specs.map(({ name }) => name))}, …, of the same shape, got ${names(start.keys())}, ….`,
    );
  }
  const taken = new Map(fitting);
  return new Map(specs.map((spec) => [spec.name, taken.get(spec.name) ?? initial(spec, seed)]));
}

function initial(spec: ParameterSpec, seed: number): Tensor<"float32"> {
  const value = zeros("float32", spec.shape);
  const draw = drawing(spec, stream(seed, "initialization", spec.name));
  for (let i = 0; i < value.data.length; i++) value.data[i] = draw(i);
  return value;
}

/** What draws the numbers of a parameter, by their places; the filters of a layer are K × C × h × w. */
function drawing({ shape, initialization }: ParameterSpec, random: Stream): (place: number) => number {
  const [filters = 1, channels = 1, ...support] = shape;
  const taps = support.reduce((a, b) => a * b, 1);
  switch (initialization.type) {
    case "gaussian":
      return () => initialization.deviation * random.normal();
    case "xavier": {
      const bound = Math.sqrt(3 / (channels * taps));
      return () => bound * (2 * random.uniform() - 1);
    }
    case "he": {
      const deviation = Math.sqrt(2 / ((initialization.fan === "out" ? filters : channels) * taps));
      return () => deviation * random.normal();
    }
    case "constant":
      return () => initialization.value;
    case "rows": {
      const row = elementCount(shape.slice(1));
      return (place) => initialization.values[Math.floor(place / row)];
    }
    case "zeros":
      return () => 0;
  }
}
