import { hann, MEL_SCALES, melFilters } from "../../data/sound/mel.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { positions, type Window, windowAttributes } from "../../graph/window.js";
import { shapeText } from "../../values/image-shape.js";
import { number, whole, word } from "../../values/kind.js";
import { defaulted, optional, type RecordOf, required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";

const FIELDS = {
  /** samples a second */
  rate: required(whole(1)),
  /** samples of a window; 25 ms */
  window: optional(whole(2)),
  /** samples from one window to the next; 10 ms */
  hop: optional(whole(1)),
  /** samples of the Fourier transform, even and as many as a window at least; the next power of two */
  fft: optional(whole(2)),
  /** how many bands; 40 */
  mels: defaulted(whole(1), 40),
  /** the lowest frequency of the first band, in hertz; 0 */
  low: defaulted(number({ least: 0 }), 0),
  /** the highest frequency of the last band, in hertz; half the rate */
  high: optional(number({ least: 0 })),
  /** the scale of the bands: "slaney", of equal areas, as librosa has it, or "htk", of height 1, as torchaudio does; "slaney" */
  scale: defaulted(word(MEL_SCALES), "slaney"),
  /** powers below it count as it; 1e-10 */
  floor: defaulted(number({ above: 0 }), 1e-10),
};

type Fields = RecordOf<typeof FIELDS>;

/** What is not given follows from the rate. */
function settingsOf({ rate, mels, low, scale, floor, ...given }: Fields) {
  const { window = Math.max(2, Math.round(0.025 * rate)), hop = Math.max(1, Math.round(0.01 * rate)) } = given;
  const { fft = 2 ** Math.ceil(Math.log2(window)), high = rate / 2 } = given;
  return { rate, window, hop, fft, mels, low, high, scale, floor };
}

/** The block of the log-mel spectrogram; the formula stands at {@link logMel}. */
export const logMelBlock = declareBlock(
  "logMel",
  FIELDS,
  {
    outputShape(layer, input) {
      if (input.channels !== 1 || input.height !== 1) {
        throw new ShapeError(`expected the samples of a sound, 1×1×N, got ${shapeText(input)}`);
      }
      const empty = bankOf(layer).empty;
      if (empty !== undefined) {
        throw new ShapeError(
          `band ${empty + 1} of ${layer.mels} lies between two frequencies of its Fourier transform: expected fewer bands, or a longer transform`,
        );
      }
      return { channels: 1, height: layer.mels, width: Number(positions(input.width, windowOf(layer), 1)) };
    },
    field: (layer, input) => {
      const { window, hop } = settingsOf(layer);
      const [left] = windowOf(layer).pad.slice(2);
      return { size: [input.height, window], stride: [0, hop], offset: [0, (window - 1) / 2 - left] };
    },
    multiplyAdds(layer, input) {
      const { window, mels } = settingsOf(layer);
      const frames = Number(positions(input.width, windowOf(layer), 1));
      return frames * 2 * bankOf(layer).bins.length * (window + mels);
    },
    build(g, layer, [x]) {
      const { window, fft, mels, floor } = settingsOf(layer);
      const { bins, weights } = bankOf(layer);
      const waves = g.constant(float32(fourierFilters(bins, window, fft), [2 * bins.length, 1, 1, window]));
      const frames = g.op("Conv", [x, waves], windowAttributes(windowOf(layer)));
      // the real and the imaginary part of a frequency have the same weight
      const both = Array.from({ length: mels }, (_, m) => {
        const own = weights.subarray(m * bins.length, (m + 1) * bins.length);
        return [...own, ...own];
      }).flat();
      const bank = g.constant(float32(both, [mels, 2 * bins.length, 1, 1]));
      const powers = g.op("Conv", [g.op("Mul", [frames, frames]), bank], { kernel_shape: [1, 1] });
      const decibels = g.op("Mul", [g.op("Log", [g.op("Max", [powers, g.scalar(floor)])]), g.scalar(10 / Math.LN10)]);
      // N×M×1×T → N×1×M×T
      return g.op("Transpose", [decibels], { perm: [0, 2, 1, 3] });
    },
  },
  (layer, refuse) => {
    const { rate, window, fft, low, high } = settingsOf(layer);
    if (fft % 2 === 1 || fft < window) refuse("fft", `an even number of at least the ${window} samples of a window`);
    if (high > rate / 2) refuse("high", `at most half the rate, ${rate / 2}`);
    if (low >= high) refuse("low", `less than the highest frequency, ${high}`);
  },
);

/** The windows: as many as of a transform of `fft` samples about every hop, which begin with the middle of the first one on the first sample; beyond the sound there is silence. */
function windowOf(layer: Fields): Window {
  const { window, hop, fft } = settingsOf(layer);
  const left = fft / 2 - Math.floor((fft - window) / 2);
  return { support: [1, window], stride: [1, hop], pad: [0, 0, left, window - left], dilation: [1, 1] };
}

/** The frequencies that any band has, the bands' weights for these, and the first band without a frequency. */
function bankOf(layer: Fields) {
  const settings = settingsOf(layer);
  const { mels, fft } = settings;
  const all = melFilters(settings);
  const count = fft / 2 + 1;
  const weightsOf = (m: number): Float64Array => all.subarray(m * count, (m + 1) * count);
  const bins = Array.from({ length: count }, (_, k) => k).filter((k) => {
    for (let m = 0; m < mels; m++) if (all[m * count + k] > 0) return true;
    return false;
  });
  const weights = new Float64Array(mels * bins.length);
  let empty: number | undefined;
  for (let m = 0; m < mels; m++) {
    const own = weightsOf(m);
    bins.forEach((k, i) => {
      weights[m * bins.length + i] = own[k];
    });
    if (!own.some((weight) => weight > 0)) empty ??= m;
  }
  return { bins, weights, empty };
}

/** Cosines and then sines of the frequencies under a Hann window, which is in the middle of the transform's samples. */
function fourierFilters(bins: readonly number[], window: number, fft: number): Float32Array {
  const first = Math.floor((fft - window) / 2);
  const filters = new Float32Array(2 * bins.length * window);
  bins.forEach((k, i) => {
    for (let j = 0; j < window; j++) {
      const angle = (2 * Math.PI * ((k * (first + j)) % fft)) / fft;
      filters[i * window + j] = hann(j, window) * Math.cos(angle);
      filters[(bins.length + i) * window + j] = -hann(j, window) * Math.sin(angle);
    }
  });
  return filters;
}

/** A log-mel spectrogram. See {@link logMel}. */
export type LogMel = LayerFrom<typeof logMelBlock>;

/** The options of {@link logMel}; all but the rate have a default. */
export type LogMelOptions = OptionsFrom<typeof logMelBlock>;

/**
 * The log-mel spectrogram of a sound, in decibels: what the power of each window, in bands as ears have them, is as a picture:
 *
 *   y[0, m, t] = 10·log₁₀ max(floor, Σ_k w[m, k]·|Σ_j h[j]·x[0, 0, hop·t + j − left]·e^(−2πi·k·j/fft)|²)
 *
 * with a Hann window h and the filters w of `melFilters`; silence lies beyond the sound, and the middle of window t on sample hop·t. 1×1×N → 1 × mels × (1 + ⌊N/hop⌋): a row is a
 * band, the lowest one first. It is `librosa.power_to_db(librosa.feature.melspectrogram(…), top_db=None)` of the same settings. Its filters are constants: nothing is learned here,
 * but a derivative goes through it.
 *
 * @throws RangeError when the transform is shorter than a window, or the frequencies are not from 0 to half the rate
 * @example
 * logMel({ rate: 16000 }); // windows of 400 samples every 160, 40 bands from 0 to 8000 Hz
 */
export const logMel = (options: LogMelOptions): LogMel => logMelBlock.make(options);
