import { Command } from "commander";
import { EVALUATE_MODEL } from "../../jobs/settings/evaluation-settings.js";
import { evaluationText } from "../../report/evaluation/evaluation-text.js";
import { localisationFigures } from "../../report/evaluation/sections/localisation-section.js";
import { textColumns } from "../../report/page/text/wrap.js";
import { optionName } from "../../values/option-name.js";
import type { RecordOf } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { withDefineOption } from "../options/define-option.js";
import { withEngineOptions } from "../options/engine-options.js";
import { EXPLAIN_OPTIONS } from "../options/explain-options.js";
import { withFields } from "../options/field-options.js";
import { FOREIGN_OPTIONS } from "../options/foreign-options.js";
import { withGroupOptions } from "../options/picture-options.js";
import { followJob } from "../progress/follow-job.js";
import { classifiedText } from "../text/classified-text.js";
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
            .argument("<model>", "a model file, such as runs/…/model.onnx, or one of another toolbox")
            .argument(
              "<data>",
              "a folder with a folder of pictures for each class, a list, or MNIST's or CIFAR's files; to predict without measuring, a picture or a folder of pictures",
            ),
        ),
      ),
    ),
    EVALUATE_MODEL.fields,
    {
      ...FOREIGN_OPTIONS,
      truth: "list",
      part: "name",
      split: "file",
      fit: "rule",
      crops: "count",
      scales: "sides",
      box: "columns",
      margin: "share",
      localise: "--localise",
      ordered: "--ordered",
      order: "classes",
      ...EXPLAIN_OPTIONS,
      against: "file",
      folder: "--out <folder>",
    },
  ).action(async (model: string, data: string, flags: Flags) => {
    const { isUnlabelled } = await import("../../jobs/evaluation/classify-pictures-file.js");
    const { readAskedModel } = await import("../../jobs/evaluation/asked-model-file.js");
    const { importDefinitions } = await import("../../jobs/run/definitions-file.js");
    // what is not given is not there
    const { define = [], classes, prepare, size } = flags;
    await importDefinitions(define);
    const unlabelled =
      flags.truth === undefined &&
      (await isUnlabelled(data, async () => (await readAskedModel(model, { classes, prepare, size })).model.classes));
    process.exitCode = await (unlabelled ? classify : evaluate)(model, data, flags);
  });

async function evaluate(model: string, data: string, { out, ...flags }: Flags): Promise<number> {
  const { evaluateModel } = await import("../../jobs/evaluation/evaluate-model-file.js");
  return followJob(
    (signal) => evaluateModel(model, data, { ...flags, folder: out, signal }),
    (event) => {
      if (event.type === "localised") return `${textColumns(localisationFigures(event.located))}\n`;
      if (event.type === "predicted")
        return `${evaluationText(event.table, { ordered: flags.ordered || flags.order !== undefined })}\n`;
      if (event.type !== "done") return "";
      const { files, comparison, next } = event.result;
      const compared = comparison ? `${comparisonText(comparison, flags.against ?? "")}\n` : "";
      return `\n${compared}${filesText(files, next)}`;
    },
  );
}

/** Of pictures without classes nothing can be measured: it is said what the model takes them for. */
async function classify(model: string, data: string, { out, ...flags }: Flags): Promise<number> {
  const { threads, device, define, fit, classes, prepare, size, ...measuring } = flags;
  const useless = Object.entries(measuring).find(([, value]) => value !== undefined && value !== false);
  if (useless) {
    const [name] = useless;
    const instead = name in EXPLAIN_OPTIONS ? " Why pictures are called so shows bellpepper classify --explain." : "";
    throw new UsageError(
      `${optionName(name)} is for measuring, but nothing says what is to be seen in ${data}: expected a folder for each class, or a list.${instead}`,
    );
  }
  const { classifyPictures } = await import("../../jobs/evaluation/classify-pictures-file.js");
  return followJob(
    (signal) =>
      classifyPictures(model, data, { threads, device, define, fit, classes, prepare, size, folder: out, signal }),
    (event) => {
      if (event.type === "classified") return classifiedText(event);
      return event.type === "done" ? `predictions  ${event.result.files.predictions}\n` : "";
    },
  );
}
