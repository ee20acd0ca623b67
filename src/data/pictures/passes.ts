import type { Samples } from "../samples.js";

/** What is done to all pictures before they are trained on, in this order; of few or small ones, nobody sees it. */
export type Pass =
  | "opened"
  | "looked for the range of"
  | "decoded"
  | "measured"
  | "computed the features of"
  | "checked"
  | "compared";

/** Is told how many of how many pictures a pass has done. */
export type TellPass = (done: number, total: number, pass: Pass) => void;

/** So many pictures are read between two words. */
const OFTEN = 256;

/**
 * Samples that tell how many of them were read, for whoever goes through all of them once.
 *
 * @param pause is waited for now and then, so that others have a turn
 */
export function tellingSamples<S extends Pick<Samples, "count" | "read" | "prepare">>(
  samples: S,
  pass: Pass,
  tell: TellPass | undefined,
  pause: () => Promise<unknown>,
): S {
  if (!tell) return samples;
  const { count } = samples;
  let done = 0;
  return {
    ...samples,
    read(index: number, epoch: number, into: Uint8Array, offset: number) {
      if (++done % OFTEN === 0 || done === count) tell(done, count, pass);
      samples.read(index, epoch, into, offset);
    },
    async prepare(indices: ArrayLike<number>, epoch: number) {
      await pause();
      await samples.prepare?.(indices, epoch);
    },
  };
}
