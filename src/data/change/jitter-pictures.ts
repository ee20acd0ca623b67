import { stream } from "../../random/stream.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { SampleArray, Samples } from "../samples.js";
import type { Target } from "../target.js";
import { colourChanger, drawColours } from "./colour-jitter.js";
import { drawFlaws, flawAdder } from "./flaws.js";
import { drawGeometry, geometryStream, type Mapping, mappingOf, moveBox } from "./geometry.js";
import { changesAny, type Jitter, type JitterRanges, rangesOf } from "./jitter-description.js";
import { jitterSounds, SOUND_JITTER } from "./jitter-sounds.js";
import { Sampling } from "./resample.js";

/**
 * Samples that are changed at random, anew in each epoch; see {@link Jitter} for what can be changed.
 *
 * The whole geometry of a picture is one map, and each of its pixels is read once, between four others (bilinear). Then come stain,
 * colours, blur, noise and erasing, in this order. What happens to a sample in an epoch follows from the seed, the epoch and the sample's index
 * alone; and its geometry from the geometric options alone.
 *
 * What says something of places in a picture is moved with it. Maps of labels, and arrays that are maps, more than 1×1, may have any size of
 * their own: labels go to the nearest pixel, −1 beyond a constant border; numbers are read between four others, 0 beyond it. Boxes become
 * the smallest around their corners, cut off at the picture's edges; one that is outside is left out. {@link jitterTransform} moves points, and
 * whatever else.
 *
 * Sounds (`rate`) are changed by {@link jitterSounds}.
 *
 * @param seed the run's seed
 * @throws RangeError naming the option when jitter is not as described, or is of sounds and these are pictures
 * @example
 * const training = jitterPictures(letters.training, { rotate: 10, scale: 1.1, border: "edge" }, 1);
 * const tissue = jitterPictures(letters.training, JITTER_PRESETS.tissue, 1);
 */
export function jitterPictures<S extends Samples>(samples: S, jitter: Jitter, seed: number): S {
  const ranges = rangesOf(jitter);
  expectKind(jitter, samples.rate !== undefined);
  if (samples.rate !== undefined) return jitterSounds(samples, samples.rate, ranges, seed);
  const { shape, arrays } = samples;
  const moves = movesPixels(ranges);
  const colours = colourChanger(shape, ranges);
  const flawed = changesAny(ranges, "blur", "noise", "erase") ? flawAdder(shape) : undefined;
  if (!moves && !colours && !flawed) return samples;

  const mapping = (index: number, epoch: number): Mapping =>
    mappingOf(drawGeometry(geometryStream(seed, epoch, index), ranges), shape, ranges.elasticSmoothness);
  const sampling = moves ? new Sampling(shape, ranges.border) : undefined;
  const source = new Uint8Array(shape.channels * shape.height * shape.width);
  return {
    ...samples,
    read(index, epoch, into, offset) {
      if (sampling) {
        samples.read(index, epoch, source, 0);
        sampling.follow(mapping(index, epoch));
        sampling.bytes(source, into, offset, ranges.fill);
      } else samples.read(index, epoch, into, offset);
      if (!colours && !flawed) return;
      const random = stream(seed, "jitter colours", epoch, index);
      const drawn = drawColours(random, ranges);
      colours?.(into, offset, drawn);
      flawed?.(into, offset, drawFlaws(random, ranges));
    },
    ...(moves ? { target: moveTarget(samples.target, shape, ranges, mapping) } : {}),
    ...(arrays && moves ? { arrays: moveArrays(arrays, ranges, mapping) } : {}),
  };
}

/** @throws RangeError when jitter has something that is of pictures alone, and these are sounds, or the other way round */
function expectKind(jitter: Jitter, areSounds: boolean): void {
  const [wrong] = Object.entries(rangesOf(jitter)).filter(([name, value]) => {
    const isUsual = JSON.stringify(value) === JSON.stringify(USUAL[name as keyof JitterRanges]);
    return !isUsual && name !== "translate" && SOUND_JITTER.includes(name) !== areSounds;
  });
  if (!wrong) return;
  const [of, are] = areSounds ? ["pictures", "sounds"] : ["sounds", "pictures"];
  const others = areSounds ? ` Expected of ${["translate", ...SOUND_JITTER].join(", ")}.` : "";
  throw new RangeError(`jitter.${wrong[0]} is of ${of}, and these are ${are}.${others}`);
}

const USUAL = rangesOf({});

/** Whether jitter shows what lies beyond a picture. @throws as {@link jitterPictures} does */
export const showsBeyond = (jitter: Jitter): boolean => distorts(rangesOf(jitter));

const distorts = (ranges: JitterRanges): boolean =>
  changesAny(ranges, "translate", "rotate", "scale", "aspect", "shear", "elastic");

const movesPixels = (ranges: JitterRanges): boolean =>
  distorts(ranges) || ranges.quarterTurns || ranges.mirror !== "none";

/** The target, moved with the pictures where it says something of places in them. */
function moveTarget(
  target: Target,
  shape: ImageShape,
  ranges: JitterRanges,
  mapping: (index: number, epoch: number) => Mapping,
): Target {
  if (target.kind === "boxes") {
    return {
      ...target,
      boxesOf(index, epoch) {
        const drawn = mapping(index, epoch);
        return target.boxesOf(index, epoch).flatMap(({ label, ...box }) => {
          const moved = moveBox(drawn, shape, box);
          return moved ? [{ label, ...moved }] : [];
        });
      },
    };
  }
  if (target.kind !== "labelMap") return target;
  const { height, width } = target;
  const sampling = new Sampling({ channels: 1, height, width }, ranges.border);
  return {
    ...target,
    labelsOf(index, epoch) {
      sampling.follow(mapping(index, epoch));
      const labels = new Int32Array(height * width);
      sampling.nearest(target.labelsOf(index, epoch), labels, 0, -1);
      return labels;
    },
  };
}

/** The arrays that are maps, moved with their pictures. */
function moveArrays(
  arrays: Readonly<Record<string, SampleArray>>,
  ranges: JitterRanges,
  mapping: (index: number, epoch: number) => Mapping,
): Record<string, SampleArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const [channels, height, width] = array.shape;
      if (height * width === 1) return [name, array];
      const sampling = new Sampling({ channels, height, width }, ranges.border);
      const size = channels * height * width;
      if (array.type === "int64") {
        const source = new BigInt64Array(size);
        const read: typeof array.read = (index, epoch, into, offset) => {
          array.read(index, epoch, source, 0);
          sampling.follow(mapping(index, epoch));
          sampling.nearest(source, into, offset, -1n);
        };
        return [name, { ...array, read }];
      }
      const source = new Float32Array(size);
      const read: typeof array.read = (index, epoch, into, offset) => {
        array.read(index, epoch, source, 0);
        sampling.follow(mapping(index, epoch));
        sampling.floats(source, into, offset, 0);
      };
      return [name, { ...array, read }];
    }),
  );
}
