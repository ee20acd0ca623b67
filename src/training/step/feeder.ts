import type { SampleArray, Samples } from "../../data/samples.js";
import type { Program, Values } from "../../engine/engine.js";
import { elementCount, tensor, zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { arraysOf, TARGET_NAMES } from "../target-array.js";
import type { Batch } from "./batches.js";
import { BATCH_INPUTS } from "./objective.js";

/** Turns batches of indices into the inputs of a program. */
export interface Feeder {
  /**
   * Begins to fetch the images of a batch, while something else is computed: call it when a run was begun. Where that run goes on beside its caller, the
   * whole batch is made ready.
   */
  ahead(batch: Batch, epoch: number): void;
  /** The inputs of a batch, and the seconds that it took to have them. The tensors are used again: for the next batch, or beside the caller for the one after it. */
  take(batch: Batch, epoch: number): Promise<{ readonly inputs: Values; readonly seconds: number }>;
}

/**
 * A feeder of images, weights, the samples' target and their further arrays, as far as the program takes them.
 *
 * @param program one of {@link trainingGraph}, {@link evaluationGraph} or {@link buildObjective}
 * @param batchSize that of the program
 * @throws TypeError when the program is compared with a target of another kind than the samples'
 * @example
 * const program = await nodeEngine().load(evaluationGraph(network, normalization, 100));
 * const feeder = batchFeeder(program, letters.validation, 100);
 * const parameters = Object.fromEntries(initialize(network, 1));
 * for (const batch of batches(letters.validation.count, 100, 1, 1, false)) {
 *   const { inputs } = await feeder.take(batch, 1);
 *   const { scores } = await program.run({ ...parameters, ...inputs });
 * }
 */
export function batchFeeder({ inputs, isAside }: Program, samples: Samples, batchSize: number): Feeder {
  const taken = new Set(inputs.map(({ name }) => name));
  const readsImages = taken.has(BATCH_INPUTS.images);
  // beside its caller a program reads one, and another one is filled meanwhile
  const rooms = Array.from({ length: isAside ? 2 : 1 }, () => batchRoom(taken, samples, batchSize));
  let fetched: Fetched | undefined;
  const prepare = async ({ indices }: Batch, epoch: number): Promise<void> => {
    if (readsImages) await samples.prepare?.(indices, epoch);
  };
  const fill = (batch: Batch, epoch: number): Values => {
    rooms.reverse();
    return rooms[0](batch, epoch);
  };
  const ahead = (batch: Batch, epoch: number): void => {
    const before = fetched?.ready;
    const made = async (): Promise<Values | undefined> => {
      await before?.catch(() => undefined);
      await prepare(batch, epoch);
      return isAside ? fill(batch, epoch) : undefined;
    };
    const ready = made();
    // Whoever takes the batch is told what went wrong; until then nobody is listening.
    ready.catch(() => undefined);
    fetched = { batch, epoch, ready };
  };
  return {
    ahead,
    async take(batch, epoch) {
      const started = performance.now();
      if (!fetched || !isSame(fetched, batch, epoch)) ahead(batch, epoch);
      const ready = await fetched?.ready;
      fetched = undefined;
      const values = ready ?? fill(batch, epoch);
      return { inputs: values, seconds: (performance.now() - started) / 1000 };
    },
  };
}

/** A batch that is on its way. */
interface Fetched {
  readonly batch: Batch;
  readonly epoch: number;
  /** its inputs, where they were filled ahead */
  readonly ready: Promise<Values | undefined>;
}

const isSame = (fetched: Fetched, { indices, weights }: Batch, epoch: number): boolean =>
  fetched.epoch === epoch &&
  indices.every((index, i) => index === fetched.batch.indices[i]) &&
  weights.every((weight, i) => weight === fetched.batch.weights[i]);

/** Room for a batch, and what fills it. @throws TypeError when the program is compared with a target of another kind than the samples' */
function batchRoom(
  taken: ReadonlySet<string>,
  samples: Samples,
  batchSize: number,
): (batch: Batch, epoch: number) => Values {
  const { channels, height, width } = samples.shape;
  const readsImages = taken.has(BATCH_INPUTS.images);
  const images = zeros("uint8", [readsImages ? batchSize : 0, channels, height, width]);
  const size = channels * height * width;
  const arrays = Object.entries(arraysOf(samples)).flatMap(([name, array]) => {
    if (!taken.has(name)) return [];
    return [{ name, ...batchArray(array, batchSize) }];
  });
  const other = Object.values(TARGET_NAMES).find(
    (name) => name !== undefined && taken.has(name) && arrays.every((array) => array.name !== name),
  );
  if (other !== undefined) {
    throw new TypeError(`The program is compared with '${other}'; the samples' target is ${samples.target.kind}.`);
  }
  return ({ indices, weights }, epoch) => {
    for (let i = 0; readsImages && i < batchSize; i++) samples.read(indices[i], epoch, images.data, i * size);
    for (const { fill } of arrays) fill(indices, epoch);
    const all = {
      images,
      weights: tensor("float32", [batchSize], weights),
      ...Object.fromEntries(arrays.map(({ name, value }) => [name, value])),
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => taken.has(name)));
  };
}

/** An array of a whole batch, and what fills it. */
interface BatchArray {
  readonly value: Tensor;
  fill(indices: Int32Array, epoch: number): void;
}

function batchArray(array: SampleArray, batchSize: number): BatchArray {
  const { shape } = array;
  const fillWith =
    (read: (index: number, epoch: number, offset: number) => void): BatchArray["fill"] =>
    (indices, epoch) => {
      const each = elementCount(shape);
      for (let i = 0; i < batchSize; i++) read(indices[i], epoch, i * each);
    };
  if (array.type === "float32") {
    const value = zeros("float32", [batchSize, ...shape]);
    return { value, fill: fillWith((index, epoch, offset) => array.read(index, epoch, value.data, offset)) };
  }
  // A label for each image is of rank 1, one for each pixel of rank 4.
  const value = zeros("int64", [batchSize, ...(elementCount(shape) === 1 ? [] : shape)]);
  return { value, fill: fillWith((index, epoch, offset) => array.read(index, epoch, value.data, offset)) };
}
