import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Model } from "../model.js";
import { modelOf } from "../model.js";
import { float32, tensorOfBytes } from "../tensor.js";
import type { Attribute, DataType, Graph, Node, Tensor, Value } from "../types.js";
import { decodeModel, encodeModel, ModelFormatError } from "./codec.js";
import { AttributeProto_AttributeType as Kind, type ModelProto, ModelProtoSchema } from "./onnx_pb.js";

/** A field that no version of ONNX has: number 1000 and up, a varint. */
const later = (no: number) => ({ $unknown: [{ no: 1000 + no, wireType: 0, data: Uint8Array.of(no) }] });
const entry = (key: string, value: string) => ({ key, value });
const text = (value: string) => new TextEncoder().encode(value);

const kindOfALaterVersion: number = 77;

/** A message with everything in it that the toolbox has no field for. */
function strangeModel(): ModelProto {
  const model = create(ModelProtoSchema, {
    irVersion: 11n,
    producerName: "somebody",
    producerVersion: "3",
    domain: "org.example",
    modelVersion: 9007199254740993n,
    docString: "\ufeffa document",
    opsetImport: [
      { domain: "", version: 23n },
      { domain: "org.example", version: 1n },
    ],
    metadataProps: [entry("author", "Åsa"), entry("author", "twice")],
    configuration: [{ name: "two devices", numDevices: 2, device: ["a", "b"] }],
    graph: {
      name: "g",
      docString: "the graph",
      input: [
        {
          name: "x",
          docString: "an image",
          metadataProps: [entry("unit", "mm")],
          type: {
            denotation: "IMAGE",
            value: {
              case: "tensorType",
              value: {
                elemType: 1,
                shape: {
                  dim: [
                    { value: { case: "dimParam", value: "N" }, denotation: "DATA_BATCH" },
                    { value: { case: undefined } },
                    { value: { case: "dimValue", value: 3n } },
                  ],
                },
              },
            },
          },
        },
        {
          name: "names",
          type: {
            value: {
              case: "sequenceType",
              value: { elemType: { value: { case: "tensorType", value: { elemType: 8 } } } },
            },
          },
        },
        {
          name: "table",
          type: {
            value: {
              case: "mapType",
              value: {
                keyType: 7,
                valueType: { value: { case: "optionalType", value: { elemType: { value: { case: undefined } } } } },
              },
            },
          },
        },
        { name: "untyped" },
      ],
      output: [{ name: "y", type: { value: { case: "tensorType", value: { elemType: 17 } } } }],
      valueInfo: [{ name: "h", type: { value: { case: "sparseTensorType", value: { elemType: 1 } } } }],
      initializer: [
        { name: "labels", dims: [2n], dataType: 8, stringData: [text("a"), Uint8Array.of(0xff)] },
        { name: "elsewhere", dims: [9n], dataType: 1, dataLocation: 1, externalData: [entry("location", "big.bin")] },
        { name: "nibbles", dims: [2n], dataType: 22, rawData: Uint8Array.of(0x21) },
        { name: "complex", dims: [1n], dataType: 14, floatData: [1, 2] },
        { name: "w", dims: [1n, 2n], dataType: 1, rawData: new Uint8Array(8), docString: "a weight" },
      ],
      sparseInitializer: [{ dims: [4n], values: { dims: [1n], dataType: 1, floatData: [5] } }],
      quantizationAnnotation: [{ tensorName: "w", quantParameterTensorNames: [entry("SCALE_TENSOR", "s")] }],
      metadataProps: [entry("k", "v")],
      node: [
        {
          opType: "If",
          input: ["names", ""],
          output: ["h", "y"],
          name: "fork",
          domain: "org.example",
          overload: "second",
          docString: "a fork",
          metadataProps: [entry("namespace", "a/b")],
          deviceConfigurations: [
            {
              configurationId: "two devices",
              pipelineStage: 0,
              shardingSpec: [
                {
                  tensorName: "w",
                  device: [0n, 1n],
                  indexToDeviceGroupMap: [{ key: 0n, value: [1n, 2n] }],
                  shardedDim: [
                    { axis: -1n, simpleSharding: [{ dim: { case: "dimParam", value: "K" }, numShards: 2n }] },
                  ],
                },
              ],
            },
          ],
          attribute: [
            { name: "zero", type: Kind.INT, i: 0n },
            { name: "large", type: Kind.INT, i: -9223372036854775808n, docString: "documented" },
            { name: "raw", type: Kind.STRING, s: Uint8Array.of(0xc3, 0x28) },
            { name: "then", type: Kind.GRAPH, g: { name: "inner", docString: "inside" } },
            { name: "many", type: Kind.GRAPHS, graphs: [{ name: "a" }, { name: "b" }] },
            { name: "empty", type: Kind.INTS },
            { name: "from", type: Kind.FLOAT, refAttrName: "alpha" },
            { name: "kind", type: Kind.TYPE_PROTO, tp: { denotation: "X", value: { case: undefined } } },
            { name: "sparse", type: Kind.SPARSE_TENSOR, sparseTensor: { dims: [2n] } },
            { name: "words", type: Kind.TENSOR, t: { dataType: 8, stringData: [text("w")] } },
            { name: "named", type: Kind.TENSOR, t: { name: "t", dataType: 1, rawData: new Uint8Array(4) } },
            {
              name: "mixed",
              type: Kind.TENSORS,
              tensors: [{ dataType: 1, rawData: new Uint8Array(4) }, { dataType: 8 }],
            },
            { name: "of a later version", type: kindOfALaterVersion },
          ],
        },
      ],
    },
    functions: [
      {
        name: "f",
        domain: "org.example",
        overload: "second",
        docString: "a function",
        input: ["a"],
        output: ["b"],
        attribute: ["alpha"],
        attributeProto: [{ name: "beta", type: Kind.FLOAT, f: 2 }],
        opsetImport: [{ domain: "", version: 20n }],
        node: [{ opType: "Elu", input: ["a"], output: ["b"] }],
        valueInfo: [{ name: "b" }],
        metadataProps: [entry("k", "v")],
      },
    ],
    trainingInfo: [
      {
        initialization: { name: "first" },
        algorithm: { name: "step" },
        initializationBinding: [entry("w", "w0")],
        updateBinding: [entry("w", "w1")],
      },
    ],
  });
  const { graph } = model;
  const node = graph?.node[0];
  const type = graph?.input[0].type;
  const tensor = type?.value.case === "tensorType" ? type.value.value : undefined;
  const places = [
    model, graph, node, ...(node?.attribute ?? []), ...(graph?.initializer ?? []), ...(graph?.input ?? []), type, tensor,
    tensor?.shape, tensor?.shape?.dim[0], model.functions[0], model.trainingInfo[0], model.configuration[0],
    node?.attribute[3].g, model.metadataProps[1], model.opsetImport[1], model.functions[0].node[0],
  ]; // biome-ignore format: a list
  places.forEach((message, i) => {
    if (message) Object.assign(message, later(i));
  });
  return model;
}

