import { expect, test } from "vitest";
import { stream } from "../../random/stream.js";
import { greyFromColour } from "../pictures/image.js";
import { glancer } from "./glance.js";
import { enlargePlanes, rangeOfAll, shrinkLook, usualRange } from "./look.js";
import { differenceHash } from "./near-duplicates.js";

test.each([
  [1, 16, 16],
  [3, 28, 28],
  [3, 1, 5],
  [3, 64, 72],
  [1, 33, 200],
  [3, 150, 90],
])("a glance at %i×%i×%i is the hash and the copy of the picture at 72×64", (channels, height, width) => {
  const random = stream(1, `glance ${channels} ${height} ${width}`);
  const planes = Uint8Array.from({ length: channels * height * width }, () => Math.floor(256 * random.uniform()));
  const grey = greyFromColour(enlargePlanes(planes, { channels, height, width }));
  const { hash, copy } = glancer({ channels, height, width })(planes);
  expect(hash).toEqual(differenceHash(grey));
  expect(copy).toEqual(shrinkLook(grey));
});

test("one hot pixel does not hide that nearly all pictures are dark", () => {
  const dark = Array.from({ length: 9 }, (_, i) => ({ low: i % 2, high: 3, flat: false }));
  const all = [{ low: 0, high: 255, flat: false }, { low: 255, high: 255, flat: true }, undefined, ...dark];
  expect(rangeOfAll(all)).toEqual([0, 255]);
  expect(usualRange(all)).toEqual([0, 3]);
  // half of them bright, or too few to tell
  expect(usualRange([...dark, ...dark.map((one) => ({ ...one, high: 200 }))])).toEqual([0, 200]);
  expect(usualRange(all.slice(0, 5))).toEqual([0, 255]);
});
