import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { readImage } from "../../data/pictures/image-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predictions.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { OCR_DEFAULTS, type OcrOptions, ocrTask, openOcr } from "../../jobs/letters/letters-task-file.js";
import { readLine } from "../../reading/read-line.js";
import { learningRateChart } from "../../report/charts/learning-rate-chart.js";
import { pngFromSvg } from "../../report/page/raster-file.js";
import { writeReport } from "../../report/training/report-file.js";
import { findLearningRate } from "../../training/solver/learning-rate.js";
import { defined } from "../../values/defined.js";
import { EXIT } from "../failure.js";
import { withEngineOptions } from "../options/engine-options.js";
import { whole } from "../options/options.js";
import { type SolverFlags, solverSettings, withSolverOptions } from "../options/train-options.js";
import { followed, resumedText, stoppedText } from "../progress/follow.js";
import { durationText, rateText } from "../progress/progress.js";
import { colours } from "../text/colours.js";

/** The lecture's sentence, and its picture. */
const SENTENCE = "the rat the cat the dog chased killed ate the malt";
const SENTENCE_FILE = fileURLToPath(new URL("../../../assets/sentence-lato.png", import.meta.url));

type TrainOptions = SolverFlags &
  Omit<OcrOptions, keyof SolverFlags | "clip" | "earlyStopping"> & {
    readonly out: string;
    readonly fresh: boolean;
    readonly findRate: boolean;
  };

/** `bellpepper train ocr` */
export const trainOcrCommand = (): Command =>
  withSolverOptions(
    withEngineOptions(
      new Command("ocr")
        .description("train the lecture's network for letters, read the lecture's sentence, write a report")
        .option("--epochs <count>", "passes over the letters", whole(1), OCR_DEFAULTS.epochs)
        .option("--batch-size <count>", "letters in a step", whole(1), OCR_DEFAULTS.batchSize),
    ),
    OCR_DEFAULTS.learningRate,
  )
    .addOption(
      new Option("--jitter [kind]", "give letters neighbours and shifts: as in a line of text, or as in the lecture")
        .choices(["none", "text", "lecture"])
        .preset("text")
        .default(OCR_DEFAULTS.jitter),
    )
    .option("--seed <number>", "decides every random choice", whole(0), OCR_DEFAULTS.seed)
    .option("--letters <folder>", "a letters set of your own (see `draw letters`); the packaged one")
    .option("--out <folder>", "the folder of the run", "runs/ocr")
    .option("--fresh", "forget an earlier run in that folder", false)
    .option("--find-rate", "do not train, but look which learning rate to train with", false)
    .action(async (given: TrainOptions) => {
      const { out, fresh, findRate, epochs, batchSize, jitter, seed, threads, device, letters } = given;
      const options: OcrOptions = {
        epochs,
        batchSize,
        ...solverSettings(given, epochs),
        jitter,
        seed,
        threads,
        device,
        ...defined({ letters }),
      };
      process.exitCode = findRate ? await findRateOfOcr(out, options) : await trainOcr(out, options, fresh);
    });

/** Makes the range test, and draws what it found. */
async function findRateOfOcr(folder: string, options: OcrOptions): Promise<number> {
  const { stdout } = process;
  const { frame, settings } = await ocrTask(options);
  const test = await findLearningRate(nodeEngine(options), frame.network, settings);
  const path = join(folder, "learning-rate.png");
  await writeFileAtomically(path, await pngFromSvg(learningRateChart(test).text));
  const { points, suggestion } = test;
  const [low, high] = [points[0].rate, points[points.length - 1].rate];
  stdout.write(`${points.length} steps from rate ${rateText(low)} to ${rateText(high)}\n`);
  stdout.write(
    suggestion === undefined
      ? "The objective fell at none of these rates.\n"
      : `The objective falls fastest at ${colours.bold(rateText(suggestion))}: train with --learning-rate ${Number(suggestion.toPrecision(2))}\n`,
  );
  stdout.write(`picture  ${path}\n`);
  return EXIT.done;
}

async function trainOcr(folder: string, options: OcrOptions, fresh: boolean): Promise<number> {
  const { stdout } = process;
  const started = performance.now();
  const job = await openOcr(folder, options, fresh);
  const { letters, run } = job;
  for (const note of run.notes) stdout.write(`${colours.yellow(note)}\n`);
  stdout.write(
    `${letters.training.count} letters to train on, ${letters.validation.count} to validate, ` +
      `${letters.training.typefaces.length} and ${letters.validation.typefaces.length} typefaces; ${options.device}, threads: ${options.threads}\n`,
  );
  stdout.write(resumedText(run, options.epochs));
  const engine = nodeEngine(options);
  const state = await followed(run, options.epochs, (signal) => job.events(engine, signal));
  if (state.stopped) {
    stdout.write(stoppedText(state, folder));
    return EXIT.stopped;
  }
  const model = await run.finish(state);
  const predictions = await predict(engine, model, letters.validation);
  const image = await readImage(SENTENCE_FILE, { channels: 1 });
  const reading = await readLine(engine, model, image);
  stdout.write(`\ncolumns  ${colours.dim(reading.columns)}\nreading  ${colours.bold(reading.text)}\n\n`);
  const { page } = await writeReport(folder, {
    title: "Letters a–z",
    model,
    history: state.history,
    configuration: job.configuration,
    // A run in several sessions took longer than this one.
    ...(run.resume ? {} : { seconds: (performance.now() - started) / 1000 }),
    predictions,
    validation: letters.validation,
    training: letters.training,
    ...(options.jitter === "none" ? {} : { jittered: job.training }),
    sentence: { image, expected: SENTENCE, reading },
  });
  stdout.write(
    `model    ${folder}/model.onnx\nreport   ${page}\n${durationText((performance.now() - started) / 1000)} in all\n`,
  );
  return EXIT.done;
}
