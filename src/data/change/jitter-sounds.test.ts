import { expect, test } from "vitest";
import type { Samples } from "../samples.js";
import { bytesOfSamples, samplesOfBytes } from "../sound/sound-bytes.js";
import { classTarget } from "../target.js";
import { JITTER_PRESETS, type Jitter, jitterForSounds } from "./jitter-description.js";
import { jitterPictures } from "./jitter-pictures.js";

const RATE = 8000;
const LENGTH = 4096;

/** One sound: a sine of 500 Hz in its middle half, and silence around it. */
const tone: Samples = {
  count: 1,
  shape: { channels: 1, height: 2, width: LENGTH },
  rate: RATE,
  target: classTarget(["tone"], [0]),
  read: (_, __, into, offset) =>
    void bytesOfSamples(
      Float32Array.from({ length: LENGTH }, (_, i) => sample(i)),
      into,
      offset,
    ),
};
const sample = (i: number): number =>
  i < LENGTH / 4 || i >= (3 * LENGTH) / 4 ? 0 : 0.5 * Math.sin((2 * Math.PI * 500 * (i + 0.5)) / RATE);

function changed(jitter: Jitter, epoch = 1): Float32Array {
  const bytes = new Uint8Array(2 * LENGTH);
  jitterPictures(tone, jitter, 1).read(0, epoch, bytes, 0);
  return samplesOfBytes(bytes, LENGTH);
}

const plain = changed({});
const powerOf = (sound: Float32Array): number => sound.reduce((sum, value) => sum + value * value, 0) / sound.length;
/** How often a sound goes up through 0, where it is loud. */
const risesOf = (sound: Float32Array): number =>
  sound.reduce(
    (sum, value, i) =>
      sum +
      (i > 0 && sound[i - 1] < -0.02 && value >= 0
        ? 1
        : value >= 0.02 && i > 0 && sound[i - 1] < 0 && sound[i - 1] >= -0.02
          ? 1
          : 0),
    0,
  );
/** Where it is louder than a hundredth, from the first sample to the last. */
const extentOf = (sound: Float32Array): readonly [number, number] => [
  sound.findIndex((value) => Math.abs(value) > 0.01),
  sound.findLastIndex((value) => Math.abs(value) > 0.01),
];

test("nothing changes where nothing is asked for", () => {
  expect(jitterPictures(tone, {}, 1)).toBe(tone);
  expect(plain).toEqual(Float32Array.from({ length: LENGTH }, (_, i) => Math.round(32768 * sample(i)) / 32768));
});

test("a shift moves the sound, and silence follows", () => {
  const [first, last] = extentOf(changed({ translate: [0.125, 0.125] }));
  const [before, end] = extentOf(plain);
  expect([first - before, last - end]).toEqual([LENGTH / 8, LENGTH / 8]);
});

test("twice the speed is half as long and an octave higher", () => {
  const fast = changed({ speed: [2, 2] });
  const [first, last] = extentOf(fast);
  expect(Math.abs(last - first - LENGTH / 4)).toBeLessThan(8);
  // 2048 samples of 500 Hz are 128 waves: as many, in half the time
  expect(Math.abs(risesOf(fast) - 128)).toBeLessThan(3);
});

test("an octave of pitch is as long", () => {
  const high = changed({ pitch: [12, 12] });
  const [first, last] = extentOf(high);
  expect(Math.abs(last - first - LENGTH / 2)).toBeLessThan(200);
  expect(Math.abs(risesOf(high) - 256)).toBeLessThan(16);
});

test("noise has the power that its ratio says", () => {
  const noisy = changed({ signalToNoise: 10 });
  const noise = noisy.map((value, i) => value - plain[i]);
  const decibels = 10 * Math.log10(powerOf(plain) / powerOf(noise));
  expect(decibels).toBeGreaterThan(9.5);
  expect(decibels).toBeLessThan(40.5);
});

test("a mask of the time is silence in one piece", () => {
  const masked = changed({ timeMask: [0.5, 0.5] });
  const gone = [...masked].flatMap((value, i) => (value === 0 && plain[i] !== 0 ? [i] : []));
  expect(gone.length).toBeGreaterThan(0);
  expect(gone[gone.length - 1] - gone[0]).toBeLessThanOrEqual(LENGTH / 2);
  masked.forEach((value, i) => {
    if (value !== 0) expect(value).toBe(plain[i]);
  });
});

test("a mask of the bands takes one tone, or leaves it", () => {
  const shares = Array.from(
    { length: 12 },
    (_, epoch) => powerOf(changed({ bandMask: [0.5, 0.5] }, epoch)) / powerOf(plain),
  );
  expect(shares.some((share) => share < 0.05)).toBe(true);
  expect(shares.some((share) => share > 0.95)).toBe(true);
});

test("each epoch has its own, and always the same", () => {
  const jitter = JITTER_PRESETS.speech;
  expect(changed(jitter, 1)).toEqual(changed(jitter, 1));
  expect(changed(jitter, 1)).not.toEqual(changed(jitter, 2));
});

test("what is of pictures is refused for sounds, and the other way round", () => {
  expect(() => jitterPictures(tone, { rotate: 3 }, 1)).toThrow(
    "jitter.rotate is of pictures, and these are sounds. Expected of translate, speed, pitch, timeMask, bandMask, signalToNoise.",
  );
  const picture: Samples = { ...tone, rate: undefined };
  expect(() => jitterPictures(picture, { pitch: 1 }, 1)).toThrow("jitter.pitch is of sounds, and these are pictures.");
});

test("the usual jitter of commands is that of speech", () => {
  expect(jitterForSounds({ ...JITTER_PRESETS.light, speed: 1.3 })).toEqual({ ...JITTER_PRESETS.speech, speed: 1.3 });
  expect(jitterForSounds({ translate: 0.2 })).toEqual({ translate: 0.2 });
});
