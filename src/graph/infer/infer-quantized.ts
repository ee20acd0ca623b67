/** Types and shapes of what computes with quantised numbers, or with truth values and indices of data. */

import { intOf } from "../attributes.js";
import { dataTypeOf } from "../tensor.js";
import type { DataType, ValueType } from "../types.js";
import { matMul } from "./infer-compute.js";
import { type InferenceContext, type Rule, type Rules, Unknown } from "./infer-rule.js";
import { conv } from "./infer-windows.js";

/** The outputs of a rule for an operator whose second input is input `second` of this one, as another type. */
const like =
  (rule: Rule, second: number, type: (c: InferenceContext) => DataType): Rule =>
  (c) => {
    const at = (i: number): number => (i === 1 ? second : i);
    const made = rule({ ...c, type: (i) => c.type(at(i)), shape: (i) => c.shape(at(i)), sizes: (i) => c.sizes(at(i)) });
    return made.map((value) => ({ ...value, type: type(c) }));
  };

/** The type of the zero point, which may be left out. */
const quantize: Rule = (c) => {
  const type = c.has(2) ? c.type(2).type : (dataTypeOf(intOf(c.node, "output_dtype", 0)) ?? "uint8");
  return [{ type, shape: c.type(0).shape }];
};

const dynamicQuantize: Rule = (c) => {
  const scalar = (type: DataType): ValueType => ({ type, shape: [] });
  return [{ type: "uint8", shape: c.type(0).shape }, scalar("float32"), scalar("uint8")];
};

const multinomial: Rule = (c) => {
  const type = dataTypeOf(intOf(c.node, "dtype", 6));
  if (!type) throw new Unknown();
  return [{ type, shape: [c.shape(0)[0], intOf(c.node, "sample_size", 1)] }];
};

const whole = (): DataType => "int32";
const ofZeroPoint = (c: InferenceContext): DataType => c.type(7).type;

/** ONNX's operators of quantised numbers, and those that draw. */
export const QUANTIZED_RULES: Rules = {
  ConvInteger: like(conv, 1, whole),
  DequantizeLinear: (c) => [{ type: c.type(1).type, shape: c.type(0).shape }],
  DynamicQuantizeLinear: dynamicQuantize,
  MatMulInteger: like(matMul, 1, whole),
  Multinomial: multinomial,
  QLinearConv: like(conv, 3, ofZeroPoint),
  QLinearMatMul: like(matMul, 3, ofZeroPoint),
  QuantizeLinear: quantize,
};
