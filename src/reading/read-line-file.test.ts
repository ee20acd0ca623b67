import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relu } from "../blocks/activation/activation.js";
import { conv } from "../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../blocks/loss/class-losses.js";
import { drawLine } from "../data/letters/draw-line-file.js";
import type { Image } from "../data/pictures/image.js";
import { readImage } from "../data/pictures/image-file.js";
import { nodeEngine } from "../engine/node.js";
import { zeros } from "../graph/tensor.js";
import { fromOnnx, type TrainedModel } from "../network/model/model.js";
import { parametersOf, sequential } from "../network/network.js";
import { stream } from "../random/stream.js";
import { type LineReader, lineReader } from "./read-line.js";

const asset = (name: string): string => fileURLToPath(new URL(`../../assets/${name}`, import.meta.url));
const SENTENCE = "the rat the cat the dog chased killed ate the malt";
const LATO = "node_modules/@fontsource/lato/files/lato-latin-400-normal.woff2";

let reader: LineReader;
beforeAll(async () => {
  reader = await lineReader(nodeEngine({ threads: 1 }), fromOnnx(await readFile(asset("ocr.onnx"))));
});
afterAll(() => reader.close());

/** Grey pictures of one width, one below the other. */
const stacked = (images: readonly Image[]): Image => ({
  ...images[0],
  height: images.reduce((sum, { height }) => sum + height, 0),
  data: new Uint8Array(Buffer.concat(images.map(({ data }) => data))),
});

/** Pictures of one height and ground on equally wide paper. */
const padded = (image: Image, width: number, ground: number): Image => {
  const data = new Uint8Array(width * image.height).fill(ground);
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * image.width, (y + 1) * image.width), y * width);
  }
  return { ...image, width, data };
};

const inverted = (image: Image): Image => ({ ...image, data: image.data.map((v) => 255 - v) });

describe("readAll on several grounds", () => {
  it("reads white on a black bar between black on white", async () => {
    const draw = async (text: string): Promise<Image> => padded(await drawLine(text, LATO), 400, 255);
    const [first, title, last] = [await draw("black here"), await draw("white there"), await draw("black again")];
    const { text, leftOut } = await reader.readAll(stacked([first, inverted(title), last]));
    expect([text, leftOut]).toEqual(["black here\nwhite there\nblack again", 0]);
  });

  it("reads a pale line between dark ones", async () => {
    const draw = async (text: string, color: string): Promise<Image> =>
      padded(await drawLine(text, LATO, { color }), 400, 255);
    const lines = [await draw("black line", "#000"), await draw("pale line", "#ccc"), await draw("the last", "#222")];
    expect((await reader.readAll(stacked(lines))).text).toBe("black line\npale line\nthe last");
  });
});

/** A grey picture with others on it. */
const pasted = (width: number, height: number, ...all: readonly { image: Image; x: number; y: number }[]): Image => {
  const data = new Uint8Array(width * height).fill(255);
  for (const { image, x, y } of all) {
    for (let row = 0; row < image.height; row++) {
      const from = row * image.width;
      data.set(image.data.subarray(from, from + image.width), (y + row) * width + x);
    }
  }
  return { width, height, channels: 1, data };
};

/** A grey picture turned about its middle, to the right for positive degrees; white where nothing was. */
function turned({ width, height, data }: Image, degrees: number): Image {
  const [cos, sin] = [Math.cos((Math.PI / 180) * degrees), Math.sin((Math.PI / 180) * degrees)];
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? 255 : data[y * width + x];
  const levels = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) - width / 2, Math.floor(i / width) - height / 2];
    const [u, v] = [width / 2 + cos * x + sin * y, height / 2 + cos * y - sin * x];
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const [a, b] = [u - left, v - top];
    const above = (1 - a) * at(left, top) + a * at(left + 1, top);
    return Math.round((1 - b) * above + b * ((1 - a) * at(left, top + 1) + a * at(left + 1, top + 1)));
  });
  return { width, height, channels: 1, data: levels };
}

