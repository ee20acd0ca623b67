import { Command } from "commander";
import { EVALUATE_MODEL } from "../../jobs/settings/evaluation-settings.js";
import { evaluationText } from "../../report/evaluation/evaluation-text.js";
import type { RecordOf } from "../../values/record.js";
import { withDefineOption } from "../options/define-option.js";
import { withEngineOptions } from "../options/engine-options.js";
import { withFields } from "../options/field-options.js";
import { withGroupOptions } from "../options/picture-options.js";
import { followJob } from "../progress/follow-job.js";
import { comparisonText, filesText } from "../text/closing-text.js";

type Flags = RecordOf<typeof EVALUATE_MODEL.fields> & { readonly out?: string };

/** `bellpepper evaluate` */
export const evaluateCommand = (): Command =>
  withFields(
    withEngineOptions(
      withGroupOptions(
        withDefineOption(
          new Command("evaluate")
            .description("measure a model on pictures that it was not trained on")
            .argument("<model>", "a model file, such as runs/…/model.onnx")
            .argument(
              "<data>",
              "a folder with a folder of pictures for each class, a list, or MNIST's or CIFAR's files",
            ),
        ),
      ),
    ),
    EVALUATE_MODEL.fields,
    {
      part: "name",
      split: "file",
      fit: "rule",
      ordered: "--ordered",
      order: "classes",
      against: "file",
      folder: "--out <folder>",
    },
  ).action(async (model: string, data: string, { out, ...flags }: Flags) => {
    const { evaluateModel } = await import("../../jobs/evaluation/evaluate-model-file.js");
    process.exitCode = await followJob(
      (signal) => evaluateModel(model, data, { ...flags, folder: out, signal }),
      (event) => {
        if (event.type === "predicted")
          return `${evaluationText(event.table, { ordered: flags.ordered || flags.order !== undefined })}\n`;
        if (event.type !== "done") return "";
        const { files, comparison, next } = event.result;
        const compared = comparison ? `${comparisonText(comparison, flags.against ?? "")}\n` : "";
        return `\n${compared}${filesText({ predictions: files.predictions, page: files.page }, next)}`;
      },
    );
  });
