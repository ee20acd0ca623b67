/** Keras's convolutions, poolings and dense layers. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { Tensor } from "../../graph/types.js";
import { reach } from "../../graph/window.js";
import { pad, reduce } from "../channels-last/operations.js";
import type { Laid } from "../channels-last/values.js";
import {
  convolution,
  dense,
  type Parameters,
  pool,
  type SlidingWindow,
  transposedConvolution,
} from "../channels-last/windows.js";
import { transposed } from "../elements.js";
import { activated } from "./activations.js";
import { type Call, onImages, type Rule } from "./call.js";

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The window of a layer over images with so many sides. */
function windowOf({ fields }: Call, sides: number, support: readonly number[]): SlidingWindow {
  const ones = support.map(() => 1);
  const positive = (name: string): number[] => {
    const values = fields.sides(name, sides, ones);
    if (values.some((value) => value < 1)) throw fields.wrong(name, "numbers of 1 or more");
    return values;
  };
  return {
    support,
    strides: positive("strides"),
    dilations: positive("dilation_rate"),
    padding: fields.choice("padding", ["valid", "same", "causal"] as const, "valid") === "same" ? "same" : "valid",
  };
}

/** Pads before the first place only, so that no place sees a later one. */
const causal = (call: Call, x: Laid, { support, dilations = [1] }: SlidingWindow): Laid =>
  call.fields.get("padding") === "causal"
    ? pad(call.graph, x, [
        [0, 0],
        [reach(support[0], dilations[0]) - 1, 0],
        [0, 0],
      ])
    : x;

/** A kernel as ONNX has it, and the bias behind it, if there is one. */
function parametersOf(call: Call, weights: Tensor<"float32">, biasAt: number, what = "kernel"): Parameters {
  const hasBias = call.fields.bool("use_bias", true);
  call.expectWeights(biasAt + (hasBias ? 1 : 0));
  return {
    weights,
    bias: hasBias ? call.weight(biasAt, "bias", 1) : undefined,
    names: { weights: call.name(what), bias: call.name("bias") },
  };
}

/** Kernels are …×C×K. */
const conv =
  (sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (given) => {
      const kernel = call.weight(0, "kernel", sides + 2);
      const turned = call.once("kernel", () => transposed(kernel, [sides + 1, sides, ...range(0, sides)]));
      const window = windowOf(call, sides, kernel.shape.slice(0, sides));
      const x = causal(call, given, window);
      const group = call.graph.size(x, -1) / kernel.shape[sides];
      return activated(call, convolution(call.graph, x, parametersOf(call, turned, 1), window, group));
    });

/** Kernels …×C×M as C·M×1×…: each channel has M filters. */
const channelwise = (kernel: Tensor<"float32">, sides: number): Tensor<"float32"> => {
  const turned = transposed(kernel, [sides, sides + 1, ...range(0, sides)]);
  const [channels, filters, ...support] = turned.shape;
  return { ...turned, shape: [channels * filters, 1, ...support] };
};

const depthwise =
  (sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (x) => {
      const kernel = call.weight(0, "kernel", sides + 2);
      const turned = call.once("kernel", () => channelwise(kernel, sides));
      const window = windowOf(call, sides, kernel.shape.slice(0, sides));
      const parameters = parametersOf(call, turned, 1);
      return activated(call, convolution(call.graph, x, parameters, window, kernel.shape[sides]));
    });

/** A filter for each channel, and then sums of channels. */
const separable =
  (sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (given) => {
      const kernel = call.weight(0, "depthwise kernel", sides + 2);
      const points = call.weight(1, "pointwise kernel", sides + 2);
      const own = call.once("depthwise", () => channelwise(kernel, sides));
      const sums = call.once("pointwise", () => transposed(points, [sides + 1, sides, ...range(0, sides)]));
      const window = windowOf(call, sides, kernel.shape.slice(0, sides));
      const x = causal(call, given, window);
      const names = { weights: call.name("depthwise_kernel"), bias: "" };
      const middle = convolution(call.graph, x, { weights: own, names }, window, kernel.shape[sides]);
      const still: SlidingWindow = {
        support: range(0, sides).map(() => 1),
        strides: range(0, sides).map(() => 1),
        padding: "valid",
      };
      return activated(
        call,
        convolution(call.graph, middle, parametersOf(call, sums, 2, "pointwise_kernel"), still, 1),
      );
    });

/** Kernels are …×K×C. */
const transposedConv =
  (sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (x) => {
      const { fields, graph } = call;
      const kernel = call.weight(0, "kernel", sides + 2);
      const turned = call.once("kernel", () => transposed(kernel, [sides + 1, sides, ...range(0, sides)]));
      const window = windowOf(call, sides, kernel.shape.slice(0, sides));
      const extra = fields.has("output_padding") ? fields.sides("output_padding", sides) : undefined;
      const made = (side: number, axis: number): number => {
        const [stride, size] = [window.strides[axis], reach(window.support[axis], window.dilations?.[axis] ?? 1)];
        if (extra) {
          const pads = window.padding === "same" ? 2 * Math.floor(size / 2) : 0;
          return (side - 1) * stride + size - pads + extra[axis];
        }
        return side * stride + (window.padding === "same" ? 0 : Math.max(0, size - stride));
      };
      return activated(call, transposedConvolution(graph, x, parametersOf(call, turned, 1), window, made));
    });

const pooling =
  (operator: "MaxPool" | "AveragePool", sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (x) => {
      const { fields, graph } = call;
      const support = fields.sides("pool_size", sides);
      const strides = fields.sides("strides", sides, support);
      if ([...support, ...strides].some((n) => n < 1)) throw fields.wrong("pool_size", "windows that move");
      const padding = fields.choice("padding", ["valid", "same"] as const, "valid");
      return pool(graph, operator, x, { support, strides, padding });
    });

const globalPooling =
  (operator: "ReduceMean" | "ReduceMax"): Rule =>
  (call) =>
    onImages(call, call.x, (x) => {
      const axes = range(1, call.graph.rank(x) - 1);
      return reduce(call.graph, operator, x, axes, call.fields.bool("keepdims", false));
    });

/** Kernels are C×K. */
const fullyConnected: Rule = (call) => {
  const kernel = call.weight(0, "kernel", 2);
  const turned = call.once("kernel", () => transposed(kernel, [1, 0]));
  if (call.graph.rank(call.x) < 2) throw new ModelFormatError("expected values of at least two axes");
  return activated(call, dense(call.graph, call.x, parametersOf(call, turned, 1)));
};

export const windowLayers: Readonly<Record<string, Rule>> = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  Conv3D: conv(3),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  Conv1DTranspose: transposedConv(1),
  Conv2DTranspose: transposedConv(2),
  Conv3DTranspose: transposedConv(3),
  MaxPooling1D: pooling("MaxPool", 1),
  MaxPooling2D: pooling("MaxPool", 2),
  MaxPooling3D: pooling("MaxPool", 3),
  AveragePooling1D: pooling("AveragePool", 1),
  AveragePooling2D: pooling("AveragePool", 2),
  AveragePooling3D: pooling("AveragePool", 3),
  GlobalMaxPooling1D: globalPooling("ReduceMax"),
  GlobalMaxPooling2D: globalPooling("ReduceMax"),
  GlobalMaxPooling3D: globalPooling("ReduceMax"),
  GlobalAveragePooling1D: globalPooling("ReduceMean"),
  GlobalAveragePooling2D: globalPooling("ReduceMean"),
  GlobalAveragePooling3D: globalPooling("ReduceMean"),
  Dense: fullyConnected,
};
