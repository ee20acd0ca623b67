import { expect, test } from "vitest";
import { GraphBuilder } from "./builder.js";
import { peakBytes } from "./peak-bytes.js";

test("a value counts until the last node that reads it has run; inputs and outputs do not count", () => {
  const g = new GraphBuilder("chain");
  const x = g.input("x", "float32", [100]);
  const a = g.op("Neg", [x]); // 400 bytes
  const b = g.op("Cast", [a], { to: 11 }); // 800, float64; a and b: 1200
  const c = g.op("Neg", [b]); // 800, and a is still to be read: 2000
  const d = g.op("Cast", [c], { to: 1 }); // 400; b is gone: 400 + 800 + 400
  g.output("y", g.op("Add", [a, d]));
  expect(peakBytes(g.build())).toBe(2000);
});

test("where a size is not known, the peak is not", () => {
  const g = new GraphBuilder("free");
  g.output("y", g.op("Neg", [g.op("Abs", [g.input("x", "float32", ["N", 4])])]));
  expect(peakBytes(g.build())).toBe(Number.POSITIVE_INFINITY);
});
