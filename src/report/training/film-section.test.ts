import sharp from "sharp";
import { expect, test } from "vitest";
import { float32 } from "../../graph/tensor.js";
import { filmSection } from "./film-section.js";

/** Two filters of 1×2: (0, epoch) and (1, −1). */
const frame = (epoch: number) => ({ epoch, filters: float32([0, epoch, 1, -1], [2, 1, 1, 2]) });

test("a row is a filter, a column an epoch, and the animation has them all", async () => {
  const section = await filmSection([frame(0), frame(1), frame(2)]);
  const [strip, animation] = (section?.pictures ?? []).map(({ content }) =>
    "png" in content ? content.png : undefined,
  );
  const { data, info } = await sharp(strip).greyscale().raw().toBuffer({ resolveWithObject: true });
  // pixels of 18, so 36×18 a filter, with 4 between
  expect([info.width, info.height]).toEqual([116, 40]);
  const at = (x: number, y: number) => data[y * 116 + x];
  // before the first epoch both weights of the first filter are 0: black; then the second is the larger
  expect([at(30, 5), at(40, 5), at(70, 5), at(110, 5)]).toEqual([0, 0, 255, 255]);
  expect([at(5, 30), at(30, 30), at(37, 30)]).toEqual([255, 0, 200]);
  expect(
    Buffer.from(animation ?? [])
      .toString("latin1")
      .match(/fcTL/g),
  ).toHaveLength(3);
  const text = (section?.body.text ?? "").replaceAll("\u00a0", " ");
  expect(text).toContain("a column an epoch: 0, 1, 2.");
  expect(text).toContain("from the random numbers before the first epoch to epoch 2");
});

test("of many epochs the strip has some, evenly, and of one there is none", async () => {
  const many = await filmSection(Array.from({ length: 31 }, (_, i) => frame(i + 5)));
  expect(many?.body.text).toContain("a column an epoch: 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35.");
  expect(many?.body.text).toContain("from epoch 5 to epoch 35");
  expect(await filmSection([frame(0)])).toBeUndefined();
  expect(await filmSection([])).toBeUndefined();
});
