/** Rules of activations: functions of one number, and those along an axis. In the formulas, dy is the derivative to the output y. */

import { float, floatOf, intOf, stringOf } from "../../graph/attributes.js";
import { codeOf } from "../../graph/tensor.js";
import { byDefinition, type Rule, type RuleContext, unary } from "../rule.js";

/** y = 1/(1 + e⁻ˣ): y′ = y·(1 − y) */
export const sigmoid = unary((g, _x, y) => g.op("Mul", [y, g.op("Sub", [g.scalar(1), y])]));
/** y = tanh x: y′ = 1 − y² */
export const tanh = unary((g, _x, y) => g.op("Sub", [g.scalar(1), g.op("Mul", [y, y])]));
/** y = ln(1 + eˣ): y′ = 1/(1 + e⁻ˣ) */
export const softplus = unary((g, x) => g.op("Sigmoid", [x]));
/** dy where x > 0, else dy times what `below` gives */
const kinked =
  (below: (c: RuleContext) => string): Rule =>
  (c) => {
    const positive = c.g.op("Greater", [c.node.inputs[0], c.g.scalar(0)]);
    return [c.g.op("Where", [positive, c.dy, below(c)])];
  };

/** y = max(x, 0): dx = dy where y > 0, else 0 (also at 0) */
export const relu = unary((g, _x, y) => g.op("Cast", [g.op("Greater", [y, g.scalar(0)])], { to: codeOf("float32") }));
/** y = x, or αx below 0 */
export const leakyRelu = kinked(({ g, node, dy }) => g.op("Mul", [dy, g.scalar(floatOf(node, "alpha", 0.01))]));
/** y = x, or α(eˣ − 1) below 0, whose derivative αeˣ keeps its digits, as y + α does not */
export const elu = kinked(({ g, node, dy }) => {
  const power = g.op("Exp", [g.op("Min", [node.inputs[0], g.scalar(0)])]);
  return g.op("Mul", [dy, g.op("Mul", [power, g.scalar(floatOf(node, "alpha", 1))])]);
});
/** y = γx, or γα(eˣ − 1) below 0 (Klambauer et al. 2017) */
export const selu: Rule = (c) => {
  const { g, node } = c;
  const gamma = g.scalar(floatOf(node, "gamma", SELU_GAMMA));
  const [power] = elu({ ...c, node: { ...node, attributes: { alpha: float(floatOf(node, "alpha", SELU_ALPHA)) } } });
  return [power && g.op("Mul", [power, gamma])];
};
const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

/** y = x, or α(e^(x/α) − 1) below 0 (Barron 2017): y′ = e^(x/α) */
export const celu = kinked(({ g, node, dy }) => {
  const below = g.op("Min", [node.inputs[0], g.scalar(0)]);
  return g.op("Mul", [dy, g.op("Exp", [g.op("Div", [below, g.scalar(floatOf(node, "alpha", 1))])])]);
});

/** y = x where x > α, else 0 */
export const thresholdedRelu: Rule = ({ g, node, dy }) => {
  const passed = g.op("Greater", [node.inputs[0], g.scalar(floatOf(node, "alpha", 1))]);
  return [g.op("Where", [passed, dy, g.scalar(0)])];
};

/** y = x + bias below −lambd, x − bias above lambd, else 0 */
export const shrink: Rule = ({ g, node, dy }) => {
  const passed = g.op("Greater", [g.op("Abs", [node.inputs[0]]), g.scalar(floatOf(node, "lambd", 0.5))]);
  return [g.op("Where", [passed, dy, g.scalar(0)])];
};

/** y = x, or slope·x at and below 0, with a slope for each channel: dslope = Σ x·dy there */
export const pRelu = byDefinition((g, { inputs: [x, slope] }) => [
  g.op("Where", [g.op("Greater", [x, g.scalar(0)]), x, g.op("Mul", [x, slope])]),
]);

/** y = min(max(αx + β, 0), 1): dx = α·dy where it is neither 0 nor 1 */
export const hardSigmoid: Rule = ({ g, node, dy }) => {
  const [y] = node.outputs;
  const inside = g.op("And", [g.op("Greater", [y, g.scalar(0)]), g.op("Less", [y, g.scalar(1)])]);
  return [g.op("Where", [inside, g.op("Mul", [dy, g.scalar(floatOf(node, "alpha", 0.2))]), g.scalar(0)])];
};

/** y = x·min(max(x/6 + ½, 0), 1) (Howard et al. 2019) */
export const hardSwish = byDefinition((g, { inputs: [x] }) => [
  g.op("Mul", [x, g.op("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) })]),
]);

/** y = x/(1 + |x|): y′ = 1/(1 + |x|)² */
export const softsign = unary((g, x) => {
  const z = g.op("Reciprocal", [g.op("Add", [g.op("Abs", [x]), g.scalar(1)])]);
  return g.op("Mul", [z, z]);
});

/** y = x·tanh(ln(1 + eˣ)) (Misra 2019) */
export const mish = byDefinition((g, { inputs: [x] }) => [g.op("Mul", [x, g.op("Tanh", [g.op("Softplus", [x])])])]);

/** y = x·Φ(x), Φ(x) = ½(1 + erf(x/√2)), or about ½(1 + tanh(√(2/π)·(x + 0.044715x³))) (Hendrycks and Gimpel 2016) */
export const gelu = byDefinition((g, node) => {
  const [x] = node.inputs;
  const cube = (): string => g.op("Mul", [g.op("Mul", [x, x]), g.op("Mul", [x, g.scalar(0.044715)])]);
  const inner =
    stringOf(node, "approximate", "none") === "tanh"
      ? g.op("Tanh", [g.op("Mul", [g.op("Add", [x, cube()]), g.scalar(Math.sqrt(2 / Math.PI))])])
      : g.op("Erf", [g.op("Mul", [x, g.scalar(Math.SQRT1_2)])]);
  return [g.op("Mul", [x, g.op("Mul", [g.op("Add", [inner, g.scalar(1)]), g.scalar(0.5)])])];
});

/** y = softmax x along an axis: dx = y·(dy − Σ dy·y) */
export const softmax: Rule = ({ g, node, dy }) => {
  const y = node.outputs[0];
  const axis = g.ints(intOf(node, "axis", -1));
  const mean = g.op("ReduceSum", [g.op("Mul", [dy, y]), axis], { keepdims: 1 });
  return [g.op("Mul", [y, g.op("Sub", [dy, mean])])];
};

/** y = x − ln Σ eˣ along an axis: dx = dy − eʸ · Σ dy */
export const logSoftmax: Rule = ({ g, node, dy }) => {
  const total = g.op("ReduceSum", [dy, g.ints(intOf(node, "axis", -1))], { keepdims: 1 });
  return [g.op("Sub", [dy, g.op("Mul", [g.op("Exp", [node.outputs[0]]), total])])];
};
