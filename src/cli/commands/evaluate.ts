import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { FITS, type Fit } from "../../data/pictures/image-file.js";
import { openPictures } from "../../data/pictures/pictures-file.js";
import { type Grouping, PARTS, type Part } from "../../data/sources/dataset.js";
import { readSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predictions.js";
import { readPredictions, writePredictions } from "../../evaluation/table/predictions-file.js";
import { asClasses, originsOf } from "../../jobs/pictures/origins.js";
import { nameOf } from "../../jobs/run/name.js";
import { fromOnnx } from "../../network/model/model.js";
import { inputOf } from "../../network/network.js";
import { writeEvaluation } from "../../report/evaluation/evaluation-file.js";
import { evaluationText } from "../../report/evaluation/evaluation-text.js";
import { EXIT } from "../failure.js";
import { type EngineFlags, withEngineOptions } from "../options/engine-options.js";
import { withGroupOptions } from "../options/options.js";
import { openedDataset, toldBroken } from "../options/picture-options.js";
import { scanProgress } from "../progress/scan-progress.js";

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
    .action(async (model: string, data: string, flags: Flags) => {
      process.exitCode = await evaluateModel(model, data, flags);
    });

async function evaluateModel(path: string, data: string, flags: Flags): Promise<number> {
  const { stdout } = process;
  const model = fromOnnx(await readFile(path));
  const dataset = await openedDataset(data, flags);
  const { channels, width, height } = inputOf(model.network);
  const split = flags.split === undefined ? undefined : await readSplit(flags.split, dataset);
  const part = flags.part ?? (split ? "validation" : undefined);
  const indices = dataset.items.flatMap((item, i) => (part === undefined || split || item.split === part ? i : []));
  const chosen = split && part ? split[part] : indices;
  if (chosen.length === 0) throw new RangeError(`There is no picture to measure${part ? ` in the ${part} part` : ""}.`);
  const progress = scanProgress(process.stderr, "decoded");
  const pictures = await openPictures(dataset, {
    size: { width, height },
    fit: flags.fit,
    onProgress: progress.show,
    ...(channels === 1 || channels === 3 ? { channels } : {}),
  }).finally(progress.done);
  try {
    toldBroken(pictures);
    const samples = asClasses(pictures.samples(chosen), model.classes);
    const table = await predict(nodeEngine(flags), model, samples, { origins: originsOf(samples) });
    stdout.write(`${evaluationText(table, { ordered: flags.ordered })}\n`);
    const names = [path, data].map(nameOf);
    const folder = flags.out ?? join("runs", names.join("-on-"));
    await writePredictions(join(folder, "predictions.csv"), table);
    const { page } = await writeEvaluation(folder, {
      title: `${names[0]} on ${names[1]}`,
      table,
      samples,
      ordered: flags.ordered,
      configuration: { model: resolve(path), data: resolve(data), part: part ?? "all", fit: flags.fit },
      ...(flags.against === undefined
        ? {}
        : { other: { name: flags.against, table: await readPredictions(flags.against) } }),
    });
    stdout.write(`predictions  ${folder}/predictions.csv\npage         ${page}\n`);
    return EXIT.done;
  } finally {
    await pictures.close();
  }
}
