/** Caffe's binary messages: the fields of caffe.proto that say what a network is. Others are passed over. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { tensorOfBytes } from "../../graph/tensor.js";
import { type Bytes, textOf, viewOf } from "../bytes.js";
import { type ProtoField, protoFields } from "../protobuf.js";
import { Message, type MessageValue } from "./message.js";

/** What a field is: a number of some form, a text, a word by its number, or a message. */
type FieldKind = "int" | "float" | "floats" | "doubles" | "ints" | "text" | readonly string[] | Schema;
type Schema = { readonly [number: number]: readonly [name: string, kind: FieldKind] };

const SHAPE: Schema = { 1: ["dim", "ints"] };
const BLOB: Schema = {
  ...{ 1: ["num", "int"], 2: ["channels", "int"], 3: ["height", "int"], 4: ["width", "int"] },
  ...{ 5: ["data", "floats"], 7: ["shape", SHAPE], 8: ["data", "doubles"] },
};
const PHASES = ["TRAIN", "TEST"];
const RULE: Schema = { 1: ["phase", PHASES] };
const PARAM: Schema = { 1: ["name", "text"], 3: ["lr_mult", "float"], 4: ["decay_mult", "float"] };
const CONVOLUTION: Schema = {
  ...{
    1: ["num_output", "int"],
    2: ["bias_term", "int"],
    3: ["pad", "ints"],
    4: ["kernel_size", "ints"],
    5: ["group", "int"],
  },
  ...{
    6: ["stride", "ints"],
    9: ["pad_h", "int"],
    10: ["pad_w", "int"],
    11: ["kernel_h", "int"],
    12: ["kernel_w", "int"],
  },
  ...{ 13: ["stride_h", "int"], 14: ["stride_w", "int"], 16: ["axis", "int"], 18: ["dilation", "ints"] },
};
const POOLING: Schema = {
  ...{
    1: ["pool", ["MAX", "AVE", "STOCHASTIC"]],
    2: ["kernel_size", "ints"],
    3: ["stride", "ints"],
    4: ["pad", "ints"],
  },
  ...{
    5: ["kernel_h", "int"],
    6: ["kernel_w", "int"],
    7: ["stride_h", "int"],
    8: ["stride_w", "int"],
    9: ["pad_h", "int"],
  },
  ...{ 10: ["pad_w", "int"], 12: ["global_pooling", "int"] },
};
const INNER_PRODUCT: Schema = {
  1: ["num_output", "int"],
  2: ["bias_term", "int"],
  5: ["axis", "int"],
  6: ["transpose", "int"],
};
const LRN: Schema = {
  ...{ 1: ["local_size", "int"], 2: ["alpha", "float"], 3: ["beta", "float"] },
  ...{ 4: ["norm_region", ["ACROSS_CHANNELS", "WITHIN_CHANNEL"]], 5: ["k", "float"] },
};
const TRANSFORM: Schema = {
  ...{
    1: ["scale", "float"],
    3: ["crop_size", "int"],
    4: ["mean_file", "text"],
    5: ["mean_value", "float"],
    7: ["force_gray", "int"],
  },
};
const DATA: Schema = { 2: ["scale", "float"], 3: ["mean_file", "text"], 5: ["crop_size", "int"] };
const MEMORY_DATA: Schema = { 2: ["channels", "int"], 3: ["height", "int"], 4: ["width", "int"] };
const ELTWISE: Schema = { 1: ["operation", ["PROD", "SUM", "MAX"]], 2: ["coeff", "float"] };
const POWER: Schema = { 1: ["power", "float"], 2: ["scale", "float"], 3: ["shift", "float"] };
const CONCAT: Schema = { 1: ["concat_dim", "int"], 2: ["axis", "int"] };
const DROPOUT: Schema = { 1: ["dropout_ratio", "float"] };
const RELU: Schema = { 1: ["negative_slope", "float"] };

const LAYER: Schema = {
  ...{
    1: ["name", "text"],
    2: ["type", "text"],
    3: ["bottom", "text"],
    4: ["top", "text"],
    6: ["param", PARAM],
    7: ["blobs", BLOB],
  },
  ...{ 8: ["include", RULE], 9: ["exclude", RULE], 10: ["phase", PHASES], 100: ["transform_param", TRANSFORM] },
  ...{ 104: ["concat_param", CONCAT], 106: ["convolution_param", CONVOLUTION], 107: ["data_param", DATA] },
  ...{ 108: ["dropout_param", DROPOUT], 110: ["eltwise_param", ELTWISE], 115: ["image_data_param", DATA] },
  ...{ 117: ["inner_product_param", INNER_PRODUCT], 118: ["lrn_param", LRN], 119: ["memory_data_param", MEMORY_DATA] },
  ...{ 121: ["pooling_param", POOLING], 122: ["power_param", POWER], 123: ["relu_param", RELU] },
  131: ["prelu_param", { 2: ["channel_shared", "int"] }],
  133: ["reshape_param", { 1: ["shape", SHAPE], 2: ["axis", "int"], 3: ["num_axes", "int"] }],
  135: ["flatten_param", { 1: ["axis", "int"], 2: ["end_axis", "int"] }],
  139: ["batch_norm_param", { 3: ["eps", "float"] }],
  140: ["elu_param", { 1: ["alpha", "float"] }],
  141: ["bias_param", { 1: ["axis", "int"], 2: ["num_axes", "int"] }],
  142: ["scale_param", { 1: ["axis", "int"], 2: ["num_axes", "int"], 4: ["bias_term", "int"] }],
  143: ["input_param", { 1: ["shape", SHAPE] }],
  144: ["crop_param", { 1: ["axis", "int"], 2: ["offset", "ints"] }],
};