describe("readAll of a page", () => {
  it("reads buttons that stand between lines, the left one first", async () => {
    const [above, below] = [await drawLine("do you agree", LATO), await drawLine("or go back", LATO)];
    const [yes, no] = [inverted(await drawLine("surely", LATO)), inverted(await drawLine("never", LATO))];
    const page = pasted(
      400,
      160,
      { image: above, x: 10, y: 10 },
      { image: yes, x: 40, y: 60 },
      { image: no, x: 220, y: 60 },
      { image: below, x: 10, y: 110 },
    );
    const { text, lines } = await reader.readAll(page);
    expect(text).toBe("do you agree\nsurely\nnever\nor go back");
    // drawn with 16 pixels free to the left
    expect(Math.abs(lines[2].letters[0].left - 236)).toBeLessThan(2);
  });

  it.each([0, 18])("reads two columns one after the other, the right one %d pixels lower", async (lower) => {
    const texts = ["a dog barks", "by the gate", "all night", "we hear it", "in our bed", "and sigh"];
    const drawn = await Promise.all(texts.map((text) => drawLine(text, LATO)));
    const heading = { image: await drawLine("a dog that barks at night", LATO, { extent: 36 }), x: 10, y: 2 };
    const rest = drawn.map((image, i) => ({
      image,
      x: i < 3 ? 10 : 260,
      y: 60 + 40 * (i % 3) + (i < 3 ? 0 : lower),
    }));
    const { text } = await reader.readAll(pasted(520, 220, heading, ...rest));
    expect(text.split("\n")).toEqual(["a dog that barks at night", ...texts]);
  });

  it("reads lines beside a box, which is no writing", async () => {
    const texts = ["milk and bread", "call the plumber", "water the garden"];
    const drawn = await Promise.all(texts.map((text) => drawLine(text, LATO)));
    const lines = drawn.map((image, i) => ({ image, x: 20, y: 20 + 60 * i }));
    const box: Image = { width: 120, height: 180, channels: 1, data: new Uint8Array(120 * 180).fill(20) };
    expect((await reader.readAll(pasted(480, 220, ...lines, { image: box, x: 340, y: 10 }))).text).toBe(
      texts.join("\n"),
    );
  });

  it.each(["a ring", "a cross"])("reads lines beside %s that is as high as all of them", async (kind) => {
    const texts = ["milk and bread", "call the plumber", "water the garden"];
    const drawn = await Promise.all(texts.map((text) => drawLine(text, LATO)));
    const page = pasted(480, 220, ...drawn.map((image, i) => ({ image, x: 20, y: 20 + 60 * i })));
    const isInk = (x: number, y: number): boolean =>
      kind === "a ring"
        ? Math.abs(Math.hypot(x, y) - 65) < 4
        : Math.abs(x) < 60 && Math.abs(Math.abs(x) - Math.abs(y)) < 4;
    const data = page.data.map((level, at) => (isInk((at % 480) - 400, Math.floor(at / 480) - 110) ? 0 : level));
    const { lines } = await reader.readAll({ ...page, data });
    expect(lines.map(({ text }) => text)).toEqual(expect.arrayContaining(texts));
  });

  it("reads on ruled paper", async () => {
    const texts = ["jumping quickly", "my grey puppy", "happy by the quay"];
    const drawn = await Promise.all(texts.map((text) => drawLine(text, LATO)));
    const page = pasted(400, 160, ...drawn.map((image, i) => ({ image, x: 20, y: 10 + 45 * i })));
    // below the baseline, where the descents of letters go through
    for (const i of [0, 1, 2]) page.data.fill(60, (10 + 45 * i + 27) * 400, (10 + 45 * i + 28) * 400);
    expect((await reader.readAll(page)).text).toBe(texts.join("\n"));
  });

  it.each([-15, 10])("reads lines that are turned by %d degrees", async (degrees) => {
    const texts = ["the quick brown fox jumps", "over the lazy dog while", "seven wizards vex a judge"];
    const drawn = await Promise.all(texts.map((text) => drawLine(text, LATO)));
    const page = pasted(560, 320, ...drawn.map((image, i) => ({ image, x: 80, y: 90 + 45 * i })));
    const { text, lines } = await reader.readAll(turned(page, degrees));
    expect(text).toBe(texts.join("\n"));
    // the first letter's ink, 16 pixels from the left of its drawing and in its middle, goes around the picture's
    const [x, y] = [80 + 16 - 280, 90 + 16 - 160];
    const [cos, sin] = [Math.cos((Math.PI / 180) * degrees), Math.sin((Math.PI / 180) * degrees)];
    expect(Math.abs(lines[0].letters[0].left - (280 + cos * x - sin * y))).toBeLessThan(4);
  });

  it("tells how many faint lines it left out", async () => {
    const draw = (text: string, color: string): Promise<Image> => drawLine(text, LATO, { color, width: 400 });
    const page = stacked([await draw("the total sum", "#000"), await draw("2479 83 65", "#ccc")]);
    const { text, leftOut } = await reader.readAll(page);
    expect([text, leftOut]).toEqual(["the total sum", 1]);
  });
});

