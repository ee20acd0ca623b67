/** Graphs that compute with whole numbers of 8 bits: `bellpepper/quantization`. */

export { dequantized, type EightBitWeights, eightBitWeights, type Range, type Step, stepOf } from "./eight-bit.js";
export { type Plan, planEightBits } from "./plan.js";
export {
  type Quantization,
  type QuantizeOptions,
  quantize,
  RANGE_RULES,
  type RangeRule,
  type SignalToNoise,
} from "./quantize.js";
export { type QuantizedGraph, quantizeGraph, type ValueStatistics, valuesToCount } from "./quantize-graph.js";
