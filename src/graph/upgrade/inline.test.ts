import { create, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { nodeEngine } from "../../engine/node.js";
import { attributes, float } from "../attributes.js";
import { AttributeProtoSchema, FunctionProtoSchema } from "../codec/onnx_pb.js";
import type { LocalFunction, Model } from "../model.js";
import { float32, tensor } from "../tensor.js";
import type { Attribute, Graph, Node } from "../types.js";
import { UpgradeError, upgradeModel } from "./upgrade.js";

/** An attribute that is one of the enclosing function. */
const reference = (name: string): Attribute => ({
  type: "opaque",
  value: toBinary(AttributeProtoSchema, create(AttributeProtoSchema, { refAttrName: name, type: 1 })),
});

const call = (operator: string, inputs: string[], outputs: string[], more: Partial<Node> = {}): Node => ({
  operator,
  domain: "",
  name: "",
  inputs,
  outputs,
  attributes: {},
  ...more,
});

/** leak(x, slope) = LeakyRelu(x), where the slope is 0.5 unless the call says another; its second output is x. */
const leak: LocalFunction = {
  name: "leak",
  domain: "own",
  inputs: ["x"],
  outputs: ["y", "x"],
  attributes: [],
  opsets: { "": 16 },
  nodes: [call("LeakyRelu", ["x"], ["y"], { attributes: { alpha: reference("slope") } })],
  foreign: toBinary(
    FunctionProtoSchema,
    create(FunctionProtoSchema, { attributeProto: [{ name: "slope", type: 1, f: 0.5 }] }),
  ),
};

/** twice(x) = leak(leak(x; a); default) with the names of `leak` inside, and nothing for a when the call says nothing */
const twice: LocalFunction = {
  name: "twice",
  domain: "own",
  inputs: ["in"],
  outputs: ["out"],
  attributes: ["a"],
  // Of another version than the model.
  opsets: { "": 12, own: 1 },
  nodes: [
    call("leak", ["y"], ["out", ""], { domain: "own" }),
    call("leak", ["in"], ["y"], { domain: "own", attributes: { slope: reference("a") } }),
  ],
};

const value = (name: string, shape: readonly number[] = [3]) => ({ name, type: "float32", shape }) as const;

function modelOf(nodes: readonly Node[], functions: readonly LocalFunction[], outputs = ["z"]): Model {
  const initializers = new Map([["c", tensor("bool", [], Uint8Array.of(1))]]);
  const graph: Graph = {
    name: "calls",
    inputs: [value("x")],
    outputs: outputs.map((o) => value(o)),
    initializers,
    nodes,
  };
  return { irVersion: 9, opsets: { "": 17, own: 1 }, graph, functions };
}

async function run(model: Model, outputs = ["z"]): Promise<number[][]> {
  const program = await nodeEngine({ threads: 1 }).load(model);
  const results = await program.run({ x: float32([-8, 0, 3], [3]) });
  await program.close();
  return outputs.map((name) => Array.from(results[name].data, Number));
}

test("nested calls are written out, with attributes passed on, defaults, and names of their own", async () => {
  // Names inside that the graph around has, too; twice in a row; a value that is handed through.
  const nodes = [
    call("twice", ["x"], ["y"], { domain: "own", name: "f", attributes: attributes({ a: float(0.25) }) }),
    call("leak", ["y"], ["w", "z"], { domain: "own" }),
  ];
  const model = modelOf(nodes, [leak, twice], ["z", "w"]);
  const upgraded = upgradeModel(model);
  expect(upgraded.functions).toBeUndefined();
  expect(upgraded.opsets).toEqual({ "": 20 });
  expect(upgraded.graph.nodes.map(({ operator }) => operator)).toEqual([
    "LeakyRelu",
    "LeakyRelu",
    "LeakyRelu",
    "Identity",
  ]);
  const expected = [
    [-1, 0, 3],
    [-0.5, 0, 3],
  ];
  expect(await run(upgraded, ["z", "w"])).toEqual(expected);
});

test("a call inside a branch is written out there", async () => {
  const branch: Graph = {
    name: "branch",
    inputs: [],
    outputs: [value("b")],
    initializers: new Map(),
    nodes: [call("leak", ["x"], ["b"], { domain: "own" })],
  };
  const branches = {
    then_branch: { type: "graph", value: branch },
    else_branch: { type: "graph", value: branch },
  } as const;
  const upgraded = upgradeModel(modelOf([call("If", ["c"], ["z"], { attributes: branches })], [leak]));
  expect(await run(upgraded)).toEqual([[-4, 0, 3]]);
});

test("a function that calls itself, and calls without end, are refused", () => {
  const self: LocalFunction = { ...leak, name: "self", nodes: [call("self", ["x"], ["y"], { domain: "own" })] };
  const nodes = [call("self", ["x"], ["z"], { domain: "own" })];
  expect(() => upgradeModel(modelOf(nodes, [self]))).toThrow(new UpgradeError("The function self calls itself."));
  // So does one that does it in a branch.
  const branch: Graph = {
    name: "branch",
    inputs: [],
    outputs: [value("b")],
    initializers: new Map(),
    nodes: [call("deep", ["x"], ["b"], { domain: "own" })],
  };
  const attributes = {
    then_branch: { type: "graph", value: branch },
    else_branch: { type: "graph", value: branch },
  } as const;
  const condition = call("Constant", [], ["k"], {
    attributes: { value: { type: "tensor", value: tensor("bool", [], Uint8Array.of(1)) } },
  });
  const deep: LocalFunction = {
    ...leak,
    name: "deep",
    outputs: ["y"],
    nodes: [condition, call("If", ["k"], ["y"], { attributes })],
  };
  const calls = modelOf([call("deep", ["x"], ["z"], { domain: "own" })], [deep]);
  expect(() => upgradeModel(calls)).toThrow(new UpgradeError("The function deep calls itself."));
  // Each calls the next twice: 2⁴⁰ nodes.
  const doubling = Array.from({ length: 40 }, (_, i): LocalFunction => {
    const inner = i === 39 ? { operator: "Neg", domain: "" } : { operator: `f${i + 1}`, domain: "own" };
    const body = [call("", ["x"], ["a"], inner), call("", ["a"], ["y"], inner)];
    return { ...leak, name: `f${i}`, outputs: ["y"], nodes: body };
  });
  const bomb = modelOf([call("f0", ["x"], ["z"], { domain: "own" })], doubling);
  expect(() => upgradeModel(bomb)).toThrow(new UpgradeError("The model has more than 100000 nodes."));
});
