import { expect, test } from "vitest";
import { trainedOnAmong, trainedOnEntry, trainedOnNotes } from "./trained-on.js";

test("pictures are found by the checksums of their pixels", () => {
  const metadata = trainedOnEntry(Uint32Array.of(7, 5, 2 ** 32 - 1, 5));
  expect(trainedOnAmong(metadata, Uint32Array.of(5, 6, 2 ** 32 - 1, 5))).toEqual({ count: 3, of: 4 });
  expect(trainedOnAmong({}, Uint32Array.of(5))).toBeUndefined();
  expect(trainedOnNotes({ count: 0, of: 4 })).toEqual([]);
  expect(trainedOnNotes({ count: 1, of: 4 })[0]).toMatch(/^1 of 4 pictures is among those/);
});

test("of very many, the smallest checksums are kept, and only pictures with such are counted", () => {
  // 1, 3, 5, …: 8192 of them end with 16383
  const metadata = trainedOnEntry(Uint32Array.from({ length: 100_000 }, (_, i) => 2 * i + 1));
  const asked = Uint32Array.of(1, 2, 16_383, 16_384, 16_385);
  expect(trainedOnAmong(metadata, asked)).toEqual({ count: 2, of: 3 });
  expect(Object.values(metadata)[0].length).toBeLessThan(44_000);
});

test("a model that goes on from another has seen what that one has", () => {
  const first = trainedOnEntry(Uint32Array.of(1, 2, 3));
  const both = trainedOnEntry(Uint32Array.of(3, 4), first);
  expect(trainedOnAmong(both, Uint32Array.of(1, 4, 5))).toEqual({ count: 2, of: 3 });
  const many = trainedOnEntry(Uint32Array.from({ length: 10_000 }, (_, i) => 10 * i));
  const more = trainedOnEntry(Uint32Array.of(5, 99_995), many);
  expect(JSON.parse(more["bellpepper.trainedOn"]).pictures).toBe(10_002);
  expect(trainedOnAmong(more, Uint32Array.of(5, 20, 21))).toEqual({ count: 2, of: 3 });
});
