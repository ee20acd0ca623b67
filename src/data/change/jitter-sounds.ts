import { type Stream, stream } from "../../random/stream.js";
import type { Samples } from "../samples.js";
import { fourierTransform } from "../sound/fourier.js";
import { hertzOf, melOf } from "../sound/mel.js";
import { bytesOfSamples, samplesOfBytes } from "../sound/sound-bytes.js";
import { stretchSound } from "../sound/stretch-sound.js";
import { drawBetween, drawFactor } from "./geometry.js";
import { changesAny, type JitterRanges } from "./jitter-description.js";

/** What jitter has of sounds alone; `translate` is of both. */
export const SOUND_JITTER: readonly string[] = ["speed", "pitch", "timeMask", "bandMask", "signalToNoise"];

/** The noise is so many decibels quieter at most than where it is loudest. */
const NOISE_RANGE = 30;

/**
 * Sounds that are changed at random, anew in each epoch: pitch, speed and shift, of which the last two are one interpolation, cubic, about the middle; silence is what lies
 * beyond. Then noise, and what is blanked. What happens to a sound in an epoch follows from the seed, the epoch and the sample's index alone.
 *
 * @param rate samples a second
 * @param seed the run's seed
 */
export function jitterSounds<S extends Samples>(samples: S, rate: number, ranges: JitterRanges, seed: number): S {
  const { width } = samples.shape;
  const changes = changesAny(ranges, "translate", "speed", "pitch", "timeMask", "bandMask");
  if (!changes && ranges.signalToNoise === undefined) return samples;
  const bytes = new Uint8Array(2 * width);
  return {
    ...samples,
    read(index, epoch, into, offset) {
      samples.read(index, epoch, bytes, 0);
      const changed = changeSound(
        samplesOfBytes(bytes, width),
        rate,
        ranges,
        stream(seed, "jitter sounds", epoch, index),
      );
      bytesOfSamples(changed, into, offset);
    },
  };
}

/** One sound, changed; each of its numbers is drawn in the same order, whatever the others are. */
function changeSound(sound: Float32Array, rate: number, ranges: JitterRanges, random: Stream): Float32Array {
  const [shift, speed] = [drawBetween(random, ranges.translate), drawFactor(random, ranges.speed)];
  const higher = 2 ** (drawBetween(random, ranges.pitch) / 12);
  const time = { share: drawBetween(random, ranges.timeMask), place: random.uniform() };
  const band = { share: drawBetween(random, ranges.bandMask), place: random.uniform() };
  const below = (ranges.signalToNoise ?? 0) + NOISE_RANGE * random.uniform();
  const longer = higher === 1 ? sound : stretchSound(sound, rate, higher);
  const changed =
    shift === 0 && speed === 1 && higher === 1
      ? sound
      : readSound(longer, sound.length, speed * (longer.length / sound.length), shift * sound.length);
  if (ranges.signalToNoise !== undefined) addNoise(changed, below, random);
  if (band.share > 0) blankBand(changed, rate, band);
  if (time.share > 0) {
    const length = Math.round(time.share * changed.length);
    const first = Math.round(time.place * (changed.length - length));
    changed.fill(0, first, first + length);
  }
  return changed;
}

/** A sound of so many samples, read about its middle at a speed, `shift` samples later; between four others (Catmull and Rom 1974). */
function readSound(sound: Float32Array, length: number, speed: number, shift: number): Float32Array {
  const at = (i: number): number => (i < 0 || i >= sound.length ? 0 : sound[i]);
  return Float32Array.from({ length }, (_, i) => {
    const place = (sound.length - 1) / 2 + (i - shift - (length - 1) / 2) * speed;
    const whole = Math.floor(place);
    const t = place - whole;
    const [a, b, c, d] = [at(whole - 1), at(whole), at(whole + 1), at(whole + 2)];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  });
}

/** Adds white noise, whose power is so many decibels below that of the sound. */
function addNoise(sound: Float32Array, below: number, random: Stream): void {
  const power = sound.reduce((sum, value) => sum + value * value, 0) / sound.length;
  const deviation = Math.sqrt(power / 10 ** (below / 10));
  if (deviation === 0) return;
  for (let i = 0; i < sound.length; i++) sound[i] += deviation * random.normal();
}

/** Takes the frequencies of a band out, which is a share of the mels from 0 to half the rate. */
function blankBand(
  sound: Float32Array,
  rate: number,
  { share, place }: { readonly share: number; readonly place: number },
): void {
  const all = melOf(rate / 2, "htk");
  const first = place * (1 - share) * all;
  const size = 2 ** Math.ceil(Math.log2(sound.length));
  const binOf = (mel: number): number => Math.round((hertzOf(mel, "htk") * size) / rate);
  const [from, to] = [binOf(first), Math.min(size / 2, binOf(first + share * all))];
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
  real.set(sound);
  fourierTransform(real, imaginary);
  for (let k = from; k <= to; k++) {
    for (const bin of [k, (size - k) % size]) real[bin] = imaginary[bin] = 0;
  }
  // backwards: the conjugate forwards, divided by the size
  for (let k = 0; k < size; k++) imaginary[k] = -imaginary[k];
  fourierTransform(real, imaginary);
  for (let i = 0; i < sound.length; i++) sound[i] = real[i] / size;
}
