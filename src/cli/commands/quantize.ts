import { Command } from "commander";
import { QUANTIZE } from "../../jobs/settings/quantize-settings.js";
import type { RecordOf } from "../../values/record.js";
import { withDefineOption } from "../options/define-option.js";
import { withFields } from "../options/field-options.js";
import { FOREIGN_OPTIONS } from "../options/foreign-options.js";
import { followJob } from "../progress/follow-job.js";
import { quantizedJson, quantizedText } from "../text/quantized-text.js";

type Flags = RecordOf<typeof QUANTIZE.fields> & { readonly json: boolean };

/** `bellpepper quantize` */
export const quantizeCommand = (): Command =>
  withFields(
    withDefineOption(
      new Command("quantize")
        .description(
          "a model in 8 bits, mostly smaller and faster: how much, and its error, are told beside the model's",
        )
        .argument("<model>", "a model file: ours, or one of another toolbox")
        .argument(
          "<data>",
          "pictures to find ranges on and to measure: a folder with a folder for each class, or a list; or a folder of pictures of which nobody says what they are",
        )
        .option("--json", "print the result as JSON", false),
    ),
    QUANTIZE.fields,
    {
      calibration: "count",
      seed: "number",
      split: "file",
      part: "name",
      ...FOREIGN_OPTIONS,
      threads: "count",
      out: "file",
    },
  ).action(async (model: string, data: string, { json, ...flags }: Flags) => {
    const { quantizePictures } = await import("../../jobs/quantization/quantize-pictures-file.js");
    process.exitCode = await followJob(
      (signal) => quantizePictures(model, data, { ...flags, signal }),
      (event) => {
        if (event.type !== "done") return "";
        return json ? quantizedJson(event.result) : quantizedText(event.result);
      },
      { quiet: json },
    );
  });
