import { expect, test } from "vitest";
import { stream } from "../../random/stream.js";
import type { Samples } from "../samples.js";
import { classTarget } from "../target.js";
import { chooseBorder } from "./choose-border.js";

const [SIDE, COUNT] = [12, 40];

/** Pictures by a rule for the byte of a channel at x, y. */
const pictures = (channels: number, byte: (i: number, c: number, x: number, y: number) => number): Samples => ({
  count: COUNT,
  shape: { channels, height: SIDE, width: SIDE },
  target: classTarget(["a"], new Int32Array(COUNT)),
  read(index, _epoch, into, offset) {
    for (let c = 0, at = offset; c < channels; c++) {
      for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) into[at++] = byte(index, c, x, y);
    }
  },
});
/** A bar that touches the upper and the lower edge, four pixels wide. */
const inBar = (x: number): boolean => x >= 4 && x < 8;
const noise = (i: number, c: number, x: number, y: number): number =>
  Math.floor(256 * stream(1, "noise", i, c, x, y).uniform());

test.each<[string, Samples, object]>([
  [
    "objects that touch the edge of white paper",
    pictures(1, (_, __, x) => (inBar(x) ? 30 : 255)),
    { border: "constant", fill: 255 },
  ],
  [
    "and of a coloured table",
    pictures(3, (_, c, x) => (inBar(x) ? 200 : [10, 60, 20][c])),
    { border: "constant", fill: [10, 60, 20] },
  ],
  [
    "paper with the noise of a JPEG",
    pictures(1, (_, __, x, y) => (inBar(x) ? 30 : 240 + 4 * ((x + y) % 3))),
    { border: "constant", fill: 244 },
  ],
  ["grounds of many colours", pictures(1, (i, _, x) => (inBar(x) ? 0 : 6 * i)), { border: "edge" }],
  ["textures", pictures(3, noise), { border: "reflect" }],
  ["some of both", pictures(1, (i, c, x, y) => (i % 3 === 0 ? 255 : noise(i, c, x, y))), { border: "edge" }],
])("%s", async (_, samples, jitter) => {
  expect((await chooseBorder(samples)).jitter).toEqual(jitter);
});

test("it says what it found", async () => {
  const { text, why } = await chooseBorder(pictures(3, (_, c) => [10, 60, 20][c]));
  expect(text).toBe("the colour of the ground, 10 60 20");
  expect(why).toBe("100 % of the pictures have a plain ground at their edges");
});
