import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary, isMessage } from "@bufbuild/protobuf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../builder.js";
import { ShapeError } from "../shape-error.js";
import type { Tensor } from "../types.js";
import { decodeModel, decodeTensor, encodeModel } from "./codec.js";
import { ModelProtoSchema, type TensorProto, TensorProtoSchema } from "./onnx_pb.js";

/** Debian's package of ONNX's own test models. */
const ROOT = "/usr/share/libonnx-testdata/data";

const files = existsSync(ROOT)
  ? readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".onnx"))
  : [];

/**
 * What a message says, as comparable text. Four ways of writing are taken as equal: a field with the value zero or ""
 * and none; a tensor's numbers in the list of their type and as raw bytes; ONNX's domain as "ai.onnx" and as "".
 */
const meaning = (message: unknown): string => JSON.stringify(plain(message), null, 1);

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (isMessage(value, TensorProtoSchema)) return fields({ ...value, ...rawBytes(value) });
  return typeof value === "object" && value !== null ? fields(value) : value;
}

const isDefault = (value: unknown): boolean =>
  value === undefined ||
  value === "" ||
  value === "ai.onnx" ||
  value === 0 ||
  value === 0n ||
  ((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0);

const fields = (message: object): unknown =>
  Object.fromEntries(
    Object.entries(message).flatMap(([name, value]) => (isDefault(value) ? [] : [[name, plain(value)]])),
  );

/** The numbers of a tensor message as raw bytes, by ONNX's table of which list holds which element type. */
function rawBytes(t: TensorProto): Partial<TensorProto> {
  const bytes = (
    size: number,
    list: readonly (number | bigint)[],
    write: (v: DataView, at: number, i: number) => void,
  ) => {
    const view = new DataView(new ArrayBuffer(size * list.length));
    list.forEach((_, i) => {
      write(view, i * size, i);
    });
    return list.length === 0 ? {} : { rawData: new Uint8Array(view.buffer) };
  };
  const { floatData, doubleData, int32Data, int64Data, uint64Data } = t;
  switch (t.dataType) {
    case 1:
      return { ...bytes(4, floatData, (v, at, i) => v.setFloat32(at, floatData[i], true)), floatData: [] };
    case 11:
      return { ...bytes(8, doubleData, (v, at, i) => v.setFloat64(at, doubleData[i], true)), doubleData: [] };
    case 6:
      return { ...bytes(4, int32Data, (v, at, i) => v.setInt32(at, int32Data[i], true)), int32Data: [] };
    case 2:
    case 3:
    case 9:
      return { ...bytes(1, int32Data, (v, at, i) => v.setInt8(at, int32Data[i])), int32Data: [] };
    case 4:
    case 5:
    case 10:
    case 16:
      return { ...bytes(2, int32Data, (v, at, i) => v.setInt16(at, int32Data[i], true)), int32Data: [] };
    case 7:
      return { ...bytes(8, int64Data, (v, at, i) => v.setBigInt64(at, int64Data[i], true)), int64Data: [] };
    case 12:
      return { ...bytes(4, uint64Data, (v, at, i) => v.setUint32(at, Number(uint64Data[i]), true)), uint64Data: [] };
    case 13:
      return { ...bytes(8, uint64Data, (v, at, i) => v.setBigUint64(at, uint64Data[i], true)), uint64Data: [] };
    default:
      return {};
  }
}

describe.skipIf(files.length === 0)("the models of libonnx-testdata", () => {
  test("survive reading and writing", () => {
    const changed = files.filter((file) => {
      const bytes = readFileSync(join(ROOT, file));
      const original = meaning(fromBinary(ModelProtoSchema, bytes));
      return meaning(fromBinary(ModelProtoSchema, encodeModel(decodeModel(bytes)))) !== original;
    });
    expect(changed).toEqual([]);
    expect(files).toHaveLength(1072);
  });

  test("have no field that the schema does not know", () => {
    const unknown = files.filter((file) =>
      meaning(fromBinary(ModelProtoSchema, readFileSync(join(ROOT, file)))).includes("$unknown"),
    );
    expect(unknown).toEqual([]);
  });

  // Control flow, recurrence, quantisation, half precision and training of another tool among them.
  test.each([
    "node/test_conv_with_strides_padding",
    "node/test_if",
    "node/test_loop11",
    "node/test_scan9_sum",
    "node/test_lstm_with_peepholes",
    "node/test_maxpool_2d_ceil",
    "node/test_quantizelinear_axis",
    "node/test_resize_upsample_scales_linear",
    "node/test_slice_neg_steps",
    "pytorch-operator/test_operator_conv",
    "pytorch-operator/test_operator_symbolic_override_nested",
  ])("%s still computes what it should in ONNX Runtime", async (directory) => {
    const model = decodeModel(readFileSync(join(ROOT, directory, "model.onnx")));
    const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
    const read = (kind: string, i: number) =>
      decodeTensor(readFileSync(join(ROOT, directory, `test_data_set_0/${kind}_${i}.pb`)));
    const feeds = model.graph.inputs
      .filter(({ name }) => !model.graph.initializers.has(name))
      .map(({ name }, i) => [name, runtimeTensor(read("input", i))]);
    const results = await session.run(Object.fromEntries(feeds));
    model.graph.outputs.forEach(({ name }, i) => {
      const expected = read("output", i);
      expect(results[name].dims).toEqual(expected.shape);
      const got = Array.from(results[name].data, Number);
      const wrong = Array.from(expected.data, Number).filter(
        (value, k) => !(Math.abs(got[k] - value) <= 1e-5 + 1e-4 * Math.abs(value)),
      );
      expect(wrong).toEqual([]);
    });
  });
});

test.each([Number.NaN, 1.5])("a declared size of %d is refused by the value's name", (size) => {
  const graph = new GraphBuilder("sized").build();
  const inputs = [{ name: "image", type: "float32", shape: ["N", size] }] as const;
  expect(() => encodeModel({ irVersion: 9, opsets: { "": 20 }, graph: { ...graph, inputs } })).toThrow(
    new ShapeError(`The shape of 'image': expected whole numbers or names, got N×${size}.`),
  );
});

function runtimeTensor({ type, shape, data }: Tensor): ort.Tensor {
  if (type === "bool" && data instanceof Uint8Array) return new ort.Tensor("bool", data, shape);
  if (data instanceof Float32Array || data instanceof BigInt64Array || data instanceof Int32Array)
    return new ort.Tensor(data, shape);
  if (data instanceof Uint8Array) return new ort.Tensor(data, shape);
  throw new TypeError(`No test needs ${type} inputs.`);
}
