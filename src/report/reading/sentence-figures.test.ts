import { parseHTML } from "linkedom/worker";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Markup } from "../../drawing/markup.js";
import type { LineReading } from "../../reading/read-line.js";
import { lettersFigure, scoresFigure, unsureText } from "./sentence-figures.js";

interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}
const parsed = ({ text }: Markup): Element => parseHTML(`<html><body>${text}</body></html>`).document.documentElement;
const number = (element: Element, name: string): number => Number(element.getAttribute(name));

const grey = (width: number, height: number) => ({
  width,
  height,
  channels: 1 as const,
  data: new Uint8Array(width * height).fill(255),
});

// a picture of 540 pixels is drawn twice as large
const image = grey(540, 30);
const reading: LineReading = {
  text: "it <",
  columns: "itt<",
  marks: [],
  letters: [
    { letter: "i", left: 10, right: 20, confidence: 0.5 },
    { letter: "t", left: 30, right: 50, confidence: 0.996 },
    { letter: "<", left: 400, right: 430, confidence: 1 },
  ],
  // the windows look at pixels 15.5, 165.5, 315.5 and 465.5
  scores: {
    classes: ["i", "t", "<"],
    count: 4,
    stride: 150,
    offset: 15.5,
    values: Float32Array.of(9, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0, -3),
  },
  line: image,
};

/** The bytes of the picture in an `<image>`. */
async function pixels(element: Element): Promise<{ data: Uint8Array; width: number; height: number }> {
  const base64 = element.getAttribute("href")?.replace("data:image/png;base64,", "") ?? "";
  const { data, info } = await sharp(Buffer.from(base64, "base64")).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

describe("the letters under a picture", () => {
  it("stand under the middle of where they were found, with bars as long as they are sure", async () => {
    const svg = parsed(await lettersFigure(image, reading));
    const [picture] = [...svg.querySelectorAll("image")];
    expect(["x", "y", "width", "height"].map((name) => number(picture, name))).toEqual([20, 0, 1080, 60]);
    const groups = [...svg.querySelectorAll("g")];
    expect(groups.map((g) => [...g.querySelectorAll("title")][0].textContent.replaceAll("\u00a0", " "))).toEqual([
      "i: 50.0 %",
      "t: 99.6 %",
      "<: 100.0 %",
    ]);
    const texts = groups.map((g) => [...g.querySelectorAll("text")].map((t) => [t.textContent, number(t, "x")]));
    expect(texts).toEqual([
      [
        ["i", 50],
        ["50\u00a0%", 50],
      ],
      [["t", 100]],
      [["<", 850]],
    ]);
    const bars = groups.map((g) => number([...g.querySelectorAll("rect")][0], "height"));
    expect(bars).toEqual([11, 21.91, 22]);
  });

  it("are listed when they are unsure, the least sure first", () => {
    expect(unsureText(reading).replaceAll("\u00a0", " ")).toBe("i 50 %");
    expect(unsureText({ ...reading, letters: reading.letters.slice(1) })).toBe("");
  });
});

describe("the scores under a line", () => {
  it("are aligned with it: a column lies around the middle of its window", async () => {
    const svg = parsed(await scoresFigure(reading));
    const [line, scores] = [...svg.querySelectorAll("image")];
    expect(["x", "width", "height"].map((name) => number(line, name))).toEqual([20, 1080, 60]);
    // pixel 15.5 is drawn at 20 + 16·2, its column from 75 pixels before it
    expect(["x", "width", "height"].map((name) => number(scores, name))).toEqual([52 - 150, 4 * 300, 3 * 13]);
    const letters = [...svg.querySelectorAll("text")].slice(0, 4).map((t) => [t.textContent, number(t, "x")]);
    expect(letters).toEqual([
      ["i", 52],
      ["t", 352],
      ["t", 652],
      ["<", 952],
    ]);
  });

  it("have a row for each class and a pixel for each score, and say what the colours mean", async () => {
    const svg = parsed(await scoresFigure(reading));
    const { data, width, height } = await pixels([...svg.querySelectorAll("image")][1]);
    expect([width, height]).toEqual([4, 3]);
    const at = (row: number, column: number): number[] => [
      ...data.subarray((row * 4 + column) * 3, (row * 4 + column) * 3 + 3),
    ];
    expect([at(0, 0), at(1, 1), at(1, 2), at(2, 3)]).toEqual([
      [0xfc, 0xfd, 0xbf],
      [0xfc, 0xfd, 0xbf],
      [0xfc, 0xfd, 0xbf],
      [0x00, 0x00, 0x04],
    ]);
    const texts = [...svg.querySelectorAll("text")].map((t) => t.textContent);
    expect(texts.slice(4)).toEqual(["i", "i", "t", "t", "<", "<", "score −3.00", "9.00"]);
  });
});
