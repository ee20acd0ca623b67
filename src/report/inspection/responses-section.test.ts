import { expect, test } from "vitest";
import type { Image } from "../../data/pictures/image.js";
import { responsesSection } from "./responses-section.js";

const image: Image = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(9) };

test("a layer is one montage, with how many of its filters are shown and what each sees", async () => {
  const { body, pictures } = await responsesSection(
    [
      { layer: "block/conv 2", filters: 20, sees: [5, 7], images: new Array<Image>(20).fill(image) },
      { layer: "conv3", filters: 1000, sees: undefined, images: new Array<Image>(3).fill(image) },
    ],
    1,
  );
  const text = body.text.replaceAll("\u00a0", " ");
  expect(text).toContain("All 20 filters; each sees 5×7 pixels.");
  expect(text).toContain("3 of the 1 000 filters; each sees all of a picture.");
  // 9 pictures of 48 pixels in a row, as √(4 · 20) = 8.9, with 8 gaps of 4; three rows
  expect(text).toMatch(/width="464" height="152"/);
  expect(pictures.map(({ name }) => name)).toEqual(["responses-block-conv-2", "responses-conv3"]);
});
