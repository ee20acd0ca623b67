import { Command } from "commander";
import type { ConvertedModel } from "../../jobs/foreign/convert-model-file.js";
import { CONVERT_MODEL } from "../../jobs/settings/convert-settings.js";
import { bytesText, countText, numberText, plural } from "../../report/page/text/words.js";
import type { RecordOf } from "../../values/record.js";
import { withDefineOption } from "../options/define-option.js";
import { withFields } from "../options/field-options.js";
import { FOREIGN_OPTIONS } from "../options/foreign-options.js";
import { followJob } from "../progress/follow-job.js";
import { filesText } from "../text/closing-text.js";
import { notesText } from "../text/job-text.js";

type Flags = RecordOf<typeof CONVERT_MODEL.fields>;

/** `bellpepper convert` */
export const convertCommand = (): Command =>
  withFields(
    withDefineOption(
      new Command("convert")
        .description("write a model in the format of another toolbox, and compare what both compute")
        .argument(
          "<model>",
          "a model file: ours, ONNX, PyTorch, safetensors, Keras, TensorFlow Lite, MatConvNet, Caffe (net.prototxt,net.caffemodel)",
        )
        .argument(
          "<file>",
          "the file to write, by its ending: .onnx (for use, in any runtime), .safetensors (PyTorch's names) or .mat (MatConvNet)",
        ),
    ),
    CONVERT_MODEL.fields,
    FOREIGN_OPTIONS,
  ).action(async (model: string, file: string, flags: Flags) => {
    const { convertModel } = await import("../../jobs/foreign/convert-model-file.js");
    process.exitCode = await followJob(
      (signal) => convertModel(model, file, { ...flags, signal }),
      (event) => {
        if (event.type === "modelRead") process.stderr.write(notesText(event.notes));
        if (event.type !== "done") return "";
        process.stderr.write(notesText(event.result.notes));
        return convertedText(event.result);
      },
      { opening: "reading the model …" },
    );
  });

/** What was written, and how it compares. */
function convertedText({
  files,
  what,
  bytes,
  network,
  layers,
  parameters,
  difference,
  largest,
}: ConvertedModel): string {
  const same =
    difference === 0
      ? "the same"
      : Number.isFinite(difference)
        ? `within ${difference.toExponential(1)} of those of the model, which are up to ${numberText(largest)}`
        : "not compared, as the model makes numbers that are not finite";
  return filesText({
    model: files.model,
    format: `${what}, ${bytesText(bytes)}`,
    network: `${network === "" ? "" : `${network}, `}${plural(layers, "layer")}, ${countText(parameters)} parameters`,
    scores: `${same}, on random images`,
  }).replaceAll("\u00a0", " ");
}
