/** Operators and their gradients behind a convolution of 16 images: in the batch-last layout they are what they are in ONNX's own. */

import { describe, expect, test } from "vitest";
import { cpu, difference } from "../../test/devices.js";
import { CASES } from "../../test/gradients/all.js";
import type { Case } from "../../test/gradients/case.js";
import { FLAT } from "../../test/gradients/flat.js";
import { gradients } from "../autodiff/differentiate.js";
import { GraphBuilder } from "../graph/builder.js";
import { modelOf } from "../graph/model.js";
import { float32, isFloat } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { stream } from "../random/stream.js";
import { lower } from "./lower.js";

/** Cases that are written for the batch, or the two axes, that they have. */
const OF_THEIR_OWN =
  /^(bellpepper\.BatchNormalizationOfParts|GridSample|MaxUnpool|Einsum|Resize, (linear, (corners|half|antialiased|a region)|cubic, without))/;

/** Cases of one input of any shape, or of images. */
const FITTING = Object.entries(CASES).filter(
  ([
    name,
    {
      shapes: [first],
    },
  ]) =>
    !OF_THEIR_OWN.test(name) &&
    !Object.hasOwn(FLAT, name) &&
    (first.join() === "3,5" || (first.length === 4 && first[0] <= 3)),
);

/** Images of the case's size, or of 3×2×2 pixels, 16 of them, through a convolution of 1×1 that hardly changes them. */
function graphOf(name: string, { shapes, build, offset = 0 }: Case): { graph: Graph; feeds: Record<string, Tensor> } {
  const g = new GraphBuilder(name);
  const [, ...image] = shapes[0].length === 4 ? shapes[0] : [0, 3, 2, 2];
  const [channels] = image;
  const x = g.input("x0", "float32", [16, ...image]);
  const eye = Float32Array.from({ length: channels ** 2 }, (_, k) => (k % (channels + 1) === 0 ? 1 : 0));
  const maps = g.op("Conv", [x, g.constant(float32(eye, [channels, channels, 1, 1]))]);
  const others = shapes.slice(1).map((shape, i) => g.input(`x${i + 1}`, "float32", [...shape]));
  const y = build(g, maps, ...others);
  const objective = g.op("ReduceSum", [g.op("Mul", [y, y])], { keepdims: 0 });
  g.output("y", y);
  for (const [value, gradient] of gradients(g, objective, [x, ...others])) g.output(`d${value}`, gradient);
  const feeds = Object.fromEntries(
    [[16, ...image], ...shapes.slice(1)].map((shape, i) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const random = stream(i, name);
      return [
        `x${i}`,
        float32(
          Float32Array.from({ length: count }, () => random.normal() / 4 + offset),
          shape,
        ),
      ];
    }),
  );
  return { graph: g.build(), feeds };
}

describe("behind a convolution of 16 images", () => {
  test.each(FITTING)("%s", async (name, it) => {
    const { graph, feeds } = graphOf(name, it);
    const [last, first] = await Promise.all(
      (["batch-last", "batch-first"] as const).map(async (layout) => {
        const program = await cpu.engine.load(modelOf(lower(graph, layout)));
        const results = await program.run(feeds);
        await program.close();
        return results;
      }),
    );
    for (const { name: output, type } of graph.outputs) {
      expect(last[output].shape, output).toEqual(first[output].shape);
      if (isFloat(type)) expect(difference(last[output].data, first[output].data), output).toBeLessThan(1e-5);
    }
  });
});
