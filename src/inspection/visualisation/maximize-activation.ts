import type { Box } from "../../data/sources/dataset.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { inputOf } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { list, number, whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, optional, record } from "../../values/record.js";
import { gradient } from "../gradient.js";
import { activations, expectNames, type Opened } from "../opened.js";
import { rootMeanSquare } from "../statistics.js";
import type { Stop } from "../watch.js";
import { groundOf, type PictureRun } from "./made-picture.js";
import { blurred, shifted } from "./smoothness.js";
import { middleOf, type Place, unitsOf } from "./unit.js";

const SETTINGS = record({
  /** steps uphill from each start */
  steps: defaulted(whole(1), 100),
  /** pictures to begin with for each unit, of which the best end is kept */
  starts: defaulted(whole(1), 2),
  /** how far the first step moves the pixels that a unit sees, in grey levels of 255 (root mean square); the last one a tenth of it */
  rate: defaulted(number({ above: 0 }), 12),
  /** the share of a picture's contrast that the first step takes away; the last one a tenth of it */
  decay: defaulted(number({ least: 0, below: 1 }), 0.02),
  /** the deviation, in pixels, by which every fourth step blurs, falling to none; a 32nd of the side that the unit sees, at most 1 */
  blur: optional(number({ least: 0 })),
  /** pixels by which pictures are moved at random before each step; a 32nd of the side that the unit sees */
  jitter: optional(whole(0)),
  seed: defaulted(whole(), 1),
});

/** The options of {@link maximizeActivation}. */
export type MaximizeOptions = OptionsOf<(typeof SETTINGS)["fields"]> & {
  /** ends it, with the signal's reason: an AbortSignal */
  readonly signal?: Stop | undefined;
};

/** A picture that was made to excite a unit. */
export interface MadePicture {
  /** which channel of the layer */
  readonly unit: number;
  /** C×H×W, from 0 to 255 */
  readonly image: Tensor<"float32">;
  /** what of it the unit sees; the rest of the picture is of no account */
  readonly box: Box;
  /** what the unit says of the picture that it began with */
  readonly before: number;
  /** what it says of this one */
  readonly value: number;
}

/** So many pictures are changed together at most: more would be no faster, and nothing is done until they are. */
const TOGETHER = 128;
/** The deviation of the noise that pictures begin with, in grey levels. */
const NOISE = 20;
/** Pictures are blurred every so many steps. */
const BLUR_EVERY = 4;

/**
 * Pictures that excite units more than others do, made from noise by going uphill (Erhan et al. 2009): for the unit k at the middle place of its layer,
 *
 *   x ← clip(x + rate · g / rms(g)),   g = d y_k / d x
 *
 * with decay, blur and several starts (Yosinski et al. 2015) and jitter (Mordvintsev et al. 2015), without which it finds noise to which the network answers and which says
 * nothing to us. It shows what a unit would like best under these restraints; not that anything like it ever comes.
 *
 * @param units which channels of the layer; many are changed together
 * @returns how far it is, with the units that are done
 * @throws RangeError for a name or a unit that the network has not, and options that cannot be; the signal's reason
 * @example
 * for await (const { done, of, made } of maximizeActivation(opened, "conv2", [0, 7], { steps: 10 })) {
 *   if (done === of) console.log(made[1].value); // what unit 7 says of its picture
 * }
 */
export async function* maximizeActivation(
  opened: Opened,
  layer: string,
  units: readonly number[],
  options: MaximizeOptions = {},
): AsyncGenerator<PictureRun<MadePicture>> {
  const { signal, ...given } = options;
  const settings = SETTINGS.make(given);
  expectNames(opened, [layer]);
  const { shape } = unitsOf(opened.model, layer);
  list(whole(0, shape.channels - 1)).take(units, { path: "units" });
  const each = Math.max(1, Math.floor(Math.min(TOGETHER, opened.together) / settings.starts));
  const of = Math.ceil(units.length / each) * settings.steps;
  const made: MadePicture[] = [];
  for (let first = 0; first < units.length; first += each) {
    const ascent = new Ascent(opened, layer, units.slice(first, first + each), settings);
    const before = (first / each) * settings.steps;
    for (let step = 0; step < settings.steps; step++) {
      signal?.throwIfAborted();
      await ascent.step(step);
      if (step + 1 < settings.steps) yield { done: before + step + 1, of, made: [...made] };
    }
    made.push(...(await ascent.best()));
    yield { done: before + settings.steps, of, made: [...made] };
  }
}

