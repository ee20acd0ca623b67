import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { number, whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, record } from "../../values/record.js";
import { gradient } from "../gradient.js";
import { activations, expectImages, expectNames, type Opened } from "../opened.js";
import type { Stop } from "../watch.js";
import { groundOf, type PictureRun } from "./made-picture.js";
import { totalVariation } from "./smoothness.js";

const SETTINGS = record({
  /** steps downhill */
  steps: defaulted(whole(1), 200),
  /** how far a step moves a pixel at most, about, in grey levels of 255; it falls to none in the last */
  rate: defaulted(number({ above: 0 }), 10),
  /** how much smoothness counts beside the features */
  variation: defaulted(number({ least: 0 }), 0.01),
  seed: defaulted(whole(), 1),
});

/** The options of {@link invertFeatures}. */
export type InversionOptions = OptionsOf<(typeof SETTINGS)["fields"]> & {
  /** ends it, with the signal's reason: an AbortSignal */
  readonly signal?: Stop | undefined;
};

/** A picture that was made from what a layer keeps of another. */
export interface Inversion {
  /** C×H×W, from 0 to 255 */
  readonly image: Tensor<"float32">;
  /** ‖φ(x) − φ(x₀)‖ / ‖φ(x₀)‖ at the end: how far the layer's values are from those of the picture */
  readonly distance: number;
}

/** The deviation of the noise that pictures begin with, in grey levels. */
const NOISE = 10;
/** Adam's means and what keeps it from dividing by nothing (Kingma and Ba 2015). */
const ADAM = { first: 0.9, second: 0.99, least: 1e-12 };

/**
 * Pictures of which a layer says the same as of the given ones (Mahendran and Vedaldi 2015): from noise downhill, by Adam's rule, to the least
 *
 *   ‖φ(x) − φ(x₀)‖² / ‖φ(x₀)‖² + variation · TV(x) / (H·W·C·40²)
 *
 * with {@link totalVariation}, so that a difference of 40 grey levels between neighbours weighs one. It shows what the layer keeps of a picture: what comes back wrong has been thrown away,
 * or was not found; what comes back right need not be used by the layers behind.
 *
 * @param images N×C×H×W, from 0 to 255
 * @returns how far it is; the pictures that are done at the end of each few
 * @throws RangeError for a name that the network has not, images of another size, a layer that is silent, options that cannot be; the signal's reason
 * @example
 * const images = zeros("float32", [1, 1, 32, 32]);
 * for await (const { done, of, made } of invertFeatures(opened, images, "pool1", { steps: 10 })) {
 *   if (done === of) console.log(made[0].distance);
 * }
 */
export async function* invertFeatures(
  opened: Opened,
  images: Tensor<"float32">,
  layer: string,
  options: InversionOptions = {},
): AsyncGenerator<PictureRun<Inversion>> {
  const { signal, ...given } = options;
  const settings = SETTINGS.make(given);
  expectNames(opened, [layer]);
  expectImages(opened, images);
  const count = images.shape[0];
  const one = images.data.length / count;
  const of = Math.ceil(count / opened.together) * settings.steps;
  const made: Inversion[] = [];
  for (let first = 0; first < count; first += opened.together) {
    const end = Math.min(count, first + opened.together);
    const some = float32(images.data.subarray(first * one, end * one), [end - first, ...images.shape.slice(1)]);
    const { [layer]: target } = await activations(opened, some, [layer]);
    const descent = new Descent(opened, layer, target, settings, first);
    const before = (first / opened.together) * settings.steps;
    for (let step = 1; step <= settings.steps; step++) {
      signal?.throwIfAborted();
      await descent.step(step);
      if (step === settings.steps) made.push(...(await descent.made()));
      yield { done: before + step, of, made: [...made] };
    }
  }
}

/** Grey levels between neighbours that weigh one. */
const ROUGH = 40;

/** Pictures on their way downhill. */
class Descent {
  readonly #images: Tensor<"float32">;
  readonly #sizes: readonly number[];
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(
    readonly opened: Opened,
    readonly layer: string,
    readonly target: Tensor<"float32">,
    readonly settings: ReturnType<(typeof SETTINGS)["make"]>,
    first: number,
  ) {
    const ground = groundOf(opened.model);
    const count = target.shape[0];
    const each = target.data.length / count;
    this.#sizes = Array.from({ length: count }, (_, i) => squareSum(target.data.subarray(i * each, (i + 1) * each)));
    const silent = this.#sizes.indexOf(0);
    if (silent >= 0) throw new RangeError(`'${layer}' is silent for picture ${first + silent}: nothing is left of it.`);
    const data = new Float32Array(count * ground.length);
    for (let i = 0; i < count; i++) {
      const random = stream(settings.seed, "inversion", first + i);
      for (const [p, value] of ground.entries()) data[i * ground.length + p] = value + NOISE * random.normal();
    }
    const { channels, height, width } = opened.model.network.inputs[0].shape;
    this.#images = float32(data, [count, channels, height, width]);
    this.#means = new Float64Array(data.length);
    this.#squares = new Float64Array(data.length);
  }

  /** A step, from 1. */
  async step(step: number): Promise<void> {
    const { data } = this.#images;
    const { steps, rate, variation } = this.settings;
    const { gradients } = await gradient(this.opened, this.#images, {
      of: { layer: this.layer, target: this.target },
    });
    const { slopes } = totalVariation(this.#images);
    const one = data.length / this.#sizes.length;
    const size = rate * (1 - (step - 1) / steps);
    const [mean, square] = [1 - ADAM.first ** step, 1 - ADAM.second ** step];
    for (let p = 0; p < data.length; p++) {
      const features = gradients.image.data[p] / this.#sizes[Math.floor(p / one)];
      const slope = features + (variation * slopes.data[p]) / (one * ROUGH ** 2);
      this.#means[p] += (1 - ADAM.first) * (slope - this.#means[p]);
      this.#squares[p] += (1 - ADAM.second) * (slope ** 2 - this.#squares[p]);
      const way = this.#means[p] / mean / (Math.sqrt(this.#squares[p] / square) + ADAM.least);
      data[p] = Math.min(255, Math.max(0, data[p] - size * way));
    }
  }

  async made(): Promise<Inversion[]> {
    const { shape, data } = this.#images;
    const { value } = await gradient(this.opened, this.#images, { of: { layer: this.layer, target: this.target } });
    const one = data.length / shape[0];
    return this.#sizes.map((size, i) => ({
      image: float32(data.slice(i * one, (i + 1) * one), shape.slice(1)),
      distance: Math.sqrt(value.data[i] / size),
    }));
  }
}

const squareSum = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