describe("what the toolbox does not understand", () => {
  test("comes back from a file and goes into the next one", () => {
    const model = strangeModel();
    const written = fromBinary(ModelProtoSchema, encodeModel(decodeModel(toBinary(ModelProtoSchema, model))));
    expect(written).toEqual(model);
  });

  test("leaves the rest typed", () => {
    const { graph, version, opsets, functions, trainingInfo } = decodeModel(toBinary(ModelProtoSchema, strangeModel()));
    const [fork] = graph.nodes;
    expect(version).toBe(9007199254740993n);
    expect(opsets[""]).toBe(23);
    expect(graph.inputs[0]).toMatchObject({ name: "x", type: "float32", shape: ["N", "?x.1", 3] });
    expect(graph.inputs.map(({ opaque }) => opaque)).toEqual([undefined, true, true, true]);
    expect([...graph.initializers.keys()]).toEqual(["w"]);
    expect(fork).toMatchObject({ operator: "If", inputs: ["names", ""], domain: "org.example" });
    expect(fork.attributes.zero).toMatchObject({ type: "int", value: 0 });
    expect(fork.attributes.large).toMatchObject({ type: "int", value: -(2n ** 63n) });
    expect(fork.attributes.raw.value).toEqual(Uint8Array.of(0xc3, 0x28));
    expect(fork.attributes.from.type).toBe("opaque");
    expect(functions?.[0].nodes[0].operator).toBe("Elu");
    expect(trainingInfo?.[0].updateBindings).toEqual({ w: "w1" });
  });

  test("stays where the typed part is changed", () => {
    const model = decodeModel(toBinary(ModelProtoSchema, strangeModel()));
    const [x, ...others] = model.graph.inputs;
    const graph = { ...model.graph, inputs: [{ ...x, shape: [7, 8, "W"] }, ...others] };
    const type = fromBinary(ModelProtoSchema, encodeModel({ ...model, graph })).graph?.input[0].type;
    expect(type?.denotation).toBe("IMAGE");
    expect(type?.value).toMatchObject({
      value: {
        shape: {
          dim: [
            { value: { value: 7n }, denotation: "DATA_BATCH" },
            { value: { value: 8n } },
            { value: { case: "dimParam", value: "W" } },
          ],
        },
      },
    });
  });
});