/** The types of layers of the first version, by their numbers. */
const V1_TYPES: Readonly<Record<number, string>> = {
  ...{
    1: "ACCURACY",
    2: "BNLL",
    3: "CONCAT",
    4: "CONVOLUTION",
    5: "DATA",
    6: "DROPOUT",
    7: "EUCLIDEAN_LOSS",
    8: "FLATTEN",
  },
  ...{
    9: "HDF5_DATA",
    12: "IMAGE_DATA",
    14: "INNER_PRODUCT",
    15: "LRN",
    17: "POOLING",
    18: "RELU",
    19: "SIGMOID",
    20: "SOFTMAX",
  },
  ...{
    21: "SOFTMAX_LOSS",
    22: "SPLIT",
    23: "TANH",
    24: "WINDOW_DATA",
    25: "ELTWISE",
    26: "POWER",
    27: "SIGMOID_CROSS_ENTROPY_LOSS",
  },
  ...{
    28: "HINGE_LOSS",
    29: "MEMORY_DATA",
    30: "ARGMAX",
    32: "DUMMY_DATA",
    33: "SLICE",
    34: "MVN",
    35: "ABSVAL",
    36: "SILENCE",
  },
  39: "DECONVOLUTION",
};
const V1_WORDS: readonly string[] = Array.from({ length: 40 }, (_, i) => V1_TYPES[i] ?? `${i}`);

const V1_LAYER: Schema = {
  ...{ 2: ["bottom", "text"], 3: ["top", "text"], 4: ["name", "text"], 5: ["type", V1_WORDS], 6: ["blobs", BLOB] },
  ...{
    7: ["blobs_lr", "float"],
    8: ["weight_decay", "float"],
    9: ["concat_param", CONCAT],
    10: ["convolution_param", CONVOLUTION],
  },
  ...{
    11: ["data_param", DATA],
    12: ["dropout_param", DROPOUT],
    15: ["image_data_param", DATA],
    17: ["inner_product_param", INNER_PRODUCT],
  },
  ...{
    18: ["lrn_param", LRN],
    19: ["pooling_param", POOLING],
    21: ["power_param", POWER],
    22: ["memory_data_param", MEMORY_DATA],
  },
  ...{
    24: ["eltwise_param", ELTWISE],
    30: ["relu_param", RELU],
    32: ["include", RULE],
    33: ["exclude", RULE],
    36: ["transform_param", TRANSFORM],
  },
};

const NET: Schema = {
  ...{
    1: ["name", "text"],
    2: ["layers", V1_LAYER],
    3: ["input", "text"],
    4: ["input_dim", "ints"],
    8: ["input_shape", SHAPE],
  },
  100: ["layer", LAYER],
};

/** Reads the message of a network. @throws ModelFormatError when it is damaged */
export const decodeNet = (file: Bytes): Message => decode(file, 0, file.size, NET, "the network");

/** Reads the message of an array, such as a mean image. @throws ModelFormatError when it is damaged */
export const decodeBlob = (file: Bytes): Message => decode(file, 0, file.size, BLOB, "the mean image");

function decode(file: Bytes, start: number, end: number, schema: Schema, where: string): Message {
  const message = new Message(where);
  for (const field of protoFields(file, start, end)) {
    if (!field)
      throw new ModelFormatError(`Caffe: ${where}: expected a message of protobuf: it is cut off or damaged.`);
    const known = schema[field.number];
    if (!known) continue;
    const [name, kind] = known;
    const of = `${where}.${name}`;
    for (const value of valuesOf(file, field, kind, of)) message.add(name, value);
  }
  return message;
}

function valuesOf(file: Bytes, field: ProtoField, kind: FieldKind, where: string): MessageValue[] {
  const { wire, value, start, end } = field;
  const content = (): Uint8Array => file.at(start, end - start);
  if (kind === "text" && wire === 2) return [textOf(content())];
  if (Array.isArray(kind) && wire === 0) return [`${kind[value] ?? value}`];
  // 64 bits of a negative number are beyond 2⁶³
  const signed = (number: number): number => (number >= 2 ** 63 ? number - 2 ** 64 : number);
  if ((kind === "int" || kind === "ints") && wire === 0) return [signed(value)];
  if (kind === "ints" && wire === 2) return packedInts(content()).map(signed);
  if ((kind === "float" || kind === "floats") && wire === 5) return [viewOf(content()).getFloat32(0, true)];
  if (kind === "doubles" && wire === 1) return [viewOf(content()).getFloat64(0, true)];
  const [size, type] = kind === "doubles" ? [8, "float64" as const] : [4, "float32" as const];
  if ((kind === "floats" || kind === "float" || kind === "doubles") && wire === 2 && (end - start) % size === 0) {
    const { data } = tensorOfBytes(type, [(end - start) / size], content());
    return [data instanceof Float32Array ? data : Float32Array.from(data)];
  }
  if (typeof kind === "object" && !Array.isArray(kind) && wire === 2)
    return [decode(file, start, end, kind as Schema, where)];
  throw new ModelFormatError(
    `Caffe: ${where}: expected another kind of field, got wire type ${wire}: the file is damaged.`,
  );
}

function packedInts(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  if (bytes.length > 65536)
    throw new ModelFormatError("Caffe: expected a few sizes, got thousands: the file is damaged.");
  for (let i = 0; i < bytes.length; ) {
    let value = 0;
    for (let k = 0; k < 10 && i < bytes.length; k++) {
      const byte = bytes[i++];
      value += (byte & 127) * 128 ** k;
      if (byte < 128) break;
    }
    numbers.push(value);
  }
  return numbers;
}
