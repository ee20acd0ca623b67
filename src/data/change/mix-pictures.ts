import { type Stream, stream } from "../../random/stream.js";
import { number } from "../../values/kind.js";
import { defaulted, type OptionsOf, record } from "../../values/record.js";
import type { SampleArray, Samples } from "../samples.js";
import { type ClassTarget, classesOf } from "../target.js";

const alpha = number({ least: 0, most: 4 });

/** How pairs of pictures are mixed. It is plain data; a number that is left out is 0. */
export const MIXING = record({
  /**
   * Mixup (Zhang et al. 2018): λ·x + (1 − λ)·x', with λ of the Beta distribution B(α, α). The number is α, 0 … 4; 0 for none. The paper
   * has 0.2 for photographs of 1000 classes, and 1 for small pictures of 10.
   */
  mixup: defaulted(alpha, 0, "lay pairs of pictures over each other: how much, such as 0.2"),
  /**
   * CutMix (Yun et al. 2019): a rectangle of the other picture lies on x, at the same place. It has the picture's proportions and the
   * share 1 − λ of its area as far as it does not reach beyond. The number is α as for mixup; the paper has 1.
   */
  cutmix: defaulted(alpha, 0, "put a rectangle of another picture on each: how much, such as 1"),
});

/** How pairs of pictures are mixed; see {@link MIXING}. */
export type Mixing = OptionsOf<typeof MIXING.fields>;

/** The name of the array in which {@link mixPictures} puts the shares of the classes. */
export const SHARES = "shares";

/** What was drawn for one sample. */
interface DrawnMixture {
  readonly partner: number;
  /** of the sample itself, ½ … 1 */
  readonly share: number;
  /** where the other picture lies on it; undefined: they are mixed everywhere */
  readonly cut?: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

/**
 * Samples mixed with others of random classes, anew in each epoch. With both kinds of mixing, each comes in half of the cases.
 *
 * What they are then is in the array "shares", C×1×1: the share of each class, for a {@link softmaxCrossEntropyLoss}. A sample's own
 * share λ is ½ at least (λ and 1 − λ are equally likely, and so are both orders of a pair), so that its label is still right for what is
 * only measured. Without mixing, as for validation, all is the label's.
 *
 * @param seed the run's seed
 * @throws RangeError when a number is out of range, or the samples have arrays already: those cannot be mixed; TypeError when they have no classes
 * @example
 * const training = mixPictures(jitterPictures(letters.training, { rotate: 10 }, 1), { mixup: 0.2, cutmix: 1 }, 1);
 * const validation = mixPictures(letters.validation, {}, 1);
 * const loss = softmaxCrossEntropyLoss({ name: "loss", inputs: ["scores"], target: "shares" });
 * const error = classError({ name: "error", inputs: ["scores"] });
 */
export function mixPictures<S extends Samples<ClassTarget>>(samples: S, mixing: Mixing, seed: number): S {
  const { mixup, cutmix } = MIXING.make(mixing);
  const { shape, count, arrays = {} } = samples;
  const { names, labels } = classesOf(samples, "mixing");
  if (Object.keys(arrays).length > 0) {
    throw new RangeError(`Samples with further arrays cannot be mixed; these have ${Object.keys(arrays).join(", ")}.`);
  }
  const { channels, height, width } = shape;
  const size = channels * height * width;
  const other = new Uint8Array(size);

  const drawMixture = (index: number, epoch: number): DrawnMixture | undefined => {
    if (count < 2 || (mixup === 0 && cutmix === 0)) return undefined;
    const random = stream(seed, "mix", epoch, index);
    const place = random.integer(0, count - 2);
    const partner = place < index ? place : place + 1;
    const cuts = random.uniform() < 0.5 ? cutmix > 0 : mixup === 0;
    const share = drawBeta(random, cuts ? cutmix : mixup);
    const most = Math.max(share, 1 - share);
    if (!cuts) return { partner, share: most };
    const [w, h] = [width * Math.sqrt(1 - most), height * Math.sqrt(1 - most)];
    const [x, y] = [width * random.uniform(), height * random.uniform()];
    const within = (value: number, end: number): number => Math.round(Math.min(Math.max(value, 0), end));
    const cut = {
      left: within(x - w / 2, width),
      right: within(x + w / 2, width),
      top: within(y - h / 2, height),
      bottom: within(y + h / 2, height),
    };
    const covered = (cut.right - cut.left) * (cut.bottom - cut.top);
    return { partner, share: 1 - covered / (height * width), cut };
  };

  const shares: SampleArray = {
    type: "float32",
    shape: [names.length, 1, 1],
    read(index, epoch, into, offset) {
      const { partner = index, share = 1 } = drawMixture(index, epoch) ?? {};
      into.fill(0, offset, offset + names.length);
      into[offset + labels[index]] += share;
      into[offset + labels[partner]] += 1 - share;
    },
  };
  return {
    ...samples,
    read(index, epoch, into, offset) {
      samples.read(index, epoch, into, offset);
      const mixture = drawMixture(index, epoch);
      if (!mixture) return;
      const { partner, share, cut } = mixture;
      samples.read(partner, epoch, other, 0);
      if (!cut) {
        const weight = Math.round(65536 * share);
        for (let i = 0; i < size; i++) {
          into[offset + i] = (weight * into[offset + i] + (65536 - weight) * other[i] + 32768) >> 16;
        }
        return;
      }
      for (let row = 0; row < channels * height; row++) {
        const y = row % height;
        if (y < cut.top || y >= cut.bottom) continue;
        const [from, to] = [row * width + cut.left, row * width + cut.right];
        into.set(other.subarray(from, to), offset + from);
      }
    },
    ...(samples.prepare
      ? {
          async prepare(indices: ArrayLike<number>, epoch: number) {
            const all = Array.from(indices, (index) => [index, drawMixture(index, epoch)?.partner ?? index]);
            await samples.prepare?.([...new Set(all.flat())], epoch);
          },
        }
      : {}),
    arrays: { [SHARES]: shares },
  };
}

/** A number of the Beta distribution B(α, α) (Jöhnk 1964), by logarithms, since powers of 1/α would become 0. */
function drawBeta(random: Stream, alpha: number): number {
  for (;;) {
    const [x, y] = [Math.log(1 - random.uniform()) / alpha, Math.log(1 - random.uniform()) / alpha];
    const largest = Math.max(x, y);
    const sum = Math.exp(x - largest) + Math.exp(y - largest);
    if (largest + Math.log(sum) <= 0) return Math.exp(x - largest) / sum;
  }
}
