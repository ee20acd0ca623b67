import { expect, test } from "vitest";
import { describeDevices, runOn } from "../../../test/devices.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { CLIP, type Clip, clipGradients } from "./clip.js";

/** Two gradients, (3, 0) and (0, 4), whose length together is 5: times a factor, and limited. */
function limited(clip: Clip, factor: number) {
  const g = new GraphBuilder("clip");
  const names = clipGradients(g, [g.input("a", "float32", [2]), g.input("b", "float32", [1, 2])], clip);
  for (const [i, name] of names.entries()) g.output("xy"[i], name);
  return [g.build(), { a: float32([3 * factor, 0], [2]), b: float32([0, -4 * factor], [1, 2]) }] as const;
}

describeDevices("clipping", (device) => {
  test.each<[string, Clip, number, number[]]>([
    ["shortens gradients of length 5 to length 1", { norm: 1 }, 1, [0.6, 0, 0, -0.8]],
    ["leaves gradients of length 5 below a limit of 6", { norm: 6 }, 1, [3, 0, 0, -4]],
    ["leaves gradients that are all zero", { norm: 1 }, 0, [0, 0, 0, 0]],
    ["limits each number to ±3.5", { value: 3.5 }, 1, [3, 0, 0, -3.5]],
  ])("%s", async (_, clip, factor, expected) => {
    const [graph, inputs] = limited(clip, factor);
    const { x, y } = await runOn(device, graph, inputs);
    expect([...x.data, ...y.data]).toEqual(expected.map((value) => expect.closeTo(value, 5)));
  });
});

test.each<Clip>([{ norm: 0 }, { value: -1 }, { norm: Number.NaN }])("%o is refused", (clip) => {
  expect(() => CLIP.take(clip, { path: "clip" })).toThrow(
    /^Invalid value for clip\.(norm|value): expected a number above 0, got /,
  );
});

test("a limit that is misspelt is told of both kinds", () => {
  expect(() => CLIP.take({ nrm: 1 }, { path: "clip" })).toThrow("clip: expected an object with a norm or a value");
});
