/** Sounds as pages show them. */

import type { Image } from "../pictures/image.js";
import type { Size } from "../pictures/picture-size.js";
import { fourierTransform } from "./fourier.js";
import { hann, melFilters } from "./mel.js";

/** Frequencies above are of no speech, and are not shown. */
const HIGHEST = 8000;
/** Decibels from the loudest to what is white. */
const DEPTH = 70;

/** How large a sound's picture is, where nothing else is asked for. */
export const SOUND_PICTURE: Size = { width: 96, height: 64 };

/**
 * The spectrogram of a sound as a grey picture: time from left to right, frequencies from below to above as ears have them (mels), up to 8000 Hz; the louder the darker,
 * and white what is 70 dB below the loudest. Silence is white all over.
 *
 * @param rate samples a second
 * @example
 * spectrogramPicture(new Float32Array(8000), 8000, { width: 3, height: 2 }).data; // [255, 255, 255, 255, 255, 255]
 */
export function spectrogramPicture(samples: Float32Array, rate: number, { width, height } = SOUND_PICTURE): Image {
  const window = Math.max(2, Math.round(0.025 * rate));
  const fft = 2 ** Math.ceil(Math.log2(Math.max(window, 2)));
  const [bins, mels] = [fft / 2 + 1, Math.min(height, 64)];
  const filters = melFilters({ rate, fft, mels, low: 0, high: Math.min(HIGHEST, rate / 2), scale: "slaney" });
  const powers = new Float64Array(mels * width);
  const [real, imaginary] = [new Float64Array(fft), new Float64Array(fft)];
  for (let x = 0; x < width; x++) {
    const first = Math.round(((x + 0.5) * samples.length) / width - window / 2);
    real.fill(0);
    imaginary.fill(0);
    for (let j = 0; j < window; j++) real[j] = (samples[first + j] ?? 0) * hann(j, window);
    fourierTransform(real, imaginary);
    for (let m = 0; m < mels; m++) {
      let sum = 0;
      for (let k = 0; k < bins; k++) sum += filters[m * bins + k] * (real[k] ** 2 + imaginary[k] ** 2);
      powers[m * width + x] = sum;
    }
  }
  fillEmpty(powers, filters, mels, width);
  return { width, height, channels: 1, data: inked(powers, mels, width, height) };
}

/** Low bands may have no frequency of their own, where windows are short: they are shown as the one above. */
function fillEmpty(powers: Float64Array, filters: Float64Array, mels: number, width: number): void {
  const bins = filters.length / mels;
  for (let m = mels - 2; m >= 0; m--) {
    if (filters.subarray(m * bins, (m + 1) * bins).some((weight) => weight > 0)) continue;
    powers.copyWithin(m * width, (m + 1) * width, (m + 2) * width);
  }
}

function inked(powers: Float64Array, mels: number, width: number, height: number): Uint8Array {
  const loudest = powers.reduce((a, b) => Math.max(a, b), 0);
  const data = new Uint8Array(width * height).fill(255);
  // quieter than half a step of 16 bits is silence
  if (loudest < 1e-9) return data;
  for (let y = 0; y < height; y++) {
    const m = Math.floor(((height - 1 - y) * mels) / height);
    for (let x = 0; x < width; x++) {
      const below = -10 * Math.log10(Math.max(powers[m * width + x] / loudest, 1e-20));
      data[y * width + x] = Math.round((255 * Math.min(DEPTH, below)) / DEPTH);
    }
  }
  return data;
}
