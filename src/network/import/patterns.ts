/** Which nodes of a foreign graph are which layers: one entry for each pattern. */

import * as B from "../../blocks/index.js";
import type { Layer } from "../../blocks/layer.js";
import { floatOf, intOf, intsOf, stringOf } from "../../graph/attributes.js";
import { float32 } from "../../graph/tensor.js";
import type { Node, Tensor } from "../../graph/types.js";
import { argumentOf, type Expression, op } from "./expression.js";
import { axisOf, type GraphView } from "./graph-view.js";

/** The value of a parameter, and what it was made of: where that is the same, it is one parameter. */
export interface Given {
  readonly tensor: Tensor<"float32">;
  readonly key: string;
}

/** A layer that a node is, alone or with others before it. */
export interface Match {
  /** without a name and what it reads */
  readonly layer: Layer;
  /** the values that it reads */
  readonly reads: readonly string[];
  /** the values of its parameters, by their names within the layer */
  readonly values?: Readonly<Record<string, Given>>;
}

/** Nothing where the node is no such layer. */
type Pattern = (node: Node, view: GraphView) => Match | undefined;

/** The layer that a node is; undefined where it is none. */
export function matchNode(node: Node, view: GraphView): Match | undefined {
  const used = node.outputs.filter((output) => output !== "" && view.readers(output) > 0);
  if (node.domain !== "" || used.length !== 1 || used[0] !== node.outputs[0] || !view.image(used[0])) return undefined;
  for (const pattern of [...FORMULAS_BY_ROOT(node), ...(PATTERNS[node.operator] ?? [])]) {
    const match = pattern(node, view);
    if (match?.reads.every((value) => view.image(value))) return match;
  }
  return undefined;
}

const rank = (view: GraphView, value: string): number => view.shape(value)?.length ?? 0;

/** A layer of one input that is nothing but its operator. */
const unary =
  (layerOf: (node: Node, view: GraphView) => Layer | undefined): Pattern =>
  (node, view) => {
    const layer = layerOf(node, view);
    return layer && { layer, reads: [node.inputs[0]] };
  };

const given = (values: ArrayLike<number>, shape: readonly number[], key: string): Given => ({
  tensor: float32(values, shape),
  key,
});

/** A parameter as it stands in the file, in a shape. */
const asIs = ({ data }: Tensor<"float32">, shape: readonly number[], key: string): Given => ({
  tensor: { type: "float32", shape, data },
  key: `${key} as ${shape.join("×")}`,
});

/** The numbers of a constant, one for each channel; it may be one for all. */
function perChannel(
  view: GraphView,
  value: string,
  of: string,
): { numbers: Float32Array; single: boolean } | undefined {
  const constant = view.numbers(value);
  const { channels } = view.image(of) ?? { channels: 0 };
  const axes = rank(view, of);
  if (!constant || constant.shape.length > axes) return undefined;
  if (constant.data.length === 1) return { numbers: new Float32Array(channels).fill(constant.data[0]), single: true };
  const sizes = [...Array<number>(axes - constant.shape.length).fill(1), ...constant.shape];
  const fits = sizes.every((size, axis) => size === (axis === 1 ? channels : 1));
  return fits ? { numbers: constant.data, single: false } : undefined;
}

/** Pads of an ONNX window in our order, and the rest of it. */
function windowOf(
  node: Node,
): Required<Pick<B.ConvOptions, "stride" | "pad" | "dilation">> & { kernel?: readonly number[] } {
  const [top, left, bottom, right] = intsOf(node, "pads") ?? [0, 0, 0, 0];
  const two = (name: string): readonly [number, number] => {
    const [down = 1, across = 1] = intsOf(node, name) ?? [];
    return [down, across];
  };
  const kernel = intsOf(node, "kernel_shape");
  return {
    stride: two("strides"),
    pad: [top, bottom, left, right],
    dilation: two("dilations"),
    ...(kernel ? { kernel } : {}),
  };
}

/** Whether a window's padding is said, and is none that cuts off. */
const isPlain = (node: Node): boolean =>
  ["NOTSET", "VALID"].includes(stringOf(node, "auto_pad", "NOTSET")) &&
  intOf(node, "ceil_mode", 0) === 0 &&
  (intsOf(node, "pads") ?? []).every((pad) => pad >= 0);

