import { GlobalFonts } from "@napi-rs/canvas";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodePng } from "../../../data/pictures/formats/sharp-file.js";
import { dataUri } from "./image-tag.js";
import { pngFromSvg } from "./raster-file.js";

const svg = (body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20" viewBox="0 0 60 20" font-size="12">${body}</svg>`;

async function grey(png: Uint8Array): Promise<{ data: Uint8Array; width: number; height: number }> {
  const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** The sum of darkness over all pixels. */
const ink = (data: Uint8Array): number => data.reduce((sum, byte) => sum + 255 - byte, 0);

describe("an SVG as PNG", () => {
  it("is as large as it says, times the scale, on white paper, in the theme's colours", async () => {
    const png = await pngFromSvg(svg('<rect x="0" y="0" width="30" height="20" fill="var(--accent)"/>'), 3);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([180, 60]);
    const at = (x: number, y: number): number[] => [...data.subarray((y * 180 + x) * info.channels).subarray(0, 3)];
    expect([at(45, 30), at(135, 30)]).toEqual([
      [0xc2, 0x36, 0x1b],
      [255, 255, 255],
    ]);
  });

  it("has its text in the report's own font, on a machine without fonts too", async () => {
    const regular = await grey(await pngFromSvg(svg('<text x="2" y="15">recall</text>')));
    expect(ink(regular.data)).toBeGreaterThan(20_000);
    expect(GlobalFonts.has("bellpepper-report")).toBe(true);
    const bold = await grey(await pngFromSvg(svg('<text x="2" y="15" font-weight="700">recall</text>')));
    expect(ink(bold.data)).toBeGreaterThan(1.15 * ink(regular.data));
  });
});

it("draws the pictures inside an SVG, at their place and without blurring them", async () => {
  const inside = await encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) });
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 4" width="8" height="4"><image x="2" y="1" width="4" height="2" preserveAspectRatio="none" href="${dataUri(inside)}"/></svg>`;
  const { data, width, height } = await grey(await pngFromSvg(picture, 2));
  expect([width, height]).toEqual([16, 8]);
  const rows = Array.from({ length: 8 }, (_, y) =>
    Array.from({ length: 16 }, (_, x) => (data[y * 16 + x] < 128 ? "#" : ".")).join(""),
  );
  expect(rows).toEqual(Array.from({ length: 8 }, (_, y) => (y < 2 || y > 5 ? "................" : "....####........")));
});
