import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, runCommand } from "../../../test/support/command.js";
import { drawLine } from "../../data/letters/draw-line-file.js";
import { writePng } from "../../data/pictures/image-file.js";

const PROJECT = join(import.meta.dirname, "../../..");
const MODEL = join(PROJECT, "assets/ocr.onnx");
const LATO = join(PROJECT, "node_modules/@fontsource/lato/files/lato-latin-400-normal.woff2");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-read-"));
});
afterAll(() => rm(folder, { recursive: true }));

const read = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, "read", MODEL, ...call);

describe("bellpepper read", () => {
  it("marks what the network does not know, and says what it knows", async () => {
    await writePng(join(folder, "call.png"), await drawLine("Call me at 9:45", LATO, { extent: 40, height: 60 }));
    const { code, out, err } = await read("call.png");
    expect(code).toBe(0);
    expect(out).toMatch(/^.all me at ....?\n$/);
    const [marks, count, known] = err.split("\n");
    expect(marks).toMatch(/^\? {10}\?{3,4}$/);
    expect(count).toMatch(/^\? marks \d of 1\d letters: the model is less than 90 % sure of them\.$/);
    expect(known).toBe("It knows a–z alone, and takes every other sign for one of these.");
  }, 60_000);

  it("says how many small marks it left out", async () => {
    await writePng(join(folder, "yes.png"), await drawLine("yes. no, maybe", LATO, { extent: 40, height: 60 }));
    const { out, err } = await read("yes.png");
    expect(out).toBe("yes no maybe\n");
    expect(err).toContain("Left out: 2 small marks, as full stops and commas are.\nIt knows a–z alone");
  }, 60_000);

  it("says that there is no text, and ends with 1", async () => {
    const data = new Uint8Array(300 * 60).fill(240);
    await writePng(join(folder, "blank.png"), { width: 300, height: 60, channels: 1, data });
    expect(await read("blank.png")).toEqual({ code: 1, out: "", err: "bellpepper: no text found in blank.png\n" });
    const { code, out } = await read("blank.png", "--json");
    expect([code, JSON.parse(out)]).toEqual([1, { text: "", columns: "", letters: [], lines: [] }]);
  }, 60_000);

  it("reads light writing on nothing, and 16 bits", async () => {
    const { width, height, data } = await drawLine("white on nothing", LATO, {
      extent: 40,
      color: "#fff",
      background: "#000",
    });
    const pixels = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? data[i >> 2] : 255));
    await sharp(pixels, { raw: { width, height, channels: 4 } }).toFile(join(folder, "clear.png"));
    expect((await read("clear.png")).out).toBe("white on nothing\n");
    const numbers = Uint16Array.from(data, (v) => 257 * v);
    const deep = sharp(numbers, { raw: { width, height, channels: 1 } });
    await deep.toColourspace("grey16").toFile(join(folder, "deep.png"));
    expect((await read("deep.png")).out).toBe("white on nothing\n");
  }, 60_000);
});
