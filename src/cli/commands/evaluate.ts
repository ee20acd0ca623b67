import { Command, Option } from "commander";
import { FITS, type Fit } from "../../data/pictures/formats/decoder.js";
import { PARTS, type Part } from "../../data/sources/dataset.js";
import type { Grouping } from "../../data/sources/grouping.js";
import { evaluationText } from "../../report/evaluation/evaluation-text.js";
import { defined } from "../../values/defined.js";
import { type EngineFlags, withEngineOptions } from "../options/engine-options.js";
import { withGroupOptions } from "../options/options.js";
import { followJob } from "../progress/follow-job.js";

interface Flags extends Grouping, EngineFlags {
  readonly split?: string;
  readonly part?: Part;
  readonly fit: Fit;
  readonly ordered: boolean;
  readonly against?: string;
  readonly out?: string;
}

/** `bellpepper evaluate` */
export const evaluateCommand = (): Command =>
  withEngineOptions(
    withGroupOptions(
      new Command("evaluate")
        .description("measure a model on pictures that it was not trained on")
        .argument("<model>", "a model file, such as runs/…/model.onnx")
        .argument("<data>", "a folder with a folder of pictures for each class, a list, or MNIST's or CIFAR's files"),
    ),
  )
    .addOption(new Option("--part <name>", "only this part of the data").choices(PARTS))
    .option("--split <file>", "the split that tells which pictures are in the part (split.json of a run)")
    .addOption(new Option("--fit <rule>", "how a picture comes to other proportions").choices(FITS).default("squash"))
    .option("--ordered", "the classes are grades in order: weigh how far off a mistake is", false)
    .option("--against <file>", "the predictions.csv of another model on the same pictures, to compare with")
    .option("--out <folder>", "where the page goes (runs/ and the names of model and data)")
    .action(async (model: string, data: string, { out, ...flags }: Flags) => {
      const options = { ...flags, ...defined({ folder: out }) };
      const { evaluateModel } = await import("../../jobs/evaluation/evaluate-model-file.js");
      process.exitCode = await followJob(
        (signal) => evaluateModel(model, data, { ...options, signal }),
        (event) => {
          if (event.type === "predicted") return `${evaluationText(event.table, { ordered: flags.ordered })}\n`;
          if (event.type !== "done") return "";
          const { predictions, page } = event.result.files;
          return `predictions  ${predictions}\npage         ${page}\n`;
        },
      );
    });