/** Zeros around an image that only this node reads: top, left, bottom, right. */
function zerosAround(view: GraphView, value: string): { read: string; pads: readonly number[] } {
  const none = { read: value, pads: [0, 0, 0, 0] };
  const node = view.maker(value);
  if (node?.operator !== "Pad" || view.readers(value) !== 1 || stringOf(node, "mode", "constant") !== "constant")
    return none;
  const amounts = view.constant(node.inputs[1] ?? "");
  const filled = node.inputs[2] ? view.constant(node.inputs[2])?.data[0] : 0;
  if (!amounts || Number(filled) !== 0 || filled === undefined || node.inputs[3] || amounts.data.length !== 8)
    return none;
  const [n, c, top, left, n2, c2, bottom, right] = Array.from<number | bigint, number>(amounts.data, Number);
  const pads = [top, left, bottom, right];
  return n === 0 && c === 0 && n2 === 0 && c2 === 0 && pads.every((pad) => pad >= 0)
    ? { read: node.inputs[0], pads }
    : none;
}

/** A convolution; `bias` is a constant that is added behind it, where that is another node. */
function convolution(node: Node, view: GraphView, bias = node.inputs[2] ?? ""): Match | undefined {
  const [x, filters] = node.inputs;
  const weights = view.numbers(filters);
  const biases = bias === "" ? undefined : view.numbers(bias);
  if (weights?.shape.length !== 4 || rank(view, x) !== 4 || !isPlain(node) || (bias !== "" && !biases))
    return undefined;
  const { kernel: _, pad, ...window } = windowOf(node);
  const { read, pads } = zerosAround(view, x);
  const [top, bottom, left, right] = pad as readonly number[];
  const [count, , height, width] = weights.shape;
  if (biases && biases.data.length !== count) return undefined;
  const layer = B.conv([height, width], count, {
    ...window,
    pad: [top + pads[0], bottom + pads[2], left + pads[1], right + pads[3]],
    groups: intOf(node, "group", 1),
    biases: biases !== undefined,
  });
  const values = { filters: asIs(weights, weights.shape, filters) };
  return { layer, reads: [read], values: biases ? { ...values, biases: asIs(biases, [count], bias) } : values };
}

function transposedConvolution(node: Node, view: GraphView, bias = node.inputs[2] ?? ""): Match | undefined {
  const [x, filters] = node.inputs;
  const weights = view.numbers(filters);
  const biases = bias === "" ? undefined : view.numbers(bias);
  const { stride, pad, dilation } = windowOf(node);
  const more = [...(intsOf(node, "output_padding") ?? []), ...(node.attributes.output_shape ? [1] : [])];
  if (weights?.shape.length !== 4 || rank(view, x) !== 4 || !isPlain(node) || more.some((each) => each !== 0))
    return undefined;
  if ((bias !== "" && !biases) || String(dilation) !== "1,1") return undefined;
  const groups = intOf(node, "group", 1);
  const [, each, height, width] = weights.shape;
  const layer = B.convTranspose([height, width], each * groups, {
    upsample: stride,
    crop: pad,
    groups,
    biases: biases !== undefined,
  });
  const values = { filters: asIs(weights, weights.shape, filters) };
  return { layer, reads: [x], values: biases ? { ...values, biases: asIs(biases, [each * groups], bias) } : values };
}

/** A product with a matrix, as a convolution of the whole map that was flattened before it. */
function fullyConnected(node: Node, view: GraphView, bias = node.inputs[2] ?? ""): Match | undefined {
  const [x, matrix] = node.inputs;
  const weights = view.numbers(matrix);
  if (weights?.shape.length !== 2 || rank(view, x) !== 2 || intOf(node, "transA", 0) !== 0) return undefined;
  const isTransposed = intOf(node, "transB", 0) === 1;
  const [alpha, beta] = ["alpha", "beta"].map((name) => floatOf(node, name, 1));
  const [outputs, inputs] = isTransposed ? weights.shape : [weights.shape[1], weights.shape[0]];
  const biases = bias === "" ? undefined : view.numbers(bias);
  if (bias !== "" && (!biases || ![1, outputs].includes(biases.data.length))) return undefined;
  const read = view.unflattened(x) ?? x;
  const image = view.image(read);
  if (!image || image.channels * image.height * image.width !== inputs) return undefined;
  const shape = [outputs, image.channels, image.height, image.width];
  const key = `${matrix} times ${alpha}${isTransposed ? "" : " turned"} as ${shape.join("×")}`;
  const filters =
    isTransposed && alpha === 1
      ? asIs(weights, shape, matrix)
      : given(
          Float32Array.from(weights.data, (_, i) => {
            const [k, c] = [Math.floor(i / inputs), i % inputs];
            return alpha * weights.data[isTransposed ? i : c * outputs + k];
          }),
          shape,
          key,
        );
  const layer = B.conv([image.height, image.width], outputs, { biases: biases !== undefined });
  const added =
    biases && Float32Array.from({ length: outputs }, (_, k) => beta * biases.data[biases.data.length === 1 ? 0 : k]);
  return {
    layer,
    reads: [read],
    values: { filters, ...(added ? { biases: given(added, [outputs], `${bias} times ${beta} as ${outputs}`) } : {}) },
  };
}

