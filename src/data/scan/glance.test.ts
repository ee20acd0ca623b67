import { expect, test } from "vitest";
import { stream } from "../../random/stream.js";
import { greyFromColour } from "../pictures/image.js";
import { glancer } from "./glance.js";
import { enlargePlanes, shrinkLook } from "./look.js";
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
