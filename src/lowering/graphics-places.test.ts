import { expect, test } from "vitest";
import { describeCards, runOn } from "../../test/devices.js";
import { expectOnCard } from "../../test/strict-card.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32, tensor } from "../graph/tensor.js";

describeCards("on the card alone", (device) => {
  test.each([
    [1, 0, [1, 0, 2]],
    [-1, 1, [1, 0, 2]],
  ])("the first of the largest numbers, axis %i", async (axis, keepdims, places) => {
    const g = new GraphBuilder("places");
    const place = g.op("ArgMax", [g.input("x", "float32", [3, 4])], { axis, keepdims });
    g.output("y", g.op("Cast", [place], { to: 6 }));
    await expectOnCard(g.build());
    const numbers = [1, 5, 5, 2, -1, -1, -1, -1, -3, -Infinity, 7, 7];
    const { y } = await runOn(device, g.build(), { x: float32(numbers, [3, 4]) });
    expect(y.shape).toEqual(keepdims === 1 ? [3, 1] : [3]);
    expect([...y.data]).toEqual(places);
  });

  test("whole numbers at places, from the end too", async () => {
    const g = new GraphBuilder("chosen");
    const [x, places] = [g.input("x", "int32", [2, 3]), g.input("places", "int32", [2, 4])];
    g.output("y", g.op("GatherElements", [x, places], { axis: 1 }));
    await expectOnCard(g.build());
    const { y } = await runOn(device, g.build(), {
      x: tensor("int32", [2, 3], Int32Array.of(10, 20, 30, -4, -5, 2 ** 30 + 1)),
      places: tensor("int32", [2, 4], Int32Array.of(2, 0, 0, -1, 1, 2, -3, 2)),
    });
    expect([...y.data]).toEqual([30, 10, 10, 30, -5, 2 ** 30 + 1, -4, 2 ** 30 + 1]);
  });
});
