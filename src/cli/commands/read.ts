import { Command } from "commander";
import { type DefineFlags, withDefineOption } from "../options/define-option.js";
import { type EngineFlags, withEngineOptions } from "../options/engine-options.js";

interface ReadFlags extends EngineFlags, DefineFlags {
  readonly json: boolean;
}

/** `bellpepper read` */
export const readCommand = (): Command =>
  withEngineOptions(
    withDefineOption(
      new Command("read")
        .description("read a line of text")
        .argument("<model>", "a model that `train ocr` made, or a checkpoint")
        .argument("<image>", "a picture of one line: dark on light or light on dark, any size")
        .option("--json", "print the text, the columns, and each letter with its position and confidence", false),
    ),
  ).action(async (modelFile: string, imageFile: string, { json, define = [], ...engine }: ReadFlags) => {
    const { importDefinitions } = await import("../../jobs/run/definitions-file.js");
    await importDefinitions(define);
    const { readModel } = await import("../../jobs/run/model-file.js");
    const model = await readModel(modelFile);
    const [{ readImage }, { readLine }, { nodeEngine }] = await Promise.all([
      import("../../data/pictures/image-file.js"),
      import("../../reading/read-line.js"),
      import("../../engine/node.js"),
    ]);
    const image = await readImage(imageFile, { channels: 1 });
    const { text, columns, letters } = await readLine(nodeEngine(engine), model, image);
    process.stdout.write(json ? `${JSON.stringify({ text, columns, letters }, null, 2)}\n` : `${text}\n`);
  });
