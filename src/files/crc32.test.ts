import { crc32 as ofZlib } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "./crc32.js";

test("the checksum is that of zlib, for any number of bytes and wherever they begin", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), (bytes, start) => {
      const part = bytes.subarray(Math.min(start, bytes.length));
      expect(crc32(part)).toBe(ofZlib(part));
    }),
    { seed: 1 },
  );
});
