import { describe, expect, it } from "vitest";
import type { Image } from "../../data/pictures/image.js";
import { takePanels } from "./panels.js";

/** A grey picture of 100×60 on white with boxes of one level each, drawn one over the other. */
function picture(
  ...boxes: readonly (readonly [left: number, top: number, width: number, height: number, level: number])[]
): Image {
  const [width, height] = [100, 60];
  const data = new Uint8Array(width * height).fill(255);
  for (const [left, top, w, h, level] of boxes) {
    for (let y = top; y < top + h; y++) data.fill(level, y * width + left, y * width + left + w);
  }
  return { width, height, channels: 1, data };
}
const SIGNS = [
  [30, 25, 5, 10, 255],
  [40, 25, 5, 10, 255],
] as const;

describe("takePanels", () => {
  it("takes a box with signs out of a picture, and leaves what stands beside it", () => {
    const image = picture([20, 15, 50, 30, 0], ...SIGNS, [85, 20, 4, 20, 0]);
    const { rest, panels } = takePanels(image);
    // without the two pixels of its soft edge
    expect(panels.map(({ left, top, image: { width, height } }) => [left, top, width, height])).toEqual([
      [22, 17, 46, 26],
    ]);
    expect(panels[0].image.data.filter((level) => level === 255)).toHaveLength(100);
    expect(rest.data.filter((level) => level === 0)).toHaveLength(80);
  });

  it("gives round corners the panel's colour", () => {
    const round = picture([24, 15, 42, 30, 0], [20, 21, 50, 18, 0], ...SIGNS);
    const [{ image }] = takePanels(round).panels;
    expect([image.data[0], image.data.filter((level) => level === 255).length]).toEqual([0, 100]);
  });

  it.each([
    ["no signs", picture([20, 15, 50, 30, 0])],
    ["one hole, as a heavy letter has", picture([20, 15, 30, 30, 0], [30, 22, 10, 16, 255])],
    ["no side, as m has none above", picture([20, 15, 50, 30, 0], [30, 15, 10, 25, 255], [50, 15, 10, 25, 255])],
    ["a border of many colours", picture([20, 15, 50, 30, 0], ...SIGNS, [0, 0, 60, 2, 90], [60, 0, 40, 60, 30])],
  ])("takes nothing that has %s", (_, image) => {
    expect(takePanels(image)).toEqual({ rest: image, panels: [] });
  });
});
