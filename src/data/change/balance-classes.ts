import { permutation, stream } from "../../random/stream.js";
import type { ArrayOf, Samples } from "../samples.js";
import { type ClassTarget, classesOf, classTarget } from "../target.js";

/**
 * Samples in which every class comes equally often: as many in an epoch as there are, in turn of class 0, 1, 2, …; which pictures of a
 * large class are seen changes from epoch to epoch, those of a small one come several times. Classes without samples are left out.
 *
 * @param seed the run's seed
 * @throws TypeError when the samples have no classes
 * @example
 * const training = balanceClasses(letters.training, 1);
 * training.count; // equals letters.training.count
 */
export function balanceClasses(samples: Samples<ClassTarget>, seed: number): Samples<ClassTarget> {
  const { names, labels } = classesOf(samples, "balancing");
  const members = names.map((): number[] => []);
  for (let i = 0; i < samples.count; i++) members[labels[i]].push(i);
  const present = members.flatMap((own, label) => (own.length > 0 ? [{ label, own }] : []));
  const orders = new Map<string, Int32Array>();
  /** The sample that stands at a place in an epoch: the classes in turn, each in an order of its own, again and again. */
  const chooseSample = (index: number, epoch: number): number => {
    const { label, own } = present[index % present.length];
    const turn = Math.floor(index / present.length) + epoch * Math.ceil(samples.count / present.length);
    const [round, place] = [Math.floor(turn / own.length), turn % own.length];
    const key = `${label} ${round}`;
    let order = orders.get(key);
    if (!order) {
      // An epoch needs few of them; they are made again where an older one is asked for.
      if (orders.size > 4 * present.length + samples.count) orders.clear();
      order = permutation(own.length, stream(seed, "balance", label, round));
      orders.set(key, order);
    }
    return own[order[place]];
  };
  const { arrays, prepare } = samples;
  return {
    ...samples,
    target: classTarget(
      names,
      Int32Array.from({ length: samples.count }, (_, i) => present[i % present.length].label),
    ),
    read: (index, epoch, into, offset) => samples.read(chooseSample(index, epoch), epoch, into, offset),
    ...(prepare
      ? {
          prepare: (indices: ArrayLike<number>, epoch: number) =>
            prepare.call(
              samples,
              Array.from(indices, (index) => chooseSample(index, epoch)),
              epoch,
            ),
        }
      : {}),
    ...(arrays
      ? {
          arrays: Object.fromEntries(
            Object.entries(arrays).map(([name, array]) => [
              name,
              array.type === "float32" ? chosenFrom(array, chooseSample) : chosenFrom(array, chooseSample),
            ]),
          ),
        }
      : {}),
  };
}

/** An array that has, in the place of each sample, another one. */
const chosenFrom = <T, N>(
  array: ArrayOf<T, N>,
  chooseSample: (index: number, epoch: number) => number,
): ArrayOf<T, N> => ({
  ...array,
  read: (index, epoch, into, offset) => array.read(chooseSample(index, epoch), epoch, into, offset),
});