describe("readLine", () => {
  it("reads the lecture's sentence", async () => {
    const image = await readImage(asset("sentence-lato.png"), { channels: 1 });
    const { text, columns, scores, letters, line } = await reader.read(image);
    expect(text).toBe(SENTENCE);
    // one column every 4 pixels: (width − 32) / 4 + 1
    expect(columns).toHaveLength((line.width - 32) / 4 + 1);
    expect([scores.count, scores.stride, scores.offset, line.height]).toEqual([columns.length, 4, 15.5, 32]);
    // the first t's ink begins after the margin of 16 pixels
    expect(letters).toHaveLength(SENTENCE.replaceAll(" ", "").length);
    expect(Math.abs(letters[0].left - 16)).toBeLessThan(2);
    expect(letters.every((l, i) => i === 0 || l.left > letters[i - 1].left)).toBe(true);
  });

  it("reads light on dark as dark on light", async () => {
    const image = await drawLine("the quick brown dog", LATO);
    const [dark, light] = [await reader.read(image), await reader.read(inverted(image))];
    expect(light.text).toBe("the quick brown dog");
    expect(dark.text).toBe(light.text);
  });

  it.each([14, 20, 60, 400])("reads letters of %d pixels", async (extent) => {
    expect((await reader.read(await drawLine("the lazy dog", LATO, { extent }))).text).toBe("the lazy dog");
  });

  it("reads letters of 12 pixels, but may lose a space", async () => {
    const { text } = await reader.read(await drawLine("the lazy dog", LATO, { extent: 12 }));
    expect(text.replaceAll(" ", "")).toBe("thelazydog");
  });

  it("reads colours, wide margins and noise", async () => {
    const coloured = await drawLine("blue on yellow", LATO, { color: "navy", background: "#ffdd55", channels: 3 });
    expect((await reader.read(coloured)).text).toBe("blue on yellow");
    const wide = await drawLine("in the middle", LATO, { extent: 40, height: 300, margin: 200 });
    const random = stream(1, "noise");
    const noisy = wide.data.map((v) => Math.min(255, Math.max(0, v * 0.8 + 20 + 12 * random.normal())));
    expect((await reader.read({ ...wide, data: noisy })).text).toBe("in the middle");
  });

  it("reads lines without ascenders or descenders", async () => {
    expect((await reader.read(await drawLine("a man saw us near a river", LATO))).text).toBe(
      "a man saw us near a river",
    );
    expect((await reader.read(await drawLine("our own cousin swam across", LATO))).text).toBe(
      "our own cousin swam across",
    );
  });

  it("reads red on green of the same luminance", async () => {
    // 0.299 · 255 = 0.587 · 130
    const image = await drawLine("red on green", LATO, { color: "#ff0000", background: "#008200", channels: 3 });
    expect((await reader.read(image)).text).toBe("red on green");
  });

  it("reads all lines from top to bottom, of whatever size", async () => {
    const small = await drawLine("the small print", LATO, { extent: 18, width: 400 });
    const large = await drawLine("a heading", LATO, { extent: 48, width: 400 });
    const page = stacked([large, small, small]);
    expect((await reader.readAll(page)).text).toBe("a heading\nthe small print\nthe small print");
    expect((await reader.read(page)).text).toBe("a heading");
  });

  it("finds nothing where nothing is written", async () => {
    const blank: Image = { width: 300, height: 40, channels: 1, data: new Uint8Array(12000).fill(230) };
    const { text, columns, letters, scores } = await reader.read(blank);
    expect([text, columns, letters.length, scores.count]).toEqual(["", "", 0, 0]);
    expect((await reader.read({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) })).text).toBe("");
  });

  it.each<[string, (x: number, y: number) => number]>([
    ["blank paper", () => 230],
    ["noise", (x, y) => 256 * stream(1, "no text", x, y).uniform()],
    ["specks", (x, y) => (stream(2, "no text", x, y).uniform() < 0.03 ? 0 : 255)],
    ["light that falls off", (x) => x],
    ["clouds", (x, y) => 128 + 60 * Math.sin(x / 17) * Math.cos(y / 11) + 50 * Math.sin((x + 2 * y) / 29)],
  ])("finds no text in %s", async (_, level) => {
    const [width, height] = [240, 120];
    const data = Uint8Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width)));
    expect(await reader.readAll({ width, height, channels: 1, data })).toEqual({ text: "", lines: [], leftOut: 0 });
  });

  it("rejects an image whose bytes do not fit", async () => {
    await expect(reader.read({ width: 5, height: 5, channels: 1, data: new Uint8Array(7) })).rejects.toThrow(
      "An image of 1×5×5 has 25 bytes, got 7.",
    );
  });
});

describe("lineReader", () => {
  const model = (channels: number, classes: number, size: number): TrainedModel => {
    const input = { channels, height: size, width: size };
    const network = sequential("other", input, [conv(4, classes), relu(), softmaxLogLoss()]);
    const parameters = new Map(parametersOf(network).map(({ name, shape }) => [name, zeros("float32", shape)]));
    const names = Array.from({ length: classes }, (_, i) => `${i}`);
    const normalization = { mean: new Array<number>(channels).fill(0), scale: 1 };
    return { network, parameters, classes: names, normalization, history: null };
  };

  it.each([
    [2, 26, 4, /'other' cannot read letters: expected 1 channel \(grey\) or 3, got 2/],
    [1, 1, 4, /expected at least 2 classes, got 1/],
    [1, 26, 6, /expected 1×1 scores for its 6×6 image, got 3×3/],
    [1, 11, 4, /expected classes that are signs, such as 'a' or '7', got '10'\.$/],
    [1, 101, 4, /expected classes that are signs, such as 'a' or '7', got '10', '11', '12' and 88 more/],
  ])("rejects a network of %d channels, %d classes and %d pixels", async (channels, classes, size, message) => {
    await expect(lineReader(nodeEngine({ threads: 1 }), model(channels, classes, size))).rejects.toThrow(message);
  });
});
