import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { describeDevices } from "../../test/devices.js";
import { example, exampleInputs, modelBytes, onnxModels, sameNumbers } from "../../test/support/onnx-models.js";
import { attributes } from "../graph/attributes.js";
import { decodeModel, encodeModel } from "../graph/codec/codec.js";
import type { Model } from "../graph/model.js";
import { float32 } from "../graph/tensor.js";
import type { Graph, Node, Tensor } from "../graph/types.js";
import { upgradeModel } from "../graph/upgrade/upgrade.js";
import { EngineError, type Values } from "./engine.js";
import { nodeEngine } from "./node.js";

const engine = nodeEngine({ threads: 1 });

/** What ONNX Runtime makes of a file's own bytes; undefined where it does not run it. */
async function bare(bytes: Uint8Array, inputs: Values): Promise<ort.InferenceSession.ReturnType | undefined> {
  const feeds = Object.entries(inputs).map(([name, { type, data, shape }]: [string, Tensor]) => [
    name,
    new ort.Tensor(type as "float32", data as Float32Array, shape),
  ]);
  try {
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 } as const;
    const session = await ort.InferenceSession.create(bytes, options);
    const results = await session.run(Object.fromEntries(feeds));
    await session.release();
    return results;
  } catch {
    return undefined;
  }
}

type Verdict = "the runtime does not run it" | "the same" | string;

/** What becomes of a model, where ONNX Runtime computes from its bytes what its authors expect. */
async function verdictOf(folder: string): Promise<Verdict> {
  const bytes = modelBytes(folder);
  const model = decodeModel(bytes);
  const inputs = exampleInputs(folder, model.graph);
  const wanted = inputs && (await bare(bytes, inputs));
  const names = model.graph.outputs.map(({ name }) => name);
  const right = names.every((name, i) => {
    const expected = example(folder, `output_${i}`);
    return wanted && (!expected || sameNumbers(wanted[name].data, expected.data, 1e-3));
  });
  if (!inputs || !wanted || !right) return "the runtime does not run it";
  try {
    const program = await engine.load(model);
    const got = await program.run(inputs);
    await program.close();
    const same = names.every(
      (name) => `${got[name].shape}` === `${wanted[name].dims}` && sameNumbers(got[name].data, wanted[name].data, 0),
    );
    return same ? "the same" : `${folder}: other numbers`;
  } catch (error) {
    return `${folder}: ${error instanceof Error ? error.message : error}`;
  }
}

describe.skipIf(onnxModels.length === 0)("the models of libonnx-testdata", () => {
  test("run as they are, with the numbers of ONNX Runtime", async () => {
    const verdicts: Verdict[] = [];
    for (const folder of onnxModels) verdicts.push(await verdictOf(folder));
    const count = (verdict: Verdict): number => verdicts.filter((other) => other === verdict).length;
    const others = verdicts.filter((v) => v !== "the same" && v !== "the runtime does not run it");
    expect(others).toEqual([
      expect.stringMatching(
        /test_cast_FLOAT_to_STRING: The output 'output' has elements of the type string, which this toolbox cannot hold\.$/,
      ),
    ]);
    expect(count("the same")).toBe(957);
  });
});

/** A model of one node, of an older operator set. */
function oneNode(
  version: number,
  node: Pick<Node, "operator" | "outputs"> & Partial<Node>,
  more: Partial<Graph>,
): Model {
  const whole: Node = { domain: "", name: "old", inputs: ["x"], attributes: {}, ...node };
  const outputs = whole.outputs.map((name) => ({ name, type: "float32", shape: undefined }) as const);
  const graph = { name: "old", inputs: [], outputs, initializers: new Map(), nodes: [whole], ...more };
  return { irVersion: 3, opsets: { "": version }, graph };
}

const x = { name: "x", type: "float32", shape: [1, 3, 1, 1] } as const;

test("an operator means what it did in the model's version of it", async () => {
  // Softmax of version 9 counts from axis 1 on, that of version 13 along the last axis, where there is one number.
  const program = await engine.load(oneNode(9, { operator: "Softmax", outputs: ["y"] }, { inputs: [x] }));
  const { y } = await program.run({ x: float32([1, 2, 3], [1, 3, 1, 1]) });
  await program.close();
  expect([...y.data].map((value) => Number(value).toFixed(4))).toEqual(["0.0900", "0.2447", "0.6652"]);
});

test("initializers among the inputs, as old files have them, need not be given", async () => {
  const w = { name: "w", type: "float32", shape: [3] } as const;
  const more = { inputs: [{ ...x, shape: [3] }, w], initializers: new Map([["w", float32([1, 2, 3], [3])]]) };
  const program = await engine.load(oneNode(7, { operator: "Mul", inputs: ["x", "w"], outputs: ["y"] }, more));
  expect(program.inputs.map(({ name }) => name)).toEqual(["x"]);
  const { y } = await program.run({ x: float32([1, 1, 2], [3]) });
  await program.close();
  expect([...y.data]).toEqual([1, 2, 6]);
});

test("what would end the process is refused", async () => {
  const split = { operator: "Split", outputs: ["a", "b"], attributes: attributes({ axis: 1, num_outputs: 3 }) };
  await expect(engine.load(oneNode(18, split, { inputs: [x] }))).rejects.toThrow(
    new EngineError("The graph 'old' does not run on cpu: Split 'old': num_outputs is 3, and it has 2 outputs."),
  );
});

describeDevices("a model of an older version", (device) => {
  test("gives the numbers of its version", async () => {
    // The logarithms of the above; on cards the operator itself is computed wrongly (docs/devices.md).
    const program = await device.engine.load(oneNode(9, { operator: "LogSoftmax", outputs: ["y"] }, { inputs: [x] }));
    const { y } = await program.run({ x: float32([1, 2, 3], [1, 3, 1, 1]) });
    await program.close();
    expect([...y.data].map((value) => Number(value).toFixed(3))).toEqual(["-2.408", "-1.408", "-0.408"]);
  });
});

test("the graph of a model of another version is refused, where it would mean something else", async () => {
  const softmax = oneNode(9, { operator: "Softmax", outputs: ["y"] }, { inputs: [x] });
  const { graph } = decodeModel(encodeModel(softmax));
  await expect(engine.load(graph)).rejects.toThrow(
    new EngineError(
      "The graph 'old' does not run on cpu: The graph 'old' is of operator set 9, and graphs are of 20: load its model, which runs as it is, or upgrade it with upgradeModel.",
    ),
  );
  const program = await engine.load(upgradeModel(softmax).graph);
  const { y } = await program.run({ x: float32([1, 2, 3], [1, 3, 1, 1]) });
  await program.close();
  expect([...y.data].map((value) => Number(value).toFixed(4))).toEqual(["0.0900", "0.2447", "0.6652"]);
});
