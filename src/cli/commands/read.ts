import { Command } from "commander";
import { readImage } from "../../data/pictures/image-file.js";
import { defaultThreads, nodeEngine } from "../../engine/node.js";
import { readLine } from "../../reading/read-line.js";
import { readModel } from "../model-file.js";
import { whole } from "../options/options.js";

/** `bellpepper read` */
export const readCommand = (): Command =>
  new Command("read")
    .description("read a line of text")
    .argument("<model>", "a model that `train ocr` made, or a checkpoint")
    .argument("<image>", "a picture of one line: dark on light or light on dark, any size")
    .option("--json", "print the text, the columns, and each letter with its position and confidence", false)
    .option("--threads <count>", "threads to compute with", whole(1), defaultThreads())
    .action(async (modelFile: string, imageFile: string, { json, threads }: { json: boolean; threads: number }) => {
      const model = await readModel(modelFile);
      const image = await readImage(imageFile, { channels: 1 });
      const { text, columns, letters } = await readLine(nodeEngine({ threads }), model, image);
      process.stdout.write(json ? `${JSON.stringify({ text, columns, letters }, null, 2)}\n` : `${text}\n`);
    });
