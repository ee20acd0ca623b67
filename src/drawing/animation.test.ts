import { crc32, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodePng } from "../data/pictures/formats/sharp-file.js";
import { animatedPng } from "./animation.js";

const grey = (value: number, width = 3) =>
  encodePng({ width, height: 2, channels: 1, data: new Uint8Array(2 * width).fill(value) });

test("an animation has the pictures of its files in their order, each with its time, and checksums that hold", async () => {
  const files = [await grey(10), await grey(20), await grey(30)];
  const bytes = Buffer.from(animatedPng(files, [0.25, 0.5, 2]));
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const named = bytes.subarray(at + 4, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(named));
    chunks.push({ type: named.toString("latin1", 0, 4), data: named.subarray(4) });
    at += 12 + length;
  }
  const types = chunks.map(({ type }) => type);
  expect(types).toEqual(["IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND"]);
  // https://www.w3.org/TR/png-3/#acTL-chunk: frames, then how often: 0 for ever
  expect([...chunks[1].data]).toEqual([0, 0, 0, 3, 0, 0, 0, 0]);
  const numbered = chunks.filter(({ type }) => type === "fcTL" || type === "fdAT");
  expect(numbered.map(({ data }) => data.readUInt32BE(0))).toEqual([0, 1, 2, 3, 4]);
  const controls = chunks.filter(({ type }) => type === "fcTL").map(({ data }) => data);
  expect(controls.map((data) => [data.readUInt32BE(4), data.readUInt32BE(8)])).toEqual([
    [3, 2],
    [3, 2],
    [3, 2],
  ]);
  expect(controls.map((data) => data.readUInt16BE(20) / data.readUInt16BE(22))).toEqual([0.25, 0.5, 2]);
  const pixels = chunks.flatMap(({ type, data }) =>
    type === "IDAT" ? [inflateSync(data)] : type === "fdAT" ? [inflateSync(data.subarray(4))] : [],
  );
  const originals = files.map((file) => {
    const at = Buffer.from(file).indexOf("IDAT");
    return inflateSync(Buffer.from(file).subarray(at + 4));
  });
  expect(pixels).toEqual(originals);
});

test("pictures of several sizes, or none, are no animation", async () => {
  const files = [await grey(1), await grey(1, 4)];
  expect(() => animatedPng(files, [1, 1])).toThrow("must be of one size and one kind");
  expect(() => animatedPng([], [])).toThrow("at least one picture");
});
