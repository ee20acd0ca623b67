import { parseHTML } from "linkedom/worker";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { Image } from "../../data/pictures/image.js";
import { unitsSection } from "./units-section.js";

const grey = (value: number, width: number, height = width): Image => ({
  width,
  height,
  channels: 1,
  data: new Uint8Array(width * height).fill(value),
});
const words = (text: string | null | undefined): string => (text ?? "").replaceAll("\u00a0", " ");
const unit = { deconvolved: [grey(128, 5)], guided: [grey(130, 5)] };

test("each unit is a row of pictures, small ones enlarged pixel by pixel", async () => {
  const { body, pictures } = await unitsSection({
    layers: [
      {
        ...{ layer: "block/conv 1", units: 20, sees: [5, 4] },
        shown: [
          {
            ...unit,
            unit: 3,
            made: grey(1, 5),
            most: { data: -1.2345, made: 2500 },
            patches: [grey(10, 5), grey(20, 5)],
          },
          { ...unit, unit: 9, made: grey(2, 5), most: { data: 1, made: 2 }, patches: [grey(30, 5), grey(40, 5)] },
        ],
      },
    ],
    ...{ pictures: 2000, of: 9100, silent: [{ layer: "relu1", silent: 1, units: 50 }] },
  });
  const { document } = parseHTML(`<body>${body.text}</body>`);
  const captions = [...document.querySelectorAll("figcaption")].map(({ textContent }) => textContent);
  expect(captions).toEqual(["made", "strongest patches", "deconvolution", "guided"]);
  const text = words(body.text);
  expect(text).not.toContain("From the top");
  expect(text).toContain("2 of the 20 units; each sees 5×4 pixels.");
  expect(text).toContain("3: 2500 of the picture that was made, −1.23 of the strongest patch; 9: ");
  expect(text).toMatch(/the parts of 2.000 pictures \(by chance, of 9.100\) that/);
  expect(text).toContain("relu1 1 of 50 (2 %)");
  expect(pictures.map(({ name }) => name)).toEqual([
    "block-conv-1-made",
    "block-conv-1-strongest-patches",
    "block-conv-1-deconvolution",
    "block-conv-1-guided",
  ]);
  const [, { content }] = pictures;
  const { data, info } = await sharp("png" in content ? content.png : "")
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  // two pictures of 12 × 5 pixels in a row, with 4 between
  expect([info.width, info.height]).toEqual([124, 124]);
  expect([data[59 * 124 + 59], data[60 * 124 + 60], data[64], data[64 * 124], data[124 * 124 - 1]]).toEqual([
    10, 200, 20, 30, 40,
  ]);
});

test("without a set there is what was made alone", async () => {
  const { body, pictures } = await unitsSection({
    layers: [
      {
        ...{ layer: "conv3", units: 1, sees: undefined },
        shown: [{ unit: 0, made: grey(1, 120, 60), most: { made: 2 }, patches: [], deconvolved: [], guided: [] }],
      },
    ],
    ...{ pictures: 0, of: 0, silent: [] },
  });
  const text = words(body.text);
  expect(text).not.toContain("Behind it");
  expect(text).not.toContain("Dead units");
  expect(text).toContain("All 1 units; each sees all of a picture.");
  expect(pictures).toHaveLength(1);
});
