import { Command } from "commander";
import type { PretrainEvent } from "../../jobs/pretraining/pretrain-file.js";
import { PRETRAIN } from "../../jobs/settings/pretrain-settings.js";
import { COMPACT } from "../../network/zoo/compact.js";
import { defined } from "../../values/defined.js";
import { partial, type RecordOf } from "../../values/record.js";
import { pickFields, withFields } from "../options/field-options.js";
import { type SolverFlags, solverSettings, withSolverOptions } from "../options/train-options.js";
import { usable } from "../options/usage.js";
import { followJob } from "../progress/follow-job.js";
import { durationText } from "../progress/progress.js";
import { filesText } from "../text/closing-text.js";
import { choicesText } from "../text/job-text.js";

const {
  kind,
  network,
  size,
  fit,
  channels,
  mean,
  validation,
  epochs,
  batchSize,
  seed,
  threads,
  workers,
  device,
  cache,
} = PRETRAIN.fields;
const { code, pooling, tied, noise, blank, sparse, sparsity, share, divergence, patches } = PRETRAIN.fields;
const { width } = partial(COMPACT.fields);

/** What the command line is told before, and after, what it is told about the solver. */
const FIRST = {
  ...{ kind, network, width, code, pooling, tied, noise, blank, sparse, sparsity, share, divergence, patches },
  ...{ size, fit, channels, mean, validation, epochs, batchSize },
};
const LAST = { seed, threads, workers, device, cache };

type Flags = RecordOf<typeof FIRST> &
  RecordOf<typeof LAST> &
  SolverFlags & { readonly out?: string; readonly fresh: boolean };

/** `bellpepper pretrain` */
export function pretrainCommand(): Command {
  const command = new Command("pretrain")
    .description("learn how pictures look, without labels: the beginning of a training with few of them")
    .argument(
      "<data>",
      "a folder of pictures, sorted or not; a list; or MNIST's or CIFAR's files. Labels are never read",
    );
  withFields(command, FIRST, {
    ...{ kind: "kind", network: "name", width: "filters", code: "numbers", pooling: "rule", tied: "--tied" },
    ...{ noise: "deviation", blank: "share", sparse: "rule", sparsity: "weight", share: "share", divergence: "weight" },
    ...{ patches: "count", size: "pixels", fit: "rule", channels: "count", mean: "kind", validation: "share" },
    ...{ epochs: "count", batchSize: "count" },
  });
  withSolverOptions(command, { solver: "adamw; sgd where only its rate, momentum or weight decay is given" });
  withFields(command, LAST, { seed: "number", threads: "count", workers: "count", device: "device", cache: "folder" });
  withFields(command, PRETRAIN.fields, { folder: "--out <folder>", fresh: "--fresh" });
  return command.action(async (data: string, flags: Flags) => {
    const { out: folder, fresh } = flags;
    const { width: filters, ...direct } = pickFields({ ...FIRST, ...LAST }, flags);
    const compact = filters === undefined ? {} : { compact: { width: filters } };
    const settings = usable(PRETRAIN, {
      ...direct,
      ...compact,
      ...solverSettings(flags),
      ...defined({ folder }),
      fresh,
    });
    const { pretrain } = await import("../../jobs/pretraining/pretrain-file.js");
    process.exitCode = await followJob((signal) => pretrain(data, { ...settings, signal }), textOf);
  });
}

/** What is learned of what, what was chosen, and what was made. */
function textOf(event: PretrainEvent): string {
  if (event.type === "prepared") {
    const { counts, shape, choices } = event;
    const kept = counts.validation > 0 ? `, ${counts.validation} to measure by` : "";
    return `${counts.training} pictures to learn from${kept}, ${shape.width}×${shape.height}×${shape.channels}; labels are not read\n${choicesText(choices)}`;
  }
  if (event.type !== "done") return "";
  const { error, files, next } = event.result;
  const result =
    error === undefined ? "" : `mean squared difference ${error.toPrecision(3)} (1 is that of the mean picture)\n`;
  return `\n${result}it took ${durationText(event.seconds)}\n\n${filesText(files, next)}`;
}