describe("bytes written by hand", () => {
  // ir_version 3; graph { node { output "y", op_type "F", attribute { name "a", i 5 } } }; an unknown field 100; opset 1
  const attribute = [0x0a, 1, 0x61, 0x18, 5];
  const node = [0x12, 1, 0x79, 0x22, 1, 0x46, 0x2a, attribute.length, ...attribute];
  const graph = [0x0a, node.length, ...node];
  const unknown = [0xa2, 0x06, 2, 0xde, 0xad];
  const file = Uint8Array.from([0x08, 3, 0x3a, graph.length, ...graph, ...unknown, 0x42, 2, 0x10, 1]);

  test("are read: an attribute without a kind has that of its field", () => {
    expect(decodeModel(file).graph.nodes).toEqual([
      { operator: "F", domain: "", name: "", inputs: [], outputs: ["y"], attributes: { a: { type: "int", value: 5 } } },
    ]);
  });

  test("keep their unknown field", () => {
    expect(Buffer.from(encodeModel(decodeModel(file))).toString("hex")).toContain("a20602dead");
  });

  test("are refused when cut short anywhere", () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeModel(file.subarray(0, length)), `${length} bytes`).toThrow(ModelFormatError);
    }
  });
});

describe("bytes that are no model", () => {
  test.each([
    ["an empty file", [], "got an empty file: the version"],
    [
      "a picture",
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
      "got a PNG image",
    ],
    ["noise", [1, 2, 3], "got 3 bytes that begin with 01 02 03"],
    ["a version alone", [0x08, 8], "the graph is missing"],
    ["no operator sets", [0x08, 8, 0x3a, 0], "the operator sets (opset_import) are missing"],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeModel(Uint8Array.from(bytes))).toThrow(ModelFormatError);
    expect(() => decodeModel(Uint8Array.from(bytes))).toThrow(message);
  });

  const file = (graph: Parameters<typeof create<typeof ModelProtoSchema>>[1]) =>
    toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 1n }], ...graph }));

  test("a tensor with too few elements is named", () => {
    const bytes = file({ graph: { initializer: [{ name: "w", dims: [2n, 3n], dataType: 1, floatData: [1] }] } });
    expect(() => decodeModel(bytes)).toThrow("Tensor 'w': A tensor of shape 2×3 has 6 elements, got 1.");
  });

  test("a node with two attributes of one name is named", () => {
    const node = {
      name: "n",
      opType: "F",
      attribute: [
        { name: "a", i: 1n },
        { name: "a", i: 2n },
      ],
    };
    expect(() => decodeModel(file({ graph: { node: [node] } }))).toThrow("Node 'n' (F) has two attributes");
  });
});

test("an attribute that is written as an integer and is none is named", () => {
  const node: Node = {
    operator: "F", domain: "", name: "n", inputs: [], outputs: [], attributes: { a: { type: "int", value: 0.5 } },
  }; // biome-ignore format: one node
  const graph = { name: "", inputs: [], outputs: [], initializers: new Map(), nodes: [node] };
  expect(() => encodeModel(modelOf(graph))).toThrow("F 'n': attribute 'a' is no integer");
});

test("tensors are read without copying where the file is aligned, and a Buffer's pool is left alone", () => {
  const weights = float32([1, 2, 3, 4], [4]);
  const graph = {
    name: "",
    inputs: [],
    outputs: [],
    initializers: new Map([["w", weights]]),
    nodes: [],
  };
  const bytes = encodeModel(modelOf(graph));
  const offsets = [0, 1, 2, 3].map((offset) => {
    const buffer = new ArrayBuffer(bytes.length + 4);
    const file = Buffer.from(buffer, offset, bytes.length);
    file.set(bytes);
    const read = decodeModel(file).graph.initializers.get("w");
    expect(read?.data).toEqual(Float32Array.of(1, 2, 3, 4));
    return read?.data.buffer === buffer;
  });
  expect(offsets.filter((shared) => shared)).toHaveLength(1);
});

const name = fc.string({ unit: "binary", maxLength: 8 });
const dataType = fc.constantFrom<DataType[]>(
  "float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool",
); // biome-ignore format: a list
const SIZES: Partial<Record<DataType, number>> = {
  int8: 1,
  uint8: 1,
  bool: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  bfloat16: 2,
};
const bytesPerElement = (type: DataType): number => SIZES[type] ?? (/64/.test(type) ? 8 : 4);

const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(dataType, fc.array(fc.nat(3), { maxLength: 4 }))
  .chain(([type, shape]) => {
    const length = bytesPerElement(type) * shape.reduce((a, b) => a * b, 1);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => tensorOfBytes(type, shape, Uint8Array.from(bytes)));
  });

