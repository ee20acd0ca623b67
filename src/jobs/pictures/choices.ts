/** What is chosen because it was not asked for, from the pictures and the network. */

import { networkTable } from "../../network/display/table.js";
import type { Network } from "../../network/network.js";
import type { Schedule } from "../../training/solver/schedule.js";
import { adamW, type Solver, sgd } from "../../training/solver/solver.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Choice } from "../events/job-events.js";
import { proposeRate } from "./proposed-rate.js";

/** What a choice would be. */
export interface Proposal<T> extends Pick<Choice, "why"> {
  readonly value: T;
  /** the value in words; itself */
  readonly text?: string;
}

/** Takes what was asked for, and notes what was chosen in its place. */
export interface Chooser {
  readonly choices: readonly Choice[];
  /** What was given, or else what is proposed; only then the proposal is a choice. */
  choose<T>(what: string, given: T | undefined, proposal: Proposal<T>): T;
}

/** A chooser that has chosen nothing yet. */
export function chooser(): Chooser {
  const choices: Choice[] = [];
  return {
    choices,
    choose(what, given, { value, text = `${value}`, why }) {
      if (given !== undefined) return given;
      choices.push({ what, value: text, why });
      return value;
    },
  };
}

/** The size that was proposed from the pictures' own sizes. */
export const proposeShape = (shape: ImageShape): Proposal<ImageShape> => ({
  value: shape,
  text: `${shape.width}×${shape.height}${shape.channels === 1 ? ", grey" : ", colour"}`,
  why: "from the pictures' own sizes",
});

/** The length of sounds that was proposed from their own. */
export const proposeLength = (samples: number, rate: number): Proposal<number> => ({
  value: samples / rate,
  text: `${Number((samples / rate).toFixed(3))} seconds of ${rate} samples`,
  why: "95 of 100 sounds fit in",
});

/** The network `compact` for pictures of this size. */
export const proposeNetwork = (compact: Network, rate?: number): Proposal<Network> => ({
  value: compact,
  text: `compact, ${compact.layers.length} layers, ${networkTable(compact).totals.parameters} parameters`,
  why: `made for the size of the ${rate === undefined ? "pictures" : "spectrograms"}`,
});

/** What says how long is trained, in which steps, by which rule and at which rate. */
export interface Pace {
  readonly epochs: number;
  readonly batchSize: number;
  readonly solver: Solver;
  readonly learningRate: number | readonly number[] | Schedule;
}

/**
 * How long is trained, in which steps, by which rule and at which rate:
 *
 * - batches of a fortieth of the pictures, 16 to 100, but not more than there are;
 * - 250 epochs divided by the cube root of the number of pictures, 12 to 60: ten times as many pictures are seen for 4.6 times as long;
 * - AdamW, or SGD where only a rate was given, since the rates of lectures and of most examples are those of SGD;
 * - a rate that suits the solver; see {@link proposeRate}.
 *
 * @param count pictures to train on
 */
export function choosePace(
  { choose }: Chooser,
  given: { readonly [K in keyof Pace]?: Pace[K] | undefined },
  network: Network,
  count: number,
): Pace {
  const batchSize = choose("batch", given.batchSize, {
    value: Math.min(100, count, Math.max(16, Math.round(count / 40))),
    why: `for ${count} pictures to train on`,
  });
  const epochs = choose("epochs", given.epochs, {
    value: Math.min(60, Math.max(12, Math.round(250 / Math.cbrt(count)))),
    why: `${Math.ceil(count / batchSize)} steps each; the fewer the pictures, the more often they are needed`,
  });
  const solver = choose<Solver>("solver", given.solver, proposeSolver(given.learningRate !== undefined));
  const learningRate = choose<Pace["learningRate"]>(
    "rate",
    given.learningRate,
    // the last batch of an epoch is filled up with what does not count
    proposeRate(network, solver, Math.min(batchSize, count)),
  );
  return { epochs, batchSize, solver, learningRate };
}

/** The rule for a rate that was given, or for one that is chosen, too. */
function proposeSolver(isRateGiven: boolean): Proposal<Solver> {
  const [value, why] = isRateGiven
    ? [sgd(), "rates are taken for its own unless a solver is named"]
    : [adamW(), "it learned more than sgd in as many epochs on small sets"];
  return { value, text: value.type, why };
}