/** Pictures on their way uphill: several of each unit. */
class Ascent {
  readonly #of: readonly number[];
  readonly #place: Place;
  readonly #box: Box;
  readonly #ground: Float32Array;
  readonly #aim: { readonly layer: string; readonly weights: Tensor<"float32"> };
  readonly #jitter: number;
  readonly #blur: number;
  #images: Tensor<"float32">;
  #first: Float32Array | undefined;

  constructor(
    readonly opened: Opened,
    readonly layer: string,
    readonly units: readonly number[],
    readonly settings: ReturnType<(typeof SETTINGS)["make"]>,
  ) {
    const { starts, seed } = settings;
    const { shape, seen } = unitsOf(opened.model, layer);
    const size = inputOf(opened.model.network);
    this.#of = units.flatMap((unit) => Array.from({ length: starts }, () => unit));
    this.#place = middleOf(shape);
    this.#box = seen(this.#place);
    const part = Math.min(this.#box.height, this.#box.width) / 32;
    this.#jitter = settings.jitter ?? Math.round(part);
    this.#blur = settings.blur ?? Math.min(1, part);
    this.#ground = groundOf(opened.model);
    const one = this.#ground.length;
    const data = new Float32Array(this.#of.length * one);
    for (const [i, unit] of this.#of.entries()) {
      const random = stream(seed, "start", layer, unit, i % starts);
      for (let p = 0; p < one; p++) data[i * one + p] = clipped(this.#ground[p] + NOISE * random.normal());
    }
    this.#images = float32(data, [this.#of.length, size.channels, size.height, size.width]);
    const { channels, height, width } = shape;
    const weights = new Float32Array(this.#of.length * channels * height * width);
    for (const [i, unit] of this.#of.entries()) {
      weights[((i * channels + unit) * height + this.#place[0]) * width + this.#place[1]] = 1;
    }
    this.#aim = { layer, weights: float32(weights, [this.#of.length, channels, height, width]) };
  }

  async step(step: number): Promise<void> {
    const { steps, rate, decay, seed } = this.settings;
    const left = 1 - step / Math.max(1, steps - 1);
    const random = stream(seed, "jitter", this.layer, step);
    const [down, right] = [0, 1].map(() => random.integer(-this.#jitter, this.#jitter));
    const moved = shifted(this.#images, down, right);
    const { value, gradients } = await gradient(this.opened, moved, { of: this.#aim });
    this.#first ??= value.data;
    const slopes = shifted(gradients.image, -down, -right);
    const size = 0.1 + 0.9 * left;
    const one = this.#ground.length;
    const images = Float32Array.from(this.#images.data);
    for (let i = 0; i < this.#of.length; i++) {
      const own = slopes.data.subarray(i * one, (i + 1) * one);
      const factor = (size * rate) / rootMeanSquare(own);
      const noise = Number.isFinite(factor) ? undefined : stream(seed, "still", this.layer, this.#of[i], i, step);
      for (let p = 0; p < one; p++) {
        const at = i * one + p;
        // where nothing depends on the picture, as behind a rectifier that is shut, it wanders until something does
        const way = noise ? NOISE * noise.normal() : factor * own[p];
        images[at] = clipped(images[at] - size * decay * (images[at] - this.#ground[p]) + way);
      }
    }
    this.#images = float32(images, this.#images.shape);
    if (step % BLUR_EVERY === BLUR_EVERY - 1) this.#images = blurred(this.#images, this.#blur * left);
  }

  /** Of each unit the picture that excites it most. */
  async best(): Promise<MadePicture[]> {
    const { [this.layer]: values } = await activations(this.opened, this.#images, [this.layer]);
    const [, channels, height, width] = [...values.shape, 1, 1];
    const [row, column] = this.#place;
    const { starts } = this.settings;
    const one = this.#ground.length;
    return this.units.map((unit, u) => {
      const all = Array.from({ length: starts }, (_, s) => {
        const i = u * starts + s;
        return { i, value: values.data[((i * channels + unit) * height + row) * width + column] };
      });
      const { i, value } = all.reduce((a, b) => (b.value > a.value ? b : a));
      const image = float32(this.#images.data.slice(i * one, (i + 1) * one), this.#images.shape.slice(1));
      return { unit, image, box: this.#box, before: this.#first?.[i] ?? value, value };
    });
  }
}

const clipped = (value: number): number => Math.min(255, Math.max(0, value));
