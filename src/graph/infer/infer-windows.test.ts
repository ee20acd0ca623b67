import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { attributes } from "../attributes.js";
import { encodeModel } from "../codec/codec.js";
import { modelOf } from "../model.js";
import { zeros } from "../tensor.js";
import type { Graph, Node } from "../types.js";
import { inferShapes } from "./infer.js";

const pairOf = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** A convolution, transposed convolution or pooling with any geometry that ONNX Runtime accepts. */
const anyWindow = fc
  .record({
    operator: fc.constantFrom("Conv", "ConvTranspose", "MaxPool", "AveragePool"),
    support: pairOf(1, 4),
    stride: pairOf(1, 4),
    dilation: pairOf(1, 3),
    before: pairOf(0, 3),
    after: pairOf(0, 3),
    image: pairOf(13, 19),
    automatic: fc.constantFrom("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
    hanging: fc.boolean(),
  })
  .map(({ operator, support, stride, dilation, before, after, image, automatic, hanging }): Graph => {
    const pooling = operator.endsWith("Pool");
    // A pooling with SAME that leaves pixels out would need less than no padding, which ONNX Runtime refuses.
    const steps = pooling && automatic.startsWith("SAME") ? stride.map((s, i) => Math.min(s, support[i])) : stride;
    const given = attributes({
      kernel_shape: support,
      strides: steps,
      // SAME is only defined without dilation, and an average over padding alone is not.
      dilations: automatic === "NOTSET" && operator !== "AveragePool" ? dilation : undefined,
      pads: automatic === "NOTSET" ? [...before, ...after].map((p, i) => Math.min(p, support[i % 2] - 1)) : undefined,
      auto_pad: automatic,
      ceil_mode: pooling && automatic === "NOTSET" && hanging ? 1 : undefined,
    });
    const inputs = pooling ? ["x"] : ["x", "w"];
    const node: Node = { operator, domain: "", name: "window", inputs, outputs: ["y"], attributes: given };
    return {
      name: "g",
      inputs: [{ name: "x", type: "float32", shape: [2, 3, ...image] }],
      outputs: [{ name: "y", type: "float32", shape: undefined }],
      initializers: new Map(pooling ? [] : [["w", zeros("float32", [3, 3, ...support])]]),
      nodes: [node],
    };
  });

test("windows take as many positions as in ONNX Runtime", async () => {
  await fc.assert(
    fc.asyncProperty(anyWindow, async (graph) => {
      const session = await ort.InferenceSession.create(encodeModel(modelOf(graph)), {
        intraOpNumThreads: 1,
        logSeverityLevel: 4,
      });
      const dims = graph.inputs[0].shape?.map(Number) ?? [];
      const x = new ort.Tensor(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
      const { y } = await session.run({ x });
      await session.release();
      expect(inferShapes(graph).get("y")?.shape).toEqual(y.dims);
    }),
    { numRuns: 150, seed: 3 },
  );
});
