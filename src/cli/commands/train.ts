import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { writeFileAtomically } from "../../data/atomic-file.js";
import { readImage } from "../../data/image-file.js";
import { defaultThreads, nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/predictions.js";
import { readLine } from "../../reading/read-line.js";
import { learningRateChart } from "../../report/learning-rate-chart.js";
import { pngFromSvg } from "../../report/raster-file.js";
import { writeReport } from "../../report/report-file.js";
import { OCR_DEFAULTS, type OcrOptions, type OcrRun, ocrTask, openOcr } from "../../runs/ocr-file.js";
import type { TrainingState } from "../../training/events.js";
import { findLearningRate } from "../../training/learning-rate.js";
import { colours } from "../colours.js";
import { EXIT } from "../failure.js";
import { whole } from "../options.js";
import { durationText, rateText, trainingProgress } from "../progress.js";
import { type SolverFlags, solverSettings, withSolverOptions } from "./train-options.js";

/** The lecture's sentence, and its picture. */
const SENTENCE = "the rat the cat the dog chased killed ate the malt";
const SENTENCE_FILE = fileURLToPath(new URL("../../../assets/sentence-lato.png", import.meta.url));

type TrainOptions = SolverFlags &
  Omit<OcrOptions, keyof SolverFlags | "clip" | "earlyStopping"> & {
    readonly out: string;
    readonly fresh: boolean;
    readonly findRate: boolean;
  };

/** `bellpepper train` */
export const trainCommand = (): Command =>
  new Command("train").description("train a network").addCommand(
    withSolverOptions(
      new Command("ocr")
        .description("train the lecture's network for letters, read the lecture's sentence, write a report")
        .option("--epochs <count>", "passes over the letters", whole(1), OCR_DEFAULTS.epochs)
        .option("--batch-size <count>", "letters in a step", whole(1), OCR_DEFAULTS.batchSize),
    )
      .addOption(
        new Option("--jitter [kind]", "give letters neighbours and shifts: as in a line of text, or as in the lecture")
          .choices(["none", "text", "lecture"])
          .preset("text")
          .default(OCR_DEFAULTS.jitter),
      )
      .option("--seed <number>", "decides every random choice", whole(0), OCR_DEFAULTS.seed)
      .option("--threads <count>", "threads to compute with", whole(1), defaultThreads())
      .addOption(
        new Option("--device <device>", "where to compute")
          .choices(["cpu", "webgpu", "cuda", "dml", "coreml"])
          .default("cpu"),
      )
      .option("--letters <folder>", "a letters set of your own (see `draw letters`); the packaged one")
      .option("--out <folder>", "the folder of the run", "runs/ocr")
      .option("--fresh", "forget an earlier run in that folder", false)
      .option("--find-rate", "do not train, but look which learning rate to train with", false)
      .action(async (given: TrainOptions) => {
        const { out, fresh, findRate, epochs, batchSize, jitter, seed, threads, device, letters } = given;
        const options: OcrOptions = {
          ...{ epochs, batchSize, ...solverSettings(given, epochs), jitter, seed, threads, device },
          ...(letters === undefined ? {} : { letters }),
        };
        process.exitCode = findRate ? await findRateOfOcr(out, options) : await trainOcr(out, options, fresh);
      }),
  );

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
  const begun = run.resume?.epoch ?? 0;
  stdout.write(
    `${letters.training.count} letters to train on, ${letters.validation.count} to validate, ` +
      `${letters.training.typefaces.length} and ${letters.validation.typefaces.length} typefaces; ${options.device}, threads: ${options.threads}\n`,
  );
  if (begun >= options.epochs) {
    stdout.write(`all ${begun} epochs are done: --epochs ${begun + 5} adds some, --fresh begins anew\n`);
  } else if (run.resume) {
    stdout.write(`going on after epoch ${begun}${run.resume.batch > 0 ? `, batch ${run.resume.batch}` : ""}\n`);
  }
  const engine = nodeEngine(options);
  const state = await followed(job, options.epochs, engine);
  if (state.stopped) {
    stdout.write(
      `stopped after epoch ${state.epoch}${state.batch > 0 ? `, batch ${state.batch}` : ""}; saved in ${folder}. The same command goes on from there.\n`,
    );
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

/** Trains to the end, or until the user stops it; shows progress on the way. */
async function followed(
  job: OcrRun,
  epochs: number,
  engine: ReturnType<typeof nodeEngine>,
): Promise<TrainingState & { stopped: boolean }> {
  const controller = new AbortController();
  const stop = (): void => {
    // The second time the user means it.
    if (controller.signal.aborted) process.exit(EXIT.stopped);
    controller.abort();
    process.stderr.write("\nfinishing the step and saving; press again to leave at once\n");
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const progress = trainingProgress(process.stdout, epochs, job.run.resume?.epoch ?? 0);
  let last: (TrainingState & { stopped: boolean }) | undefined = job.run.resume && {
    ...job.run.resume,
    stopped: false,
  };
  try {
    for await (const event of job.events(engine, controller.signal)) {
      progress.show(event);
      if (event.type === "epoch" || event.type === "stopped")
        last = { ...event.state, stopped: event.type === "stopped" };
    }
  } finally {
    progress.done();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
  if (!last) throw new Error("Training made no step.");
  return last;
}