/** A constant for each channel that is added to what only this node reads and has no bias yet. */
const addedBias: Pattern = (node, view) => {
  for (const [value, bias] of [node.inputs, [...node.inputs].reverse()]) {
    const maker = view.maker(value);
    const make =
      maker && { Conv: convolution, ConvTranspose: transposedConvolution, MatMul: fullyConnected }[maker.operator];
    if (!maker || !make || view.readers(value) !== 1 || (maker.inputs[2] ?? "") !== "") continue;
    const added = perChannel(view, bias, value);
    const match = added && make(maker, view);
    if (!match) continue;
    const { layer, values = {} } = match;
    const biases = given(added.numbers, [added.numbers.length], `${bias} as ${added.numbers.length}`);
    return { ...match, layer: { ...layer, biases: true } as Layer, values: { ...values, biases } };
  }
  return undefined;
};

/** x·gain or x + bias, with a constant for each channel; one for all of them is not learned. */
function scaled(x: string, count: number, gain: Given | undefined, bias: Given | undefined, single: boolean): Match {
  const one = given(new Float32Array(count).fill(1), [count], `ones for ${x}`);
  return {
    layer: B.scale({
      bias: bias !== undefined,
      learningRate: [gain && !single ? 1 : 0, single ? 0 : 1],
      weightDecay: [gain && !single ? 1 : 0, single ? 0 : 1],
    }),
    reads: [x],
    values: { gain: gain ?? one, ...(bias ? { bias } : {}) },
  };
}

/** Adding, taking away, multiplying by or dividing by a constant for each channel. */
const byConstant: Pattern = ({ operator, inputs }, view) => {
  const [first, second] = inputs;
  const isSwapped = view.constant(first) !== undefined;
  const [x, constant] = isSwapped ? [second, first] : [first, second];
  const found = view.image(x) && perChannel(view, constant, x);
  if (!found || (isSwapped && (operator === "Sub" || operator === "Div"))) return undefined;
  const { numbers, single } = found;
  const value =
    { Add: (v: number) => v, Sub: (v: number) => -v, Mul: (v: number) => v, Div: (v: number) => 1 / v }[operator] ??
    Number;
  const made = given(Float32Array.from(numbers, value), [numbers.length], `${constant} for ${operator}`);
  const isFactor = operator === "Mul" || operator === "Div";
  return scaled(x, numbers.length, isFactor ? made : undefined, isFactor ? undefined : made, single);
};

/** (x·gain) + bias in one layer. */
const scaleAndBias: Pattern = ({ inputs }, view) => {
  for (const [value, bias] of [inputs, [...inputs].reverse()]) {
    const maker = view.maker(value);
    if (maker?.operator !== "Mul" || view.readers(value) !== 1) continue;
    const [before, added] = [byConstant(maker, view), perChannel(view, bias, value)];
    const gain = before?.values?.gain;
    if (!before || !gain || !added || before.layer.type !== "scale" || before.layer.learningRate[0] === 0) continue;
    return scaled(
      before.reads[0],
      added.numbers.length,
      gain,
      given(added.numbers, [added.numbers.length], `${bias} for Add`),
      false,
    );
  }
  return undefined;
};

const sumOfEqual: Pattern = ({ inputs }, view) => {
  const sizes = new Set(inputs.map((value) => view.shape(value)?.join()));
  if (inputs.length < 2 || sizes.size !== 1 || inputs.some((value) => view.constant(value))) return undefined;
  return { layer: B.sum(), reads: inputs };
};

/** A product of two variables, of which one may have fewer pixels or channels. */
const gated: Pattern = ({ inputs: [a, b], outputs: [y] }, view) => {
  if (rank(view, a) !== rank(view, b)) return undefined;
  const isLarge = (value: string): boolean => view.shape(value)?.join() === view.shape(y)?.join();
  const reads = isLarge(a) ? [a, b] : [b, a];
  return isLarge(reads[0]) ? { layer: B.scale(), reads } : undefined;
};

