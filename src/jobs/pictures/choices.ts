/** What is chosen because it was not asked for, from the pictures and the network. */

import { networkTable } from "../../network/display/table.js";
import type { Network } from "../../network/network.js";
import type { Schedule } from "../../training/solver/schedule.js";
import type { Solver } from "../../training/solver/solver.js";
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

/** The network `compact` for pictures of this size. */
export const proposeNetwork = (compact: Network): Proposal<Network> => ({
  value: compact,
  text: `compact, ${compact.layers.length - 1} layers, ${networkTable(compact).totals.parameters} parameters`,
  why: "made for the size of the pictures",
});

/** What says how long is trained, in which steps, and at which rate. */
export interface Pace {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number | readonly number[] | Schedule;
}

/**
 * How long is trained, in which steps, and at which rate: batches of a fortieth of the pictures (16 to 100), as many epochs as make about
 * 6000 steps (10 to 60), and a rate that suits the solver; see {@link proposeRate}.
 *
 * @param count pictures to train on
 */
export function choosePace(
  { choose }: Chooser,
  given: { readonly [K in keyof Pace]?: Pace[K] | undefined },
  network: Network,
  count: number,
  solver: Solver,
): Pace {
  const batchSize = choose("batch", given.batchSize, {
    value: Math.min(100, Math.max(16, Math.round(count / 40))),
    why: `for ${count} pictures to train on`,
  });
  const steps = Math.ceil(count / batchSize);
  const epochs = choose("epochs", given.epochs, {
    value: Math.min(60, Math.max(10, Math.round(6000 / steps))),
    why: `${steps} steps each, about 6000 in all are usual`,
  });
  const learningRate = choose<Pace["learningRate"]>(
    "rate",
    given.learningRate,
    // the last batch of an epoch is filled up with what does not count
    proposeRate(network, solver, Math.min(batchSize, count)),
  );
  return { epochs, batchSize, learningRate };
}
