/** A graph of floating-point numbers as one that computes with whole numbers of 8 bits. */

import { attributes, floatOf, intOf } from "../graph/attributes.js";
import { codeOf, float32, int64, zeros } from "../graph/tensor.js";
import type { Attributes, Graph, Node, Tensor } from "../graph/types.js";
import { withoutUnused } from "../graph/unused.js";
import { type EightBitWeights, eightBitWeights, type Range, roundEven, type Step, stepOf } from "./eight-bit.js";
import { meanError } from "./mean-error.js";
import { boundsOf, type Plan, type WeightedNode } from "./plan.js";
import { SCALE, WHOLE } from "./whole-constants.js";

/** What is known of a value from the samples that a graph was run on. */
export interface ValueStatistics extends Range {
  /** the mean of each channel (axis 1), where it has channels */
  readonly means?: ArrayLike<number> | undefined;
}

/** A graph that computes with 8 bits. */
export interface QuantizedGraph {
  readonly graph: Graph;
  /** the constants that are whole numbers in it, and the axis of their channels; {@link wholeConstants} gives them back */
  readonly whole: Readonly<Record<string, number>>;
}

/**
 * The graph with whole numbers of 8 bits in the place of what the plan says, in the form that runtimes know best: what is rounded goes through
 * QuantizeLinear and DequantizeLinear, and weights are int8 behind a DequantizeLinear with a step for each channel. ONNX Runtime makes kernels of 8 bits of
 * it; whatever does not, computes the same with floating-point numbers.
 *
 * - Biases are whole numbers in steps of both scales. From each is taken what its rounded weights add in the mean over the samples, Σ (w' − w) · E[x], by which rounding shifts a channel
 *   (Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction", section 4.2).
 * - A convolution whose output, one pixel, is not rounded is a ConvInteger, and a matrix product has its biases behind it, so that scores are floating-point numbers.
 *
 * @param statistics the range of each value that is rounded, by its name (`valuesToCount`)
 * @throws RangeError when a range is missing or is no numbers, or weights are none
 */
export function quantizeGraph(
  graph: Graph,
  plan: Plan,
  statistics: ReadonlyMap<string, ValueStatistics>,
): QuantizedGraph {
  const writer = new Writer(graph, plan, statistics);
  for (const { name } of graph.inputs) writer.round(name);
  for (const name of graph.initializers.keys()) writer.round(name);
  for (const node of graph.nodes) writer.node(node);
  return writer.finish();
}

/** The values of a graph whose ranges a plan takes. */
export const valuesToCount = ({ initializers }: Graph, { rounded }: Plan): readonly string[] =>
  [...new Set(rounded.values())].filter((name) => !initializers.has(name));

class Writer {
  readonly #graph: Graph;
  readonly #plan: Plan;
  readonly #statistics: ReadonlyMap<string, ValueStatistics>;
  readonly #nodes: Node[] = [];
  readonly #initializers: Map<string, Tensor>;
  readonly #whole: Record<string, number> = {};
  readonly #gone: ReadonlySet<Node>;
  /** the activation that makes a value, where it is no node any more */
  readonly #activations: ReadonlyMap<string, Node>;
  /** what is read in the place of an input of the graph or a constant that is rounded */
  readonly #instead = new Map<string, string>();
  readonly #steps = new Map<string, Step>();
  readonly #taken = new Set<string>();

  constructor(graph: Graph, plan: Plan, statistics: ReadonlyMap<string, ValueStatistics>) {
    this.#graph = graph;
    this.#plan = plan;
    this.#statistics = statistics;
    this.#initializers = new Map(graph.initializers);
    this.#gone = new Set(plan.absorbed.values());
    this.#activations = new Map([...plan.absorbed.values()].map((node) => [node.outputs[0], node]));
  }

  /** The value whose step a rounded value has. */
  #source = (value: string): string => this.#plan.rounded.get(value) ?? value;