const batchNormalized: Pattern = (node, view) => {
  const [x, ...names] = node.inputs;
  const [gain, bias, mean, variance] = names.map((name) => view.numbers(name));
  const epsilon = floatOf(node, "epsilon", 1e-5);
  if (!gain || !bias || !mean || !variance || intOf(node, "training_mode", 0) !== 0) return undefined;
  const deviation = variance.data.map((each) => Math.sqrt(each + epsilon));
  if (!deviation.every((each) => each > 0)) return undefined;
  const count = gain.data.length;
  return {
    layer: B.batchNorm({ epsilon: epsilon > 0 ? epsilon : 1e-12 }),
    reads: [x],
    values: {
      gain: asIs(gain, [count], names[0]),
      bias: asIs(bias, [count], names[1]),
      moments: given(
        [...mean.data, ...deviation],
        [2, count],
        `moments of ${names[2]} and ${names[3]} with ${epsilon}`,
      ),
    },
  };
};

/** A pooling over windows. Averages that count the padding are none of ours. */
const pooled: Pattern = (node, view) => {
  const { kernel, dilation, pad, stride } = windowOf(node);
  if (kernel?.length !== 2 || rank(view, node.inputs[0]) !== 4 || !isPlain(node) || String(dilation) !== "1,1")
    return undefined;
  const [top, bottom, left, right] = pad as readonly number[];
  const [height, width] = kernel;
  if (Math.max(top, bottom) >= height || Math.max(left, right) >= width) return undefined;
  const isMean = node.operator === "AveragePool";
  if (isMean && intOf(node, "count_include_pad", 0) !== 0 && Math.max(top, bottom, left, right) > 0) return undefined;
  return { layer: (isMean ? B.averagePool : B.maxPool)([height, width], { stride, pad }), reads: [node.inputs[0]] };
};

/** A mean or maximum over all pixels. */
const overPixels =
  (layer: () => Layer): Pattern =>
  ({ inputs: [x, axes = ""] }, view) => {
    const numbers = view.constant(axes);
    const over = numbers && Array.from<number | bigint, number>(numbers.data, (axis) => (Number(axis) + 4) % 4).sort();
    return rank(view, x) === 4 && over?.join() === "2,3" ? { layer: layer(), reads: [x] } : undefined;
  };

/** The bounds of a Clip. */
function clipped(node: Node, view: GraphView): Layer | undefined {
  const [, low = "", high = ""] = node.inputs;
  const [least, most] = [low, high].map((name) => view.numbers(name)?.data[0]);
  if (least === undefined || (most === undefined && high !== "")) return undefined;
  const isOpen = most === undefined || most > 3e38;
  if (isOpen) return least === 0 ? B.relu() : undefined;
  return least < most && Number.isFinite(least) ? B.clip(least, most) : undefined;
}

/** A softmax over the channels. */
const softmaxOf = (node: Node, view: GraphView): Layer | undefined =>
  axisOf(node, rank(view, node.inputs[0]), -1) === 1 ? B.softmax() : undefined;

const joined: Pattern = (node, view) => {
  const axes = rank(view, node.outputs[0]);
  const axis = axisOf(node, axes, 0);
  const along = (["channels", "height", "width"] as const)[axis - 1];
  return node.inputs.length > 1 && along ? { layer: B.concat(along), reads: node.inputs } : undefined;
};

/** A normalisation over the channels: of N×C as it is, of images between two transpositions. */
function layerNormalized(node: Node, view: GraphView, read: string): Match | undefined {
  const [x, gain, bias = ""] = node.inputs;
  const axes = rank(view, x);
  const [gains, biases] = [view.numbers(gain), view.numbers(bias)];
  const epsilon = floatOf(node, "epsilon", 1e-5);
  const count = view.image(read)?.channels;
  if (axisOf(node, axes, -1) !== axes - 1 || gains?.data.length !== count || !gains || !(epsilon > 0)) return undefined;
  if (bias !== "" && biases?.data.length !== count) return undefined;
  const none = given(new Float32Array(gains.data.length), [gains.data.length], `zeros for ${x}`);
  return {
    layer: B.layerNorm({ epsilon, learningRate: [1, biases ? 1 : 0] }),
    reads: [read],
    values: {
      gain: asIs(gains, [gains.data.length], gain),
      bias: biases ? asIs(biases, [gains.data.length], bias) : none,
    },
  };
}

const layerNormalizedImage: Pattern = (node, view) => {
  const norm = view.maker(node.inputs[0]);
  const before = norm?.operator === "LayerNormalization" ? view.maker(norm.inputs[0]) : undefined;
  const orders = [before, node].map((each) => (each?.operator === "Transpose" ? intsOf(each, "perm")?.join() : ""));
  if (!norm || !before || orders.join(" ") !== "0,2,3,1 0,3,1,2") return undefined;
  return layerNormalized(norm, view, before.inputs[0]);
};

