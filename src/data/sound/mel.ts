/** Frequencies as ears space them: the mel scale, and the filters of a mel spectrogram. */

/** The two usual conventions of {@link melFilters}. */
export const MEL_SCALES = ["slaney", "htk"] as const;

/** How frequencies become mels, and how high the filters are; see {@link melFilters}. */
export type MelScale = (typeof MEL_SCALES)[number];

/** Slaney's Auditory Toolbox: linear below 1000 Hz, which is mel 15; above, a factor of 6.4 every 27 mels. */
const HERTZ_A_MEL = 200 / 3;
const LOG_FROM = 15;
const LOG_STEP = Math.log(6.4) / 27;

/** The mels of a frequency in hertz. */
export const melOf = (hertz: number, scale: MelScale): number => {
  if (scale === "htk") return 2595 * Math.log10(1 + hertz / 700);
  return hertz < 1000 ? hertz / HERTZ_A_MEL : LOG_FROM + Math.log(hertz / 1000) / LOG_STEP;
};

/** The frequency in hertz of some mels. */
export const hertzOf = (mel: number, scale: MelScale): number => {
  if (scale === "htk") return 700 * (10 ** (mel / 2595) - 1);
  return mel < LOG_FROM ? mel * HERTZ_A_MEL : 1000 * Math.exp(LOG_STEP * (mel - LOG_FROM));
};

/** What {@link melFilters} are made for. */
export interface MelBank {
  /** samples a second */
  readonly rate: number;
  /** samples of the Fourier transform */
  readonly fft: number;
  /** how many filters */
  readonly mels: number;
  /** where the first filter begins and the last one ends, in hertz */
  readonly low: number;
  readonly high: number;
  readonly scale: MelScale;
}

/**
 * Triangles over the frequencies of a Fourier transform, evenly spaced in mels. With the corners f₀ … f_{M+1}, which are evenly spaced from `low` to `high`,
 *
 *   w[m, k] = h[m] · max(0, min((k·rate/fft − f[m]) / (f[m+1] − f[m]), (f[m+2] − k·rate/fft) / (f[m+2] − f[m+1])))
 *
 * "slaney": mels of Slaney's Auditory Toolbox, h[m] = 2 / (f[m+2] − f[m]), so that all have the same area (`librosa.filters.mel`); "htk": mels of HTK,
 * 2595·log₁₀(1 + f/700), h = 1 (`torchaudio.functional.melscale_fbanks`).
 *
 * @returns mels × (fft/2 + 1) numbers, filter after filter
 * @example
 * melFilters({ rate: 8, fft: 8, mels: 1, low: 0, high: 4, scale: "htk" }).length; // 5
 */
export function melFilters({ rate, fft, mels, low, high, scale }: MelBank): Float64Array {
  const [from, to] = [melOf(low, scale), melOf(high, scale)];
  const corners = Array.from({ length: mels + 2 }, (_, i) => hertzOf(from + (i * (to - from)) / (mels + 1), scale));
  const bins = fft / 2 + 1;
  const filters = new Float64Array(mels * bins);
  for (let m = 0; m < mels; m++) {
    const [left, middle, right] = corners.slice(m, m + 3);
    const height = scale === "slaney" ? 2 / (right - left) : 1;
    for (let k = 0; k < bins; k++) {
      const hertz = (k * rate) / fft;
      const share = Math.min((hertz - left) / (middle - left), (right - hertz) / (right - middle));
      filters[m * bins + k] = height * Math.max(0, share);
    }
  }
  return filters;
}

/** One sample of a periodic Hann window: ½ − ½·cos(2πi/n). */
export const hann = (i: number, n: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n);