  #step(value: string): Step {
    const source = this.#source(value);
    const known = this.#steps.get(source);
    if (known) return known;
    const constant = this.#graph.initializers.get(source);
    const range = constant ? rangeOf(constant) : this.#statistics.get(source);
    if (!range) throw new RangeError(`The range of '${source}' is not known.`);
    const step = this.#about(source, () => stepOf(this.#within(source, range)));
    this.#steps.set(source, step);
    return step;
  }

  #about<R>(name: string, body: () => R): R {
    try {
      return body();
    } catch (error) {
      if (error instanceof RangeError) throw new RangeError(`'${name}' cannot be rounded to 8 bits. ${error.message}`);
      throw error;
    }
  }

  /** A range that goes no further than the activation that makes the value. */
  #within(value: string, { low, high }: Range): Range {
    const activation = this.#activations.get(value);
    const bounds = activation && boundsOf(this.#graph, activation);
    return bounds ? { low: Math.max(low, bounds.low), high: Math.min(high, bounds.high) } : { low, high };
  }

  #constant(name: string, value: Tensor): string {
    this.#initializers.set(name, value);
    return name;
  }

  #stepNames(value: string): [scale: string, zero: string] {
    const source = this.#source(value);
    const { scale, zero } = this.#step(value);
    return [
      this.#constant(`${source}/step`, float32([scale])),
      this.#constant(`${source}/zero`, { type: "uint8", shape: [], data: Uint8Array.of(zero) }),
    ];
  }

  #add(operator: string, inputs: readonly string[], output: string, more: Attributes = {}): string {
    this.#nodes.push({
      ...{ operator, domain: "", name: `${output}/${operator}` },
      ...{ inputs, outputs: [output], attributes: more },
    });
    return output;
  }

  /** Rounds an input of the graph or a constant, where it is to be. */
  round(name: string): void {
    if (!this.#plan.rounded.has(name)) return;
    const [scale, zero] = this.#stepNames(name);
    const constant = this.#graph.initializers.get(name);
    const eight = `${name}/eight`;
    if (constant) {
      const step = this.#step(name);
      const data = Uint8Array.from(constant.data as Float32Array, (x) =>
        Math.min(255, Math.max(0, roundEven(x / step.scale) + step.zero)),
      );
      this.#constant(eight, { type: "uint8", shape: constant.shape, data });
    } else this.#add("QuantizeLinear", [name, scale, zero], eight);
    this.#instead.set(name, this.#add("DequantizeLinear", [eight, scale, zero], `${name}/rounded`));
  }

  node(node: Node): void {
    if (this.#gone.has(node)) return;
    const { weighted, eightBit, absorbed, rounded } = this.#plan;
    const values = node.outputs.map((made) => absorbed.get(made)?.outputs[0] ?? made);
    const outputs = values.map((value) => (rounded.has(value) ? `${value}/exact` : value));
    const withWeights = weighted.get(node);
    const inputs = eightBit.has(node) ? node.inputs.map((name) => this.#instead.get(name) ?? name) : node.inputs;
    if (node.operator === "HardSigmoid" && eightBit.has(node)) {
      this.#hardSigmoid(node, inputs[0], values[0]);
      return;
    }
    if (!withWeights) this.#nodes.push({ ...node, inputs, outputs });
    else if (rounded.has(values[0])) this.#nodes.push({ ...node, inputs: this.#weights(withWeights, inputs), outputs });
    else if (node.operator === "Conv") this.#convolution(withWeights, outputs[0]);
    else this.#product(withWeights, inputs[0], outputs[0]);
    for (const value of values) {
      if (!rounded.has(value)) continue;
      const [scale, zero] = this.#stepNames(value);
      const eight = this.#add("QuantizeLinear", [`${value}/exact`, scale, zero], `${value}/eight`);
      this.#add("DequantizeLinear", [eight, scale, zero], value);
    }
  }

  /**
   * The runtime has no hard sigmoid of 8 bits. It is a sum whose ends are cut off, in other steps:
   *
   *     clip(a·x + b, 0, 1) = a · clip(x + b/a, 0, 1/a)
   */
  #hardSigmoid(node: Node, x: string, value: string): void {
    const slope = floatOf(node, "alpha", 0.2);
    const shift = floatOf(node, "beta", 0.5) / slope;
    const step = stepOf({ low: Math.min(0, shift), high: Math.max(0, shift) });
    const whole = Uint8Array.of(roundEven(shift / step.scale) + step.zero);
    const zero = (name: string, number: number): string =>
      this.#constant(`${value}/${name}`, { type: "uint8", shape: [], data: Uint8Array.of(number) });
    const scale = (name: string, number: number): string => this.#constant(`${value}/${name}`, float32([number]));
    const added = this.#add(
      "DequantizeLinear",
      [zero("shift", whole[0]), scale("shift step", step.scale), zero("shift zero", step.zero)],
      `${value}/shift/rounded`,
    );
    const none = zero("zero", 0);
    const sum = this.#add("Add", [x, added], `${value}/exact`);
    const eight = this.#add("QuantizeLinear", [sum, scale("sum step", 1 / slope / 255), none], `${value}/eight`);
    this.#add("DequantizeLinear", [eight, scale("step", 1 / 255), none], value);
    this.#steps.set(value, { scale: 1 / 255, zero: 0 });
  }

  /** The inputs of a node with weights, which are whole numbers. */
  #weights(weighted: WeightedNode, [x]: readonly string[]): string[] {
    const { node, weights, axis, biases } = weighted;
    const { scale } = this.#step(node.inputs[0]);
    const bias = biases === undefined ? undefined : this.#float(biases);
    // A bias is a whole number of 32 bits.
    const least = bias && Array.from(bias.data, (b) => (2 * Math.abs(b)) / 2 ** 30 / scale);
    const rounded = this.#eightBit(weighted, least);
    const w = this.#dequantized(weights, rounded.values, rounded.scales, axis);
    if (biases === undefined || !bias) return [x, w];
    const steps = rounded.scales.map((each) => Math.fround(each * scale));
    if (!steps.every(Number.isFinite))
      throw new RangeError(`'${weights}' times '${node.inputs[0]}' is larger than float32.`);
    const data = Int32Array.from(this.#corrected(weighted, rounded, bias), (b, k) =>
      Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, roundEven(b / steps[k]))),
    );
    return [x, w, this.#dequantized(biases, { type: "int32", shape: bias.shape, data }, steps, 0)];
  }

  /** A convolution whose output is floating-point numbers: whole ones, times both scales, plus the bias. */
  #convolution(weighted: WeightedNode, output: string): void {
    const { node, weights, axis } = weighted;
    const rounded = this.#eightBit(weighted);
    const whole = this.#wholeNames(weights, rounded.values, rounded.scales, axis);
    const [step, zero] = this.#stepNames(node.inputs[0]);
    const eight = `${node.inputs[0]}/eight`;
    const axes = this.#constant("per channel", int64([1, 2]));
    const factors = this.#add(
      "Mul",
      [this.#add("Unsqueeze", [whole.scale, axes], `${output}/scales`), step],
      `${output}/factors`,
    );
    const sums = `${output}/sums`;
    this.#nodes.push({
      ...node,
      ...{ operator: "ConvInteger", inputs: [eight, whole.values, zero], outputs: [sums] },
    });
    const cast = this.#add("Cast", [sums], `${sums}/float`, attributes({ to: codeOf("float32") }));
    const bias = this.#bias(weighted, rounded);
    const product = this.#add("Mul", [cast, factors], `${output}/product`);
    this.#add("Add", [product, this.#add("Unsqueeze", [bias, axes], `${output}/biases`)], output);
  }

  /** A matrix product whose output is floating-point numbers. ONNX Runtime leaves one of 8 bits as it is that is itself an output of the graph. */
  #product(weighted: WeightedNode, x: string, output: string): void {
    const { node, weights, axis } = weighted;
    const rounded = this.#eightBit(weighted);
    const w = this.#dequantized(weights, rounded.values, rounded.scales, axis);
    const product = `${output}/product`;
    this.#nodes.push({ ...node, inputs: [x, w], outputs: [product] });
    this.#add("Add", [product, this.#bias(weighted, rounded)], output);
  }

  /** The biases as floating-point numbers. */
  #bias(weighted: WeightedNode, rounded: EightBitWeights): string {
    const { weights, biases = `${weights}/biases` } = weighted;
    const bias =
      weighted.biases === undefined
        ? float32(new Float32Array(rounded.scales.length), [rounded.scales.length])
        : this.#float(biases);
    return this.#constant(
      this.#fresh(`${biases}/corrected`),
      float32(this.#corrected(weighted, rounded, bias), bias.shape),
    );
  }

  #float(name: string): Tensor<"float32"> {
    const value = this.#graph.initializers.get(name);
    if (value?.type !== "float32") throw new RangeError(`'${name}': expected float32 numbers, got ${value?.type}.`);
    return value as Tensor<"float32">;
  }

  #eightBit({ node, weights, axis }: WeightedNode, least?: readonly number[]): EightBitWeights {
    const value = this.#float(weights);
    // each product of a depthwise convolution is added by itself
    const alone = node.operator === "Conv" && value.shape[1] === 1 && intOf(node, "group", 1) === value.shape[0];
    return this.#about(weights, () => eightBitWeights(value, axis, { least, alone }));
  }

  /** The biases without what rounded weights add in the mean. */
  #corrected(weighted: WeightedNode, rounded: EightBitWeights, bias: Tensor<"float32">): Float64Array {
    const means = this.#statistics.get(weighted.node.inputs[0])?.means;
    const shift = means && meanError(weighted, this.#float(weighted.weights), rounded, means);
    return Float64Array.from(bias.data, (b, k) => b - (shift?.[k] ?? 0));
  }

  /** A name of its own for what is made of a constant that several nodes may read. */
  #fresh(name: string): string {
    let free = name;
    for (let i = 2; this.#taken.has(free); i++) free = `${name}.${i}`;
    this.#taken.add(free);
    return free;
  }

  #wholeNames(
    name: string,
    value: Tensor,
    scales: Float32Array,
    axis: number,
  ): { readonly free: string; readonly values: string; readonly scale: string } {
    const free = this.#fresh(name);
    this.#whole[free] = axis;
    return {
      free,
      values: this.#constant(free + WHOLE, value),
      scale: this.#constant(free + SCALE, float32(scales, [scales.length])),
    };
  }

  #dequantized(name: string, value: Tensor, scales: Float32Array, axis: number): string {
    const { free, values, scale } = this.#wholeNames(name, value, scales, axis);
    // ONNX Runtime makes no kernel of 8 bits of a Gemm whose weights have no zero point.
    const zero = value.type === "int8" ? [this.#constant(`${free}/zero`, zeros("int8", [scales.length]))] : [];
    return this.#add("DequantizeLinear", [values, scale, ...zero], `${free}/rounded`, attributes({ axis }));
  }

  finish(): QuantizedGraph {
    const { declared: _, ...graph } = this.#graph;
    return {
      graph: withoutUnused({ ...graph, nodes: this.#nodes, initializers: this.#initializers }),
      whole: this.#whole,
    };
  }
}

const rangeOf = ({ data }: Tensor): Range => {
  let [low, high] = [0, 0];
  for (const value of data as Float32Array) {
    if (!(value >= low)) low = value;
    if (!(value <= high)) high = value;
  }
  return { low, high };
};