const SIGMOID_OF_LINES = [
  op("Div", op("Clip", op("Add", "x", 3), 0, 6), 6),
  op("Mul", op("Clip", op("Add", "x", 3), 0, 6), 1 / 6),
  { operator: "HardSigmoid", of: ["x"], attributes: { alpha: 1 / 6, beta: 0.5 } },
] as const satisfies readonly Expression[];

const ERROR_FUNCTION = [op("Erf", op("Div", "x", Math.SQRT2)), op("Erf", op("Mul", "x", Math.SQRT1_2))].map((erf) =>
  op("Add", erf, 1),
);

/** Formulas of several nodes, by the operator of the last one. */
const FORMULAS: readonly { readonly is: Expression; readonly layer: () => Layer }[] = [
  { is: op("Mul", "x", op("Sigmoid", "x")), layer: B.silu },
  ...SIGMOID_OF_LINES.map((lines) => ({ is: op("Mul", "x", lines), layer: B.hardSwish })),
  { is: op("Div", op("Mul", "x", op("Clip", op("Add", "x", 3), 0, 6)), 6), layer: B.hardSwish },
  { is: op("Mul", op("Mul", "x", op("Clip", op("Add", "x", 3), 0, 6)), 1 / 6), layer: B.hardSwish },
  ...SIGMOID_OF_LINES.map((lines) => ({ is: lines, layer: () => B.hardSigmoid() })),
  ...ERROR_FUNCTION.flatMap((error) => [
    { is: op("Mul", op("Mul", "x", error), 0.5), layer: B.gelu },
    { is: op("Mul", op("Mul", "x", 0.5), error), layer: B.gelu },
    { is: op("Mul", "x", op("Mul", error, 0.5)), layer: B.gelu },
  ]),
];

const FORMULAS_BY_ROOT = (node: Node): Pattern[] =>
  FORMULAS.filter(({ is }) => typeof is === "object" && is.operator === node.operator).map(
    ({ is, layer }): Pattern =>
      (root, view) => {
        const x = argumentOf(view, root.outputs[0], is);
        return x === undefined ? undefined : { layer: layer(), reads: [x] };
      },
  );

/** The patterns of each operator, the most particular first. */
const PATTERNS: Readonly<Record<string, readonly Pattern[]>> = {
  Conv: [(node, view) => convolution(node, view)],
  ConvTranspose: [(node, view) => transposedConvolution(node, view)],
  Gemm: [(node, view) => fullyConnected(node, view)],
  MatMul: [(node, view) => fullyConnected(node, view)],
  BatchNormalization: [batchNormalized],
  MaxPool: [pooled],
  AveragePool: [pooled],
  GlobalAveragePool: [unary(() => B.globalAveragePool())],
  GlobalMaxPool: [unary(() => B.globalMaxPool())],
  ReduceMean: [overPixels(B.globalAveragePool)],
  ReduceMax: [overPixels(B.globalMaxPool)],
  Relu: [unary(() => B.relu())],
  LeakyRelu: [unary((node) => B.leakyRelu(floatOf(node, "alpha", 0.01)))],
  Clip: [unary(clipped)],
  Sigmoid: [unary(() => B.sigmoid())],
  Tanh: [unary(() => B.tanh())],
  Softplus: [unary(() => B.softplus())],
  Elu: [unary((node) => B.elu(floatOf(node, "alpha", 1)))],
  Gelu: [unary((node) => (stringOf(node, "approximate", "none") === "none" ? B.gelu() : undefined))],
  HardSigmoid: [unary((node) => B.hardSigmoid(floatOf(node, "alpha", 0.2), floatOf(node, "beta", 0.5)))],
  HardSwish: [unary(() => B.hardSwish())],
  Softmax: [unary(softmaxOf)],
  LRN: [
    unary((node, view) => {
      const size = intOf(node, "size", 5);
      if (rank(view, node.inputs[0]) !== 4) return undefined;
      const [alpha, beta, kappa] = [
        ["alpha", 1e-4],
        ["beta", 0.75],
        ["bias", 1],
      ].map(([name, value]) => floatOf(node, String(name), Number(value)));
      return B.localResponseNorm({ size, kappa, alpha: alpha / size, beta });
    }),
  ],
  Concat: [joined],
  Sum: [sumOfEqual],
  Add: [addedBias, scaleAndBias, byConstant, sumOfEqual],
  Sub: [byConstant],
  Mul: [byConstant, gated],
  Div: [byConstant],
  LayerNormalization: [
    (node, view) => (rank(view, node.inputs[0]) === 2 ? layerNormalized(node, view, node.inputs[0]) : undefined),
  ],
  Transpose: [layerNormalizedImage],
};