const integer = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
const notText = fc.constantFrom(Uint8Array.of(0xff), Uint8Array.of(0xc3, 0x28), Uint8Array.of(0xed, 0xa0, 0x80));
const string = fc.oneof(name, fc.constant("\ufeff"), notText);

const anyGraph: fc.Arbitrary<Graph> = fc.letrec<{ graph: Graph; attribute: Attribute }>((tie) => {
  const attribute: fc.Arbitrary<Attribute> = fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ type: fc.constant("int" as const), value: integer }),
    fc.record({ type: fc.constant("float" as const), value: fc.float() }),
    fc.record({ type: fc.constant("string" as const), value: string }),
    fc.record({ type: fc.constant("ints" as const), value: fc.array(integer) }),
    fc.record({ type: fc.constant("floats" as const), value: fc.array(fc.float()) }),
    fc.record({ type: fc.constant("strings" as const), value: fc.array(string) }),
    fc.record({ type: fc.constant("tensor" as const), value: anyTensor }),
    fc.record({ type: fc.constant("tensors" as const), value: fc.array(anyTensor, { maxLength: 2 }) }),
    fc.record({ type: fc.constant("graph" as const), value: tie("graph") }),
    fc.record({ type: fc.constant("graphs" as const), value: fc.array(tie("graph"), { maxLength: 2 }) }),
  );
  const names = fc.array(name, { maxLength: 3 });
  const dimension = fc.oneof(fc.nat(), fc.string({ minLength: 1, maxLength: 9 }));
  const value: fc.Arbitrary<Value> = fc.record({
    name,
    type: dataType,
    shape: fc.option(fc.array(dimension, { maxLength: 4 }), { nil: undefined }),
  });
  const node: fc.Arbitrary<Node> = fc.record({
    operator: name,
    domain: name,
    name,
    inputs: names,
    outputs: names,
    attributes: fc.dictionary(name, attribute, { maxKeys: 3 }),
  });
  const graph: fc.Arbitrary<Graph> = fc.record({
    name,
    inputs: fc.array(value, { maxLength: 3 }),
    outputs: fc.array(value, { maxLength: 3 }),
    initializers: fc.array(fc.tuple(name, anyTensor), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    nodes: fc.array(node, { maxLength: 3 }),
  });
  return { graph, attribute };
}).graph;

test("random models come back exactly", () => {
  const texts = fc.dictionary(name, name, { maxKeys: 3, noNullPrototype: true });
  const model: fc.Arbitrary<Model> = fc.record({
    irVersion: fc.integer({ min: 1, max: 20 }),
    opsets: fc.dictionary(name, fc.nat(), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    graph: anyGraph,
  });
  fc.assert(
    fc.property(model, texts, (given, metadata) => {
      // A graph says of which versions its nodes are, unless they are version 20.
      const { opsets } = given;
      const ours = Object.keys(opsets).length === 1 && opsets[""] === 20;
      const graph = ours ? given.graph : { ...given.graph, opsets };
      const whole = { ...given, graph, ...(Object.keys(metadata).length === 0 ? {} : { metadata }) };
      expect(decodeModel(encodeModel(whole))).toEqual(whole);
    }),
    { numRuns: 300, seed: 1 },
  );
});

/** Two nodes of another tool; the second one's name is left out. */
const normalized = (variances: number[], name?: string): Uint8Array => {
  const floats = (tensor: string, floatData: number[]) => ({ name: tensor, dims: [2n], dataType: 1, floatData });
  const input = ["x", "gain", "bias", "mean", "variance"];
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: "", version: 15n }],
      graph: {
        node: [{ opType: "BatchNormalization", input, output: ["y"], ...(name ? { name } : {}) }],
        initializer: [
          ...[floats("gain", [1, 1]), floats("bias", [0, 0]), floats("mean", [-1, 2]), floats("variance", variances)],
        ],
      },
    }),
  );
};

test.each([
  [
    [1, -0.25],
    "bn7",
    "node 'bn7' (BatchNormalization): expected finite variances of at least 0 in 'variance', got -0.25 at [1].",
  ],
  [
    [Number.NaN, 1],
    undefined,
    "node 'y' (BatchNormalization): expected finite variances of at least 0 in 'variance', got NaN at [0].",
  ],
  [[1, Number.POSITIVE_INFINITY], "bn7", "got Infinity at [1]."],
])("variances of %j are refused by the node's name", (variances, name, message) => {
  const read = () => decodeModel(normalized(variances, name));
  expect(read).toThrow(ModelFormatError);
  expect(read).toThrow(message);
});

test("a variance of 0 is one, as epsilon is added to it", () => {
  expect(decodeModel(normalized([0, 1])).graph.nodes).toHaveLength(1);
});
