/** Derivatives of what a network says, by any of its values. */

import { type GradientOptions, gradients } from "../autodiff/differentiate.js";
import type { Rule, RuleContext } from "../autodiff/rule.js";
import { RULES } from "../autodiff/rules.js";
import { float32 } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { outputOf } from "../network/network.js";
import { word } from "../values/kind.js";
import { firstOf, inParts } from "./batches.js";
import { Look } from "./look.js";
import { activations, expectImages, expectNames, type Opened } from "./opened.js";
import { turnedConv } from "./turned-convolution.js";

/**
 * What is differentiated, for each picture:
 *
 * - a whole number k, or one for each picture: the score of class k, before the softmax; where scores have places, their sum over all places
 * - a layer and weights: the sum of the weights times the layer's values. The weights' first dimension is N, or 1 for the same of all
 */
export type Aim = number | readonly number[] | { readonly layer: string; readonly weights: Tensor<"float32"> };

/** The squared distance between a layer's values and a target of the same shape, Σ (y − t)². */
export interface Distance {
  readonly layer: string;
  readonly target: Tensor<"float32">;
}

/**
 * How a derivative goes back through rectifiers (ReLU, and those that are cut off above):
 *
 * - "gradient": as it is: dx = dy where x > 0, else 0
 * - "guided": dx = max(dy, 0) where x > 0, else 0 (Springenberg et al. 2015)
 * - "deconvolution": dx = max(dy, 0), whatever x is (Zeiler and Fergus 2014)
 */
export type Backward = "gradient" | "guided" | "deconvolution";

/** What is differentiated, and by what. */
export interface GradientQuestion {
  readonly of: Aim | Distance;
  /** "image", or names of layers; "image" unless given */
  readonly withRespectTo?: readonly string[];
  /** "gradient" unless given */
  readonly backward?: Backward;
}

/** What was differentiated, and its derivatives. */
export interface Gradient {
  /** N: what was differentiated, of each picture */
  readonly value: Tensor<"float32">;
  /** by the names of the layers; each has the shape of the layer's value, N first */
  readonly gradients: Readonly<Record<string, Tensor<"float32">>>;
  /** the values of the same layers, from the same run */
  readonly values: Readonly<Record<string, Tensor<"float32">>>;
}

/**
 * The derivative of a score, of a weighted sum of a layer's values, or of their distance from others, by the picture and by the values of layers:
 *
 *   d f / d v,   f = Σ w · y   or   Σ (y − t)²,   for each picture by itself
 *
 * By "image" it is per byte: the normalisation is part of the network.
 *
 * @param images N×C×H×W, from 0 to 255
 * @throws RangeError for a name that the network has not, a class that there is not, weights or a target of another size than the layer's values, or not as many aims as pictures
 * @throws DifferentiationError when an operator on the way has no derivative
 * @example
 * const { gradients } = await gradient(opened, zeros("float32", [1, 1, 32, 32]), { of: 2 });
 * gradients.image.shape; // [1, 1, 32, 32]: how the score of "c" grows with each pixel
 */
export async function gradient(
  opened: Opened,
  images: Tensor<"float32">,
  { of, withRespectTo = ["image"], backward = "gradient" }: GradientQuestion,
): Promise<Gradient> {
  word(["gradient", "guided", "deconvolution"]).take(backward, { path: "backward" });
  expectImages(opened, images);
  const [layer, measure, other] = isDistance(of)
    ? ([of.layer, "target", of.target] as const)
    : ([aimedAt(of), "weights", weightsOf(opened, of)] as const);
  expectNames(opened, [layer, ...withRespectTo]);
  expectAims(other, images.shape[0]);
  const { value, ...found } = await inParts(opened, { image: images, [measure]: other }, async (part, few) => {
    const shapes = [part.image.shape, part[measure].shape];
    const key = JSON.stringify(["gradient", measure, shapes, layer, withRespectTo, backward]);
    const program = await opened.kept(key, () =>
      gradientGraph(opened, shapes, layer, measure, withRespectTo, RECTIFIED[backward]),
    );
    const run = await program.run(part);
    return Object.fromEntries(Object.keys(run).map((name) => [name, firstOf(run[name], few)]));
  });
  const named = (kind: "by" | "at"): Gradient["gradients"] =>
    Object.fromEntries(
      withRespectTo.map((name, i) => [name, name === "image" && kind === "at" ? images : found[`${kind}/${i}`]]),
    );
  return { value, gradients: named("by"), values: named("at") };
}

