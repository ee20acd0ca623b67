/** Graphs that compute with whole numbers of 8 bits: `bellpepper/quantization`. */

export {
  type Quantization,
  type QuantizeOptions,
  quantize,
  RANGE_RULES,
  type RangeRule,
  type SignalToNoise,
} from "./quantize.js";
export type { QuantizedGraph } from "./quantize-graph.js";
