/** What `bellpepper train` and `bellpepper crossvalidate` are told about pictures, and what that means. */

import type { Command } from "commander";
import type { JitterPreset } from "../../data/change/jitter-description.js";
import { GROUPING, type Grouping } from "../../data/sources/grouping.js";
import type { PicturesOptions } from "../../jobs/pictures/pictures-task-file.js";
import { PICTURES } from "../../jobs/settings/pictures-settings.js";
import { COMPACT } from "../../network/zoo/compact.js";
import { defined } from "../../values/defined.js";
import { partial, type RecordOf } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { withDefineOption } from "./define-option.js";
import { pickFields, withFields } from "./field-options.js";
import { addJitterOptions, type JitterArguments, jitterOf, mixingOf } from "./jitter-options.js";
import { type SolverFlags, solverSettings, withSolverOptions } from "./train-options.js";

const { network, start, from, prepare, freeze, unfreezeAfter, rates } = PICTURES.fields;
const { labelSmoothing, size, fit, channels, rate, seconds, mean, balance, epochs, batchSize } = PICTURES.fields;
const { seed, syncBatchNorm, threads, workers, device, cache, define } = PICTURES.fields;

/** What the command line is told before, and after, what it is told about the solver. */
const FIRST = {
  network,
  ...partial(COMPACT.fields),
  start,
  from,
  prepare,
  freeze,
  unfreezeAfter,
  rates,
  labelSmoothing,
  size,
  fit,
  channels,
  rate,
  seconds,
  mean,
  balance,
  epochs,
  batchSize,
};
const LAST = { seed, threads, workers, syncBatchNorm, device, cache, define };

/** The values that the command line gives. */
export type PictureFlags = RecordOf<typeof FIRST> &
  SolverFlags &
  RecordOf<typeof LAST> &
  Grouping &
  Omit<JitterArguments, "preset"> & { readonly jitter?: JitterPreset };

/** Adds the options that say which pictures belong together. */
export const withGroupOptions = (command: Command): Command =>
  withFields(command, GROUPING, { group: "column", groupBy: "pattern" });

/** Adds the options that say which network is trained on which pictures, and how. */
export function withPictureOptions(command: Command): Command {
  withFields(command, FIRST, {
    network: "name",
    width: "filters",
    dropout: "share",
    start: "run",
    from: "model",
    prepare: "rule",
    freeze: "layers",
    unfreezeAfter: "epochs",
    rates: "factor",
    labelSmoothing: "share",
    size: "pixels",
    fit: "rule",
    channels: "count",
    rate: "hertz",
    seconds: "length",
    mean: "kind",
    balance: "rule",
    epochs: "count",
    batchSize: "count",
  });
  withSolverOptions(command, { solver: "adamw; sgd where only its rate, momentum or weight decay is given" });
  withFields(command, LAST, { seed: "number", threads: "count", workers: "count", device: "device", cache: "folder" });
  return addJitterOptions(withGroupOptions(withDefineOption(command)), undefined, "--jitter");
}

/** What the command line says, as the job wants it. @throws UsageError when two options do not go together */
export function pictureSettings(flags: PictureFlags): PicturesOptions {
  const { width, dropout, ...direct } = pickFields({ ...FIRST, ...LAST }, flags);
  const compact = defined({ width, dropout });
  const own = Object.keys(compact);
  if (own.length > 0 && (direct.network ?? "compact") !== "compact") {
    const given = own.map((name) => `--${name}`).join(" and ");
    throw new UsageError(`${given}: only the network compact has a choice of it, not ${direct.network}.`);
  }
  return {
    ...direct,
    ...(Object.keys(compact).length > 0 ? { compact } : {}),
    jitter: jitterOf({ ...flags, preset: flags.jitter ?? usualJitter(flags) }),
    mixing: mixingOf(flags),
    ...solverSettings(flags),
  };
}

/** Features of frozen layers are computed only once where their pictures are always the same; whatever else learns does better with jitter. */
const usualJitter = ({ from, freeze, unfreezeAfter }: PictureFlags): JitterPreset =>
  from !== undefined && freeze !== "none" && unfreezeAfter === undefined ? "none" : "light";
