/** Which trial is trained next, and how far: successive halving as a function of what the trials have shown. */

/** What is known of a trial that has begun. */
export interface TrialState {
  /** its error after each rung that it has reached, from the lowest */
  readonly errors: readonly number[];
  /** whether it cannot be trained any further, such as one whose objective is no longer a number */
  readonly failed?: boolean;
  /** whether it was trained beyond its last rung, or begun and not yet at the first, and nobody trains it now */
  readonly underWay?: boolean;
  /** whether it is being trained now */
  readonly running?: boolean;
}

/** How trials are taken further. */
export interface Halving {
  /** how many trials there are */
  readonly trials: number;
  /** rungs of the ladder, after each of which trials are compared; 1: every trial is trained to its end */
  readonly rungs: number;
  /** the best one of so many is taken further */
  readonly reduction: number;
}

/** What is to be done next. */
export type SearchStep =
  /** train this trial, from 0, to this rung, from 0 */
  | { readonly type: "train"; readonly trial: number; readonly rung: number }
  /** wait until one that is being trained is there */
  | { readonly type: "wait" }
  | { readonly type: "done" };

/**
 * What is to be trained next: asynchronous successive halving (ASHA; Li et al. 2018, A System for Massively Parallel Hyperparameter Tuning). In this order:
 *
 * 1. a trial that was left on its way to a rung;
 * 2. from the highest rung down: the best trial among the ⌊n/reduction⌋ best of the n that reached the rung, if it was not taken further before;
 * 3. a new trial, to the first rung;
 * 4. when nothing else is left, and no trial has come to the last rung: the best of the highest rung that was reached.
 *
 * With one rung this is a plain list of trials. Nothing is remembered but what the trials have shown, so that a search goes on from that alone. Equal
 * errors: the earlier trial is the better one.
 *
 * @param states of the trials that have begun, in their order; those that have not are left out at the end, or undefined
 * @example
 * const halving = { trials: 6, rungs: 2, reduction: 3 };
 * nextStep([{ errors: [0.3] }, { errors: [0.1] }, { errors: [0.2] }], halving); // {"type": "train", "trial": 1, "rung": 1}
 * nextStep([{ errors: [0.3] }, { errors: [0.1, 0.05] }, { errors: [0.2] }], halving); // {"type": "train", "trial": 3, "rung": 0}
 */
export function nextStep(
  states: readonly (TrialState | undefined)[],
  { trials, rungs, reduction }: Halving,
): SearchStep {
  const begun = states.flatMap((state, trial) => (state && trial < trials ? [{ ...state, trial }] : []));
  const left = begun.find(({ underWay, failed, running }) => underWay && !failed && !running);
  if (left) return { type: "train", trial: left.trial, rung: left.errors.length };
  for (let rung = rungs - 2; rung >= 0; rung--) {
    const there = ranked(begun, rung);
    const best = there.slice(0, Math.floor(there.length / reduction)).find((state) => mayRise(state, rung));
    if (best) return { type: "train", trial: best.trial, rung: rung + 1 };
  }
  const fresh = Array.from({ length: trials }, (_, trial) => trial).find((trial) => states[trial] === undefined);
  if (fresh !== undefined) return { type: "train", trial: fresh, rung: 0 };
  if (begun.some(({ running }) => running)) return { type: "wait" };
  const highest = Math.max(0, ...begun.map(({ errors }) => errors.length));
  if (highest === 0 || highest === rungs) return { type: "done" };
  const best = ranked(begun, highest - 1).find((state) => mayRise(state, highest - 1));
  return best ? { type: "train", trial: best.trial, rung: highest } : { type: "done" };
}

type Begun = TrialState & { readonly trial: number };

/** The trials that have reached a rung, the best first; one that failed on the way to it was there too, behind all others. */
function ranked(begun: readonly Begun[], rung: number): readonly Begun[] {
  const errorOf = ({ errors }: Begun): number => errors[rung] ?? Number.POSITIVE_INFINITY;
  return begun
    .filter(({ errors, failed }) => errors.length > rung || (failed && errors.length === rung))
    .sort((a, b) => (errorOf(a) === errorOf(b) ? a.trial - b.trial : errorOf(a) - errorOf(b)));
}

/** Whether a trial stands on a rung and can go on from there. */
const mayRise = ({ errors, failed, running }: Begun, rung: number): boolean =>
  errors.length === rung + 1 && !failed && !running;

/**
 * The epochs after which trials are compared: all of them, and each time a `reduction`-th of those, rounded, down to `first`.
 *
 * @throws RangeError when `first` is more than all epochs
 * @example
 * rungEpochs(27, { reduction: 3, first: 1 }); // [1, 3, 9, 27]
 * rungEpochs(13, { reduction: 3, first: 2 }); // [4, 13]
 */
export function rungEpochs(
  epochs: number,
  { reduction, first }: { readonly reduction: number; readonly first: number },
): number[] {
  if (first > epochs)
    throw new RangeError(`Invalid value for first: expected at most ${epochs}, the epochs, got ${first}.`);
  const rungs = [epochs];
  for (let share = epochs / reduction; Math.round(share) >= first; share /= reduction) {
    const rung = Math.round(share);
    if (rung < 1 || rung >= rungs[0]) break;
    rungs.unshift(rung);
  }
  return rungs;
}
