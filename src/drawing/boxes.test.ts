import { expect, it } from "vitest";
import { withBoxes } from "./boxes.js";

it("draws a box on a white ground, and cuts off what reaches beyond", () => {
  const picture = { width: 7, height: 6, channels: 1, data: new Uint8Array(42).fill(7) } as const;
  const box = { x: 2, y: 2, width: 6, height: 3 };
  const { data, channels } = withBoxes(picture, [{ box, colour: [1, 50, 60], line: 2 }]);
  expect(channels).toBe(3);
  const rows = Array.from({ length: 6 }, (_, y) =>
    [...data.subarray(7 * y, 7 * y + 7)].map((byte) => ({ 1: "#", 255: "o", 7: "." })[byte]).join(""),
  );
  // the line covers a pixel on both sides of the edge, its ground one more
  expect(rows).toEqual(["ooooooo", "o######", "o######", "o##oooo", "o######", "o######"]);
});
