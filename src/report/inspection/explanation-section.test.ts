import { parseHTML } from "linkedom/worker";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { Image } from "../../data/pictures/image.js";
import { float32 } from "../../graph/tensor.js";
import { explanationSection } from "./explanation-section.js";

/** White, 4×4: shown 47 times as large. */
const image: Image = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(255) };
const curve = (area: number) => ({ shares: [0, 1], values: [area, area], area });
const map = float32([0, 0, 0, 2], [1, 1, 2, 2]);
const signed = float32([1, 0, 0, -1], [1, 1, 2, 2]);
const figures = { deletion: curve(0.125), insertion: curve(0.75) };
const road = { mostFirst: curve(0.2), leastFirst: curve(0.8), score: 0.3 };

const section = await explanationSection(
  [
    {
      ...{ name: "a <b>.png", image, said: "owl" },
      explanations: [
        { method: "gradCam", map, ...figures, road },
        { method: "occlusion", map: signed, ...figures, road },
        { method: "integratedGradients", map: signed, ...figures, road, completeness: { sum: 0.5, change: 0.52 } },
      ],
      refused: [{ method: "scoreCam", reason: "too many maps" }],
      other: {
        said: { name: "owl", found: { method: "classActivationMap", map: signed } },
        other: { name: "cat", found: { method: "classActivationMap", map } },
        against: { method: "classActivationMap", map: signed },
      },
      random: { gradCam: -0.25 },
    },
  ],
  { left: 3 },
);
const { document } = parseHTML(`<body>${section.body.text}</body>`);
const texts = (selector: string): string[] => [...document.querySelectorAll(selector)].map((e) => e.textContent ?? "");

test("each map stands with its method, and its figures in one table", () => {
  expect(texts("h3")).toEqual(["a <b>.png: why “owl”", "What each method shows"]);
  expect(texts(".strip figcaption")).toEqual([
    ...["as the network is given it", "Grad-CAM", "Occlusion", "Integrated gradients"],
    ...["for “owl”", "for “cat”", "for “owl” against “cat”"],
  ]);
  expect(texts("h4")).toEqual(["Why not “cat”? Class activation map"]);
  expect(texts("tbody tr").slice(0, 2)).toEqual(["Grad-CAM0.1250.7500.300−0.250", "Occlusion0.1250.7500.300–"]);
  expect(texts("ul.soft li")).toEqual(["Score-CAM: too many maps"]);
  expect(texts("p.soft")[1].replaceAll("\u00a0", " ")).toMatch(/^3 pictures more: not explained/);
});

test("the sum of integrated gradients stands beside the change that it should be", async () => {
  const sentence =
    "Integrated gradients add up to 0.500; from the mean picture to this one, what is explained changes by ";
  expect(texts("p.soft")[0]).toBe(`${sentence}0.520.`);
  const completeness = { sum: 0.5, change: -1 };
  const explanations = [{ method: "integratedGradients", map: signed, ...figures, road, completeness }] as const;
  const { body } = await explanationSection([{ name: "b", image, said: "owl", explanations, refused: [] }]);
  expect(body.text).toContain(`${sentence}−1.000. These should be the same:`);
});

test("red speaks for it, blue against it, and a frame stands around the evidence", async () => {
  const addresses = [...document.querySelectorAll(".strip img")].map((tag) => tag.getAttribute("src") ?? "");
  const at = async (i: number, x: number, y: number): Promise<number[]> => {
    const { data, info } = await sharp(Buffer.from(addresses[i].split(",")[1], "base64"))
      .raw()
      .toBuffer({ resolveWithObject: true });
    return [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
  };
  const [red, , blue] = await at(2, 20, 20);
  expect(red).toBeGreaterThan(blue + 30);
  const [otherRed, , otherBlue] = await at(2, 170, 170);
  expect(otherBlue).toBeGreaterThan(otherRed + 30);
  // Where nothing was found, the picture is seen; the frame's outer edge is the picture's lower right corner.
  expect(Math.min(...(await at(1, 20, 20)))).toBeGreaterThan(245);
  const [frameRed, frameGreen] = await at(1, 187, 150);
  expect(frameRed).toBeGreaterThan(frameGreen + 60);
});
