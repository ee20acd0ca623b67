import { describe, expect, it } from "vitest";
import type { Image } from "../../data/pictures/image.js";
import { takePanels } from "./panels.js";

type Shape = (x: number, y: number) => number | undefined;
const [WIDTH, HEIGHT] = [160, 100];

/** A grey picture on white, with two signs 6 wide and 20 high at the left and what a shape says. */
function picture(shape: Shape, signs = true): Image {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => {
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    const isSign = signs && y >= 40 && y < 60 && ((x >= 10 && x < 16) || (x >= 22 && x < 28));
    return shape(x, y) ?? (isSign ? 0 : 255);
  });
  return { width: WIDTH, height: HEIGHT, channels: 1, data };
}
const box =
  (left: number, top: number, width: number, height: number, level = (_x: number, _y: number): number => 30): Shape =>
  (x, y) =>
    x >= left && x < left + width && y >= top && y < top + height ? level(x, y) : undefined;
const disc: Shape = (x, y) => (Math.hypot(x - 100, y - 50) < 35 ? 0 : undefined);

describe("takePanels takes patches away", () => {
  it.each<[string, Shape]>([
    ["a box", box(60, 20, 60, 60)],
    ["a box at the edge", box(100, 0, 60, 100)],
    ["a bar", box(60, 80, 80, 14)],
    ["a disc", disc],
  ])("%s", (_, shape) => {
    const { rest, panels } = takePanels(picture(shape));
    expect(rest).toEqual(picture(() => undefined));
    expect(panels).toEqual([]);
  });

  it("and says what is on one of several colours, which may be writing", () => {
    const stripes = box(60, 20, 60, 60, (x) => (x % 20 < 10 ? 30 : 120));
    const { rest, panels } = takePanels(picture(stripes));
    expect(rest).toEqual(picture(() => undefined));
    expect(panels.map(({ left, top, isDoubtful }) => [left, top, isDoubtful])).toEqual([[60, 20, true]]);
  });

  it("not what stands alone, is hardly larger than the signs, or is drawn in strokes", () => {
    const alone = picture(box(60, 20, 60, 60), false);
    const small = picture(box(60, 40, 30, 20));
    const ring = picture((x, y) => {
      const far = Math.hypot(x - 100, y - 50);
      return far < 35 && far > 29 ? 0 : undefined;
    });
    for (const image of [alone, small, ring]) expect(takePanels(image)).toEqual({ rest: image, panels: [] });
  });
});