function gradientGraph(
  { model }: Opened,
  [images, other]: readonly (readonly number[])[],
  layer: string,
  measure: "weights" | "target",
  by: readonly string[],
  options: GradientOptions,
): Graph {
  const look = new Look(model, images);
  const { g } = look;
  const value = look.valueOf(layer);
  const shape = g.shape(value);
  const fits = other.length === shape.length && other.every((size, i) => size === shape[i]);
  const single = layer === "scores" && other.slice(2).every((size) => size === 1);
  if (!fits && !single) {
    const [got, expected] = [other, shape].map((sizes) => sizes.slice(1).join("×"));
    const what = measure === "weights" ? "Weights of" : "Targets of";
    throw new RangeError(`${what} '${layer}' are numbers of N×${expected}, got N×${got}.`);
  }
  const given = g.input(measure, "float32", other);
  const away = measure === "target" ? g.op("Sub", [value, given]) : value;
  const weighted = g.op("Mul", [away, measure === "target" ? away : given]);
  const axes = shape.map((_, i) => i).slice(1);
  const sums = g.op("ReduceSum", [weighted, g.ints(...axes)], { keepdims: 0 });
  const total = g.op("ReduceSum", [sums], { keepdims: 0 });
  const found = gradients(g, total, by.map(look.valueOf), options);
  g.output("value", sums);
  for (const [i, name] of by.entries()) {
    g.output(`by/${i}`, g.op("Identity", [found.get(look.valueOf(name)) ?? ""]));
    if (name !== "image") g.output(`at/${i}`, g.op("Identity", [look.valueOf(name)]));
  }
  return look.graph();
}

const isDistance = (of: Aim | Distance): of is Distance => typeof of === "object" && "target" in of;
const aimedAt = (of: Aim): string => (isLayer(of) ? of.layer : "scores");
const isLayer = (of: Aim): of is Exclude<Aim, number | readonly number[]> => typeof of === "object" && "layer" in of;

/** @throws RangeError unless there is one for all pictures, or one for each */
function expectAims({ shape: [aims] }: Tensor, count: number): void {
  if (aims === count || aims === 1) return;
  throw new RangeError(`Expected one aim for all of ${count} pictures, or one for each, got ${aims}.`);
}

/** One for the class that is asked for, 0 for the others. */
function weightsOf({ model }: Opened, of: Aim): Tensor<"float32"> {
  if (isLayer(of)) return of.weights;
  const { channels } = outputOf(model.network);
  const asked = typeof of === "number" ? [of] : of;
  const data = new Float32Array(asked.length * channels);
  for (const [i, k] of asked.entries()) {
    if (!Number.isInteger(k) || k < 0 || k >= channels) {
      throw new RangeError(`'${model.network.name}' has ${channels} scores, from 0; got class ${k}.`);
    }
    data[i * channels + k] = 1;
  }
  return float32(data, [asked.length, channels, 1, 1]);
}

/** How a derivative goes back through a rectifier: ReLU, and what cuts off at 0 and above. */
const RECTIFIED: Readonly<Record<Backward, GradientOptions>> = {
  gradient: { rules: { Conv: turnedConv } },
  guided: rectifiers((c, usual) => usual({ ...c, dy: positive(c) })),
  deconvolution: rectifiers((c) => [positive(c)]),
};

function rectifiers(rule: (c: RuleContext, usual: Rule) => ReturnType<Rule>): GradientOptions {
  const clip: Rule = (c) => {
    const isRectifier = c.g.numbers(c.node.inputs[1] ?? "")?.[0] === 0;
    return isRectifier ? rule(c, RULES.Clip) : RULES.Clip(c);
  };
  return { rules: { Conv: turnedConv, Relu: (c) => rule(c, RULES.Relu), Clip: clip } };
}

function positive({ g, dy }: RuleContext): string {
  return g.op("Relu", [dy]);
}

/**
 * What is aimed at, of each picture: the score, or the weighted sum.
 *
 * @param images N×C×H×W, from 0 to 255
 * @throws RangeError as {@link gradient}
 * @example
 * (await valueAimedAt(opened, zeros("float32", [2, 1, 32, 32]), 2)).length; // 2
 */
export async function valueAimedAt(opened: Opened, images: Tensor<"float32">, of: Aim): Promise<number[]> {
  const layer = aimedAt(of);
  const weights = weightsOf(opened, of);
  expectAims(weights, images.shape[0]);
  const { [layer]: value } = await activations(opened, images, [layer]);
  const [count, channels, ...sizes] = value.shape;
  const area = sizes.reduce((product, size) => product * size, 1);
  const [own, size] = [weights.data.length / weights.shape[0], channels * area];
  const perPlace = own === size;
  if (!perPlace && own !== channels) {
    const got = weights.shape.slice(1).join("×");
    throw new RangeError(`Weights of '${layer}' are numbers of N×${value.shape.slice(1).join("×")}, got N×${got}.`);
  }
  return Array.from({ length: count }, (_, n) => {
    const from = weights.shape[0] === 1 ? 0 : n * own;
    let sum = 0;
    for (let i = 0; i < size; i++)
      sum += weights.data[from + (perPlace ? i : Math.floor(i / area))] * value.data[n * size + i];
    return sum;
  });
}
