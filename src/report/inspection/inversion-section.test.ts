import { parseHTML } from "linkedom/worker";
import { expect, test } from "vitest";
import type { Image } from "../../data/pictures/image.js";
import { inversionSection } from "./inversion-section.js";

const grey = (value: number): Image => ({ width: 32, height: 16, channels: 1, data: new Uint8Array(512).fill(value) });

test("a picture stands beside what layers keep of it, with how alike they are", async () => {
  const { body, pictures } = await inversionSection([
    {
      name: "a & b.png",
      image: grey(0),
      inversions: [
        { layer: "conv1", image: grey(10), distance: 0.042, correlation: 0.987 },
        { layer: "block/conv2", image: grey(20), distance: 0.2, correlation: -0.1 },
      ],
    },
  ]);
  const { document } = parseHTML(`<body>${body.text}</body>`);
  const captions = [...document.querySelectorAll("figcaption")].map(({ textContent }) =>
    textContent.replaceAll("\u00a0", " "),
  );
  expect(captions).toEqual([
    "a & b.png",
    "conv1correlation 0.99; off by 4 %",
    "block/conv2correlation −0.10; off by 20 %",
  ]);
  expect([...document.querySelectorAll("img")].map((image) => image.getAttribute("width"))).toEqual([
    "128",
    "128",
    "128",
  ]);
  expect(pictures.map(({ name }) => name)).toEqual(["inverted-1-conv1", "inverted-1-block-conv2"]);
});
