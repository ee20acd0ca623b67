import { Command } from "commander";
import type { Inspected } from "../../jobs/inspection/inspect-file.js";
import { INSPECT } from "../../jobs/settings/inspect-settings.js";
import type { RecordOf } from "../../values/record.js";
import { EXIT } from "../failure.js";
import { withDefineOption } from "../options/define-option.js";
import { withEngineOptions } from "../options/engine-options.js";
import { withFields } from "../options/field-options.js";
import { FOREIGN_OPTIONS } from "../options/foreign-options.js";
import { followJob } from "../progress/follow-job.js";
import { filesText } from "../text/closing-text.js";
import { notesText } from "../text/job-text.js";

type Flags = RecordOf<typeof INSPECT.fields> & { readonly out?: string };

/** `bellpepper inspect` */
export const inspectCommand = (): Command =>
  withFields(
    withEngineOptions(
      withDefineOption(
        new Command("inspect")
          .description(
            "show what is inside a model: its layers, its filters, and what each makes of pictures, as a page",
          )
          .argument(
            "<model>",
            "a model file: ours, ONNX, PyTorch, safetensors, Keras, TensorFlow Lite, MatConvNet, Caffe (net.prototxt,net.caffemodel)",
          )
          .argument("[image...]", 'files, folders, patterns ("photographs/*.jpg")'),
      ),
    ),
    INSPECT.fields,
    { data: "data", whyNot: "class", mapLayer: "name", layer: "name", folder: "--out <folder>", ...FOREIGN_OPTIONS },
  ).action(async (model: string, images: readonly string[], { out, ...flags }: Flags) => {
    const { inspectModel } = await import("../../jobs/inspection/inspect-file.js");
    let broken = 0; // pictures that cannot be decoded, and parts that cannot be made
    const code = await followJob(
      (signal) => inspectModel(model, images, { ...flags, folder: out, signal }),
      (event) => {
        if (event.type === "modelRead") process.stderr.write(notesText(event.notes));
        if (event.type === "decoded") broken = event.broken.length;
        if (event.type === "done") {
          broken += event.result.failed.length;
          process.stderr.write(notesText(event.result.failed));
        }
        return event.type === "done" ? inspectedText(event.result) : "";
      },
      { opening: "reading the model …" },
    );
    process.exitCode = code === EXIT.done && broken > 0 ? EXIT.failed : code;
  });

/** What it says of each picture, and where the page is. */
function inspectedText({ pictures, files }: Inspected): string {
  const said = pictures.map(({ name, text, guesses, truth }) => {
    const isWrong = truth !== undefined && guesses !== undefined && guesses[0].name !== truth;
    return `${name}: ${text}${isWrong ? `, but it is ${truth}` : ""}\n`;
  });
  return said.join("") + filesText({ page: files.page });
}
