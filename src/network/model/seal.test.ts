import fc from "fast-check";
import { expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { decodeModel } from "../../graph/codec/codec.js";
import { initialize } from "../../training/step/initialize.js";
import { sequential } from "../network.js";
import { readModelFile, toOnnx } from "./model.js";
import { isSealed, sealed } from "./seal.js";

const network = sequential("tiny", { channels: 1, height: 2, width: 2 }, [conv(2, 2), softmaxLogLoss()]);
const model = {
  network,
  parameters: initialize(network, 1),
  classes: ["cat", "dog"],
  normalization: { mean: [127.5], scale: 1 / 255 },
  history: [],
};

test("the checksum is one more entry of the metadata, and of the bytes before it", () => {
  // CRC-32 of "123456789" is cbf43926 (Koopman's catalogue, and RFC 3720)
  const text = new TextDecoder().decode(sealed(new TextEncoder().encode("123456789")));
  expect(text.replace(/[^\w.]/g, "|")).toBe("123456789r|||bellpepper.checksum||cbf43926");
  const { metadata = {} } = decodeModel(sealed(toOnnx(model)));
  expect(Object.keys(metadata)).toContain("bellpepper.checksum");
  // who writes the model anew does not write the old checksum
  expect(readModelFile(sealed(toOnnx(model))).extraMetadata).toEqual({});
  expect(isSealed(sealed(toOnnx(model)))).toBe(true);
  expect(isSealed(toOnnx(model))).toBe(false);
});

test("whatever is changed in a file, it is not whole", () => {
  const whole = sealed(toOnnx(model));
  const place = fc.nat(whole.length - 1);
  fc.assert(
    fc.property(place, fc.integer({ min: 1, max: 255 }), place, (at, flip, length) => {
      const flipped = whole.slice();
      flipped[at] ^= flip;
      const zeroed = whole.slice().fill(0, Math.min(at, length), Math.max(at, length) + 1);
      for (const damaged of [flipped, whole.subarray(0, length), zeroed]) expect(isWhole(damaged)).toBe(false);
    }),
    { seed: 1, numRuns: 500 },
  );
});

function isWhole(bytes: Uint8Array): boolean {
  try {
    return isSealed(bytes);
  } catch {
    return false;
  }
}
