import { expect, test } from "vitest";
import { fourierTransform } from "./fourier.js";
import { melFilters } from "./mel.js";
import { resampleSound } from "./resample-sound.js";
import { bytesOfSamples, ofLength, samplesOfBytes } from "./sound-bytes.js";
import { spectrogramPicture } from "./spectrogram-picture.js";
import { stretchSound } from "./stretch-sound.js";

const sine = (hertz: number, rate: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));

test("samples are what their bytes stand for", () => {
  const samples = Float32Array.of(0, -1, 32767 / 32768, 1 / 32768, -257 / 32768);
  expect([...bytesOfSamples(samples)]).toEqual([128, 0, 255, 128, 126, 0, 0, 255, 1, 255]);
  expect(samplesOfBytes(bytesOfSamples(samples), 5)).toEqual(samples);
  // what is beyond is cut off
  expect(samplesOfBytes(bytesOfSamples(Float32Array.of(2, -3)), 2)).toEqual(Float32Array.of(32767 / 32768, -1));
});

test("a sound of a length is the middle of a longer one, or lies in the middle of silence", () => {
  const sound = Float32Array.of(1, 2, 3, 4);
  expect(ofLength(sound, 2)).toEqual(Float32Array.of(2, 3));
  expect(ofLength(sound, 7)).toEqual(Float32Array.of(0, 1, 2, 3, 4, 0, 0));
});

test("the Fourier transform is its sum", () => {
  const [re, im] = [
    [0.3, -1, 2, 0.5, 0, 1.5, -0.7, 0.2],
    [0, 1, 0.4, -2, 0.1, 0, 3, -0.6],
  ];
  const [real, imaginary] = [Float64Array.from(re), Float64Array.from(im)];
  fourierTransform(real, imaginary);
  for (let k = 0; k < 8; k++) {
    let [a, b] = [0, 0];
    for (let j = 0; j < 8; j++) {
      const angle = (-2 * Math.PI * j * k) / 8;
      a += re[j] * Math.cos(angle) - im[j] * Math.sin(angle);
      b += re[j] * Math.sin(angle) + im[j] * Math.cos(angle);
    }
    expect(real[k]).toBeCloseTo(a, 10);
    expect(imaginary[k]).toBeCloseTo(b, 10);
  }
  expect(() => fourierTransform(new Float64Array(6), new Float64Array(6))).toThrow(
    "Expected a power of two of numbers, got 6.",
  );
});

test("mel filters are librosa's", () => {
  // librosa 0.11.0: librosa.filters.mel(sr=16000, n_fft=512, n_mels=40, dtype=float64)
  const slaney = melFilters({ rate: 16000, fft: 512, mels: 40, low: 0, high: 8000, scale: "slaney" });
  expect(slaney[1]).toBeCloseTo(0.005773601070147666, 12);
  expect(slaney[39 * 257 + 240]).toBeCloseTo(0.0015189424030991815, 12);
  // librosa.filters.mel(sr=8000, n_fft=256, n_mels=10, fmin=100, fmax=3000, htk=True, norm=None)[4]
  const htk = melFilters({ rate: 8000, fft: 256, mels: 10, low: 100, high: 3000, scale: "htk" });
  const expected = [0, 0.1081, 0.25793, 0.407761, 0.557592, 0.707422, 0.857253, 0.993837, 0.86348];
  expect([...htk.subarray(4 * 129 + 22, 4 * 129 + 31)].map((w) => Number(w.toFixed(6)))).toEqual(expected);
});

test("a sine at another rate is the same sine", async () => {
  const made = await resampleSound(sine(440, 44_100, 44_100), 44_100, 16_000);
  const expected = sine(440, 16_000, 16_000);
  expect(made).toHaveLength(16_000);
  const off = made
    .subarray(200, 15_800)
    .reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i + 200])), 0);
  expect(off).toBeLessThan(1e-4);
  // above half the new rate there is nothing left
  const high = await resampleSound(sine(9000, 44_100, 44_100), 44_100, 16_000);
  expect(high.subarray(200, 15_800).reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(1e-3);
  // and the next sound begins anew
  expect(await resampleSound(sine(440, 44_100, 44_100), 44_100, 16_000)).toEqual(made);
});

/** How often a sound goes up through 0. */
const risesOf = (sound: Float32Array): number =>
  sound.reduce((sum, value, i) => sum + (i > 0 && sound[i - 1] < 0 && value >= 0 ? 1 : 0), 0);

test("a sound that lasts longer has the same pitch", () => {
  const sound = sine(300, 8000, 8000);
  for (const factor of [0.8, 1.25]) {
    const made = stretchSound(sound, 8000, factor);
    expect(made).toHaveLength(8000 * factor);
    expect(Math.abs(risesOf(made) - 300 * factor)).toBeLessThan(4);
    const loudness = Math.sqrt(made.reduce((sum, value) => sum + value * value, 0) / made.length);
    expect(loudness).toBeGreaterThan(0.3);
  }
});

test("the picture of a sine has one dark row, where its mel is, and silence is white", () => {
  const { width, height, data } = spectrogramPicture(sine(1000, 16_000, 16_000), 16_000, { width: 4, height: 20 });
  const rows = Array.from({ length: height }, (_, y) => data[y * width + 2]);
  // 2595·log₁₀(1 + f/700) is HTK's; by Slaney's, 1000 Hz is mel 15 of 45.2 up to 8000 Hz: a third of the height from below
  expect(rows.indexOf(Math.min(...rows))).toBe(13);
  expect([...spectrogramPicture(new Float32Array(800), 8000, { width: 2, height: 2 }).data]).toEqual([
    255, 255, 255, 255,
  ]);
});
