/** What `bellpepper train` and `bellpepper crossvalidate` are told about pictures, and what that means. */

import { type Command, Option } from "commander";
import { BALANCES } from "../../data/change/balance-classes.js";
import type { JitterPreset } from "../../data/change/jitter-description.js";
import { FITS, type Fit } from "../../data/pictures/formats/decoder.js";
import { MEANS } from "../../data/pictures/mean.js";
import type { Grouping } from "../../data/sources/grouping.js";
import type { PicturesOptions } from "../../jobs/pictures/pictures-task-file.js";
import { defined } from "../../values/defined.js";
import { type EngineFlags, withEngineOptions } from "./engine-options.js";
import { addJitterOptions, type JitterArguments, jitterOf, mixingOf } from "./jitter-options.js";
import { number, whole, withGroupOptions } from "./options.js";
import { type SolverFlags, solverSettings, withSolverOptions } from "./train-options.js";

/** The values that the command line gives. */
export interface PictureFlags extends SolverFlags, EngineFlags, Omit<JitterArguments, "preset">, Grouping {
  readonly network?: string;
  readonly width?: number;
  readonly dropout?: number;
  readonly labelSmoothing?: number;
  readonly size?: readonly [number, number];
  readonly fit: Fit;
  readonly channels?: "1" | "3";
  readonly mean: NonNullable<PicturesOptions["mean"]>;
  readonly jitter: JitterPreset;
  readonly balance: NonNullable<PicturesOptions["balance"]>;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly seed: number;
  readonly cache?: string;
}

/** "64" or "64x48", width first. */
function sizeOf(text: string): [number, number] {
  const [width, height = width] = text.split("x").map(whole(1));
  return [width, height];
}

const share = number(0, { below: 1 });

/** Adds the options that say which network is trained on which pictures, and how. */
export const withPictureOptions = (command: Command): Command =>
  addJitterOptions(withGroupOptions(withEngineOptions(withOtherOptions(command))), "light", "--jitter");

const withOtherOptions = (command: Command): Command =>
  withSolverOptions(
    command
      .option("--network <name>", "compact, one of `bellpepper display`, or a JSON file of layers (compact)")
      .option("--width <filters>", "filters of the first layers of compact (16)", whole(1))
      .option("--dropout <share>", "the share of the last features of compact that training drops (0)", share)
      .option("--label-smoothing <share>", "the share of each label that is spread over all classes (0)", share)
      .option("--size <pixels>", "bring the pictures to this size: 64, or 64x48 (width x height)", sizeOf)
      .addOption(new Option("--fit <rule>", "how a picture comes to other proportions").choices(FITS).default("squash"))
      .addOption(new Option("--channels <count>", "grey or colour; as the pictures are").choices(["1", "3"]))
      .addOption(
        new Option("--mean <kind>", "the mean of the training pictures that is taken away")
          .choices(MEANS)
          .default("channel"),
      )
      .addOption(
        new Option(
          "--balance <rule>",
          "where some classes have few pictures: weigh their mistakes, or show them more often",
        )
          .choices(BALANCES)
          .default("none"),
      )
      .option("--epochs <count>", "passes over the pictures", whole(1))
      .option("--batch-size <count>", "pictures in a step", whole(1)),
  )
    .option("--seed <number>", "decides every random choice", whole(0), 1)
    .option("--cache <folder>", "keep decoded pictures here, so that the next run need not decode them");

/** What the command line says, as the job wants it. @throws UsageError when two options do not go together */
export function pictureSettings(flags: PictureFlags): PicturesOptions {
  const { network, size, fit, channels, mean, balance, epochs, batchSize, seed, threads, device, cache } = flags;
  const { width, dropout, labelSmoothing } = flags;
  const mixing = mixingOf(flags);
  const compact = { ...defined({ width, dropout }) };
  return {
    fit,
    mean,
    jitter: jitterOf({ ...flags, preset: flags.jitter }),
    balance,
    seed,
    threads,
    device,
    ...solverSettings(flags, epochs),
    ...defined({ mixing }),
    ...(Object.keys(compact).length > 0 ? { compact } : {}),
    ...defined({ labelSmoothing, network }),
    ...(size === undefined ? {} : { size: { width: size[0], height: size[1] } }),
    ...(channels === undefined ? {} : { channels: channels === "1" ? 1 : 3 }),
    ...defined({ epochs, batchSize, cache }),
  };
}
