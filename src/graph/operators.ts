/** ONNX's operators, as they are in the operator set of this toolbox. */

import type { Node } from "./types.js";
import { subgraphs } from "./unused.js";

/** The attributes of each operator of version 20, from ONNX's schemas. */
export const ATTRIBUTES: Readonly<Record<string, string>> = {
  Abs: "", Acos: "", Acosh: "", Add: "", AffineGrid: "align_corners", And: "", ArgMax: "axis keepdims select_last_index",
  ArgMin: "axis keepdims select_last_index", Asin: "", Asinh: "", Atan: "", Atanh: "",
  AveragePool: "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
  BatchNormalization: "epsilon momentum training_mode", Bernoulli: "dtype seed", BitShift: "direction", BitwiseAnd: "", BitwiseNot: "",
  BitwiseOr: "", BitwiseXor: "", BlackmanWindow: "output_datatype periodic", Cast: "saturate to", CastLike: "saturate", Ceil: "",
  Celu: "alpha", CenterCropPad: "axes", Clip: "", Col2Im: "dilations pads strides", Compress: "axis", Concat: "axis",
  ConcatFromSequence: "axis new_axis",
  Constant: "sparse_value value value_float value_floats value_int value_ints value_string value_strings", ConstantOfShape: "value",
  Conv: "auto_pad dilations group kernel_shape pads strides", ConvInteger: "auto_pad dilations group kernel_shape pads strides",
  ConvTranspose: "auto_pad dilations group kernel_shape output_padding output_shape pads strides", Cos: "", Cosh: "",
  CumSum: "exclusive reverse", DFT: "inverse onesided", DeformConv: "dilations group kernel_shape offset_group pads strides",
  DepthToSpace: "blocksize mode", DequantizeLinear: "axis", Det: "", Div: "", Dropout: "seed", DynamicQuantizeLinear: "",
  Einsum: "equation", Elu: "alpha", Equal: "", Erf: "", Exp: "", Expand: "", EyeLike: "dtype k", Flatten: "axis", Floor: "",
  GRU: "activation_alpha activation_beta activations clip direction hidden_size layout linear_before_reset", Gather: "axis",
  GatherElements: "axis", GatherND: "batch_dims", Gelu: "approximate", Gemm: "alpha beta transA transB", GlobalAveragePool: "",
  GlobalLpPool: "p", GlobalMaxPool: "", Greater: "", GreaterOrEqual: "", GridSample: "align_corners mode padding_mode",
  GroupNormalization: "epsilon num_groups", HammingWindow: "output_datatype periodic", HannWindow: "output_datatype periodic",
  HardSigmoid: "alpha beta", HardSwish: "", Hardmax: "axis", Identity: "", If: "else_branch then_branch", ImageDecoder: "pixel_format",
  InstanceNormalization: "epsilon", IsInf: "detect_negative detect_positive", IsNaN: "", LRN: "alpha beta bias size",
  LSTM: "activation_alpha activation_beta activations clip direction hidden_size input_forget layout",
  LayerNormalization: "axis epsilon stash_type", LeakyRelu: "alpha", Less: "", LessOrEqual: "", Log: "", LogSoftmax: "axis", Loop: "body",
  LpNormalization: "axis p", LpPool: "auto_pad ceil_mode dilations kernel_shape p pads strides", MatMul: "", MatMulInteger: "", Max: "",
  MaxPool: "auto_pad ceil_mode dilations kernel_shape pads storage_order strides", MaxRoiPool: "pooled_shape spatial_scale",
  MaxUnpool: "kernel_shape pads strides", Mean: "", MeanVarianceNormalization: "axes", MelWeightMatrix: "output_datatype", Min: "",
  Mish: "", Mod: "fmod", Mul: "", Multinomial: "dtype sample_size seed", Neg: "", NegativeLogLikelihoodLoss: "ignore_index reduction",
  NonMaxSuppression: "center_point_box", NonZero: "", Not: "", OneHot: "axis", Optional: "type", OptionalGetElement: "",
  OptionalHasElement: "", Or: "", PRelu: "", Pad: "mode", Pow: "", QLinearConv: "auto_pad dilations group kernel_shape pads strides",
  QLinearMatMul: "", QuantizeLinear: "axis saturate",
  RNN: "activation_alpha activation_beta activations clip direction hidden_size layout", RandomNormal: "dtype mean scale seed shape",
  RandomNormalLike: "dtype mean scale seed", RandomUniform: "dtype high low seed shape", RandomUniformLike: "dtype high low seed",
  Range: "", Reciprocal: "", ReduceL1: "keepdims noop_with_empty_axes", ReduceL2: "keepdims noop_with_empty_axes",
  ReduceLogSum: "keepdims noop_with_empty_axes", ReduceLogSumExp: "keepdims noop_with_empty_axes",
  ReduceMax: "keepdims noop_with_empty_axes", ReduceMean: "keepdims noop_with_empty_axes", ReduceMin: "keepdims noop_with_empty_axes",
  ReduceProd: "keepdims noop_with_empty_axes", ReduceSum: "keepdims noop_with_empty_axes",
  ReduceSumSquare: "keepdims noop_with_empty_axes", RegexFullMatch: "pattern", Relu: "", Reshape: "allowzero",
  Resize: "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value keep_aspect_ratio_policy mode nearest_mode",
  ReverseSequence: "batch_axis time_axis",
  RoiAlign: "coordinate_transformation_mode mode output_height output_width sampling_ratio spatial_scale", Round: "", STFT: "onesided",
  Scan: "body num_scan_inputs scan_input_axes scan_input_directions scan_output_axes scan_output_directions",
  ScatterElements: "axis reduction", ScatterND: "reduction", Selu: "alpha gamma", SequenceAt: "", SequenceConstruct: "",
  SequenceEmpty: "dtype", SequenceErase: "", SequenceInsert: "", SequenceLength: "", SequenceMap: "body", Shape: "end start",
  Shrink: "bias lambd", Sigmoid: "", Sign: "", Sin: "", Sinh: "", Size: "", Slice: "", Softmax: "axis",
  SoftmaxCrossEntropyLoss: "ignore_index reduction", Softplus: "", Softsign: "", SpaceToDepth: "blocksize", Split: "axis num_outputs",
  SplitToSequence: "axis keepdims", Sqrt: "", Squeeze: "", StringConcat: "",
  StringNormalizer: "case_change_action is_case_sensitive locale stopwords", StringSplit: "delimiter maxsplit", Sub: "", Sum: "", Tan: "",
  Tanh: "",
  TfIdfVectorizer: "max_gram_length max_skip_count min_gram_length mode ngram_counts ngram_indexes pool_int64s pool_strings weights",
  ThresholdedRelu: "alpha", Tile: "", TopK: "axis largest sorted", Transpose: "perm", Trilu: "upper", Unique: "axis sorted", Unsqueeze: "",
  Where: "", Xor: "",
}; // biome-ignore format: a table

/** An attribute that an operator does not have, of a node or one in the graphs inside it; undefined where there is none. */
export function strayAttribute(node: Node): { readonly node: Node; readonly attribute: string } | undefined {
  const { domain, operator, attributes } = node;
  if (domain === "" && Object.hasOwn(ATTRIBUTES, operator)) {
    const known = ATTRIBUTES[operator].split(" ");
    const attribute = Object.keys(attributes).find((name) => !known.includes(name));
    if (attribute !== undefined) return { node, attribute };
  }
  for (const { nodes } of subgraphs(node)) {
    for (const inner of nodes) {
      const stray = strayAttribute(inner);
      if (stray) return stray;
    }
  }
  return undefined;
}
