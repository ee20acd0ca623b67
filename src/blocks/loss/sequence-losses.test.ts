import { describe, expect, test } from "vitest";
import { cpu, runOn } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32, int64 } from "../../graph/tensor.js";
import { blockOf } from "../layer.js";
import { buildLoss, statisticsOfLoss, targetSizes } from "./loss.js";
import { ctcLoss } from "./sequence-losses.js";

const scores = float32([1, 0, 2, 0.5, 0, 1, 1, 0, 0, 0, 1, 2], [1, 3, 1, 4]);

/** The loss and its gradient of one image's scores. */
async function lossOf(labels: readonly number[]) {
  const g = new GraphBuilder("ctc");
  const x = g.input("x", "float32", scores.shape);
  const loss = buildLoss(g, ctcLoss({ length: 4 }), x, g.input("text", "int64", [1, 1, 1, 4]));
  g.output("loss", loss);
  const gradient = gradients(g, g.op("ReduceSum", [loss], { keepdims: 0 }), [x]).get(x);
  g.output("gradient", gradient ?? "");
  const made = await runOn(cpu, g.build(), { x: scores, text: int64(labels, [1, 1, 1, 4]) });
  return { loss: Number(made.loss.data[0]), gradient: Array.from(made.gradient.data, Number) };
}

test("a text that does not fit costs infinitely much and has no gradient; one that just fits does", async () => {
  const never = await lossOf([0, 0, 0, -1]); // a␣a␣a needs five columns
  expect(never.loss).toBe(Number.POSITIVE_INFINITY);
  expect(never.gradient.every((slope) => slope === 0)).toBe(true);
  const just = await lossOf([0, 0, 1, -1]); // a␣ab
  expect(just.loss).toBeGreaterThan(0);
  expect(just.loss).toBeLessThan(100);
  // a softmax less a share of ways: each column's slopes add up to nothing
  for (let t = 0; t < 4; t++) expect(just.gradient[t] + just.gradient[4 + t] + just.gradient[8 + t]).toBeCloseTo(0, 5);
});

describe("what is measured beside it is whether the best labels are exactly the text", () => {
  // best channels by column: b, blank is 2
  const best = float32([0, 3, 0, 0, 3, 0, 0, 0, 0, 0, 3, 3], [1, 3, 1, 4]); // b a ␣ ␣
  test.each([
    [[1, 0, -1, -1], 0],
    [[1, -1, -1, -1], 1],
    [[1, 0, 0, -1], 1],
    [[0, 1, -1, -1], 1],
    [[-1, -1, -1, -1], 1],
  ])("%j", async (labels, expected) => {
    const g = new GraphBuilder("error");
    const [{ build }] = statisticsOfLoss(ctcLoss({ length: 4 }));
    g.output("y", build(g, g.input("x", "float32", best.shape), g.input("text", "int64", [1, 1, 1, 4])));
    const { y } = await runOn(cpu, g.build(), { x: best, text: int64(labels, [1, 1, 1, 4]) });
    expect(Array.from(y.data, Number)).toEqual([expected]);
  });
});

test("scores that are none of a sequence are refused", () => {
  const layer = ctcLoss({ length: 3 });
  const shapeOf = (channels: number, height: number, width: number) =>
    blockOf(layer).outputShape(layer, { channels, height, width });
  expect(() => shapeOf(4, 2, 5)).toThrow("it reads one row of scores, not 2");
  expect(() => shapeOf(1, 1, 5)).toThrow("it needs a channel for the blank beside those of the labels");
  expect(() => shapeOf(4, 1, 2)).toThrow("2 columns of scores are too few for 3 labels");
  expect(targetSizes(layer, { channels: 4, height: 1, width: 5 }, 7)).toEqual([7, 1, 1, 3]);
});
