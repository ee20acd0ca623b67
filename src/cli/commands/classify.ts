import { Command } from "commander";
import { expectWritable } from "../../files/atomic-file.js";
import type { Why } from "../../inspection/attribution/why.js";
import type { ClassifyImagesEvent } from "../../jobs/evaluation/classify-images-file.js";
import { nameOf } from "../../jobs/run/name.js";
import { CLASSIFY_IMAGES } from "../../jobs/settings/classify-settings.js";
import { isExplained } from "../../jobs/settings/explain-settings.js";
import type { ClassifiedFile } from "../../report/classification/contact-sheet-file.js";
import { plural } from "../../report/page/text/words.js";
import { defined } from "../../values/defined.js";
import type { RecordOf } from "../../values/record.js";
import { EXIT, UsageError } from "../failure.js";
import { onInterrupt } from "../interrupt.js";
import { withDefineOption } from "../options/define-option.js";
import { withEngineOptions } from "../options/engine-options.js";
import { EXPLAIN_OPTIONS } from "../options/explain-options.js";
import { withFields } from "../options/field-options.js";
import { FOREIGN_OPTIONS } from "../options/foreign-options.js";
import { scanProgress } from "../progress/scan-progress.js";
import { type Guessed, guessesCsv, guessesJson, guessesText } from "../text/guesses.js";
import { notesText, plainSpaces } from "../text/job-text.js";

type Flags = RecordOf<typeof CLASSIFY_IMAGES.fields> & { readonly json: boolean; readonly csv: boolean };

/** `bellpepper classify` */
export const classifyCommand = (): Command =>
  withFields(
    withEngineOptions(
      withDefineOption(
        new Command("classify")
          .description("say what pictures are, with a model of ours or of another toolbox")
          .argument(
            "<model>",
            "a model file: ours, ONNX, PyTorch, safetensors, Keras, TensorFlow Lite, MatConvNet, Caffe",
          )
          .argument(
            "<image...>",
            'files, folders, patterns ("photographs/*.jpg"), or - for a picture at standard input',
          )
          .option("--json", "print everything as JSON", false)
          .option("--csv", "print a line for each guess, as CSV", false),
      ),
    ),
    CLASSIFY_IMAGES.fields,
    {
      top: "count",
      box: "x,y,w,h",
      out: "page.html",
      ...EXPLAIN_OPTIONS,
      whyNot: "class",
      mapLayer: "name",
      ...FOREIGN_OPTIONS,
    },
  ).action(async (model: string, images: readonly string[], { json, csv, ...flags }: Flags) => {
    if (json && csv) throw new UsageError("--json and --csv are two forms of the same: give one of them.");
    if (flags.out !== undefined && !/\.html?$/i.test(flags.out)) {
      throw new UsageError(`--out: expected a page, such as ${flags.out}.html, got '${flags.out}'.`);
    }
    if (isExplained(flags) && flags.out === undefined) {
      throw new UsageError("--explain draws on a page: expected where it goes, such as --out page.html.");
    }
    const form = json ? "json" : csv ? "csv" : "text";
    process.exitCode = await classify(model, images, flags, form);
  });

async function classify(
  model: string,
  images: readonly string[],
  flags: RecordOf<typeof CLASSIFY_IMAGES.fields>,
  form: "json" | "csv" | "text",
): Promise<number> {
  const { classifyImages } = await import("../../jobs/evaluation/classify-images-file.js");
  const { stdout, stderr } = process;
  if (flags.out !== undefined) await expectWritable(flags.out);
  const progress = scanProgress(stderr, "classified");
  const interrupt = onInterrupt(() => "stopping");
  const guessed: ShownGuess[] = [];
  const shown = new Map<string, Why>();
  const broken: { path: string; reason: string }[] = [];
  const notes: string[] = [];
  let unexplained = 0;
  let [count, classes] = [0, 0];
  const keep = form === "json" || flags.out !== undefined;
  const tell = async (event: ClassifyImagesEvent): Promise<void> => {
    if (event.type === "loaded") {
      ({ count, classes } = event);
      notes.push(...event.notes);
      stderr.write(notesText(event.notes));
      if (form === "csv") stdout.write(guessesCsv());
    } else if (event.type === "broken") {
      broken.push({ path: event.path, reason: event.reason });
      notes.push(`${event.path} is left out: ${event.reason}.`);
      progress.done();
      stderr.write(`bellpepper: ${event.path}: ${event.reason}.\n`);
    } else {
      const { why, ...rest } = event;
      if (keep) guessed.push(why ? { ...rest, why: await figuresOf(why) } : rest);
      if (why) {
        const { found } = why.why.said;
        shown.set(`${found.method} ${why.why.note}`, why.why);
        if ("reason" in found) {
          unexplained++;
          progress.done();
          stderr.write(`bellpepper: ${event.path} is not explained: ${found.reason}\n`);
        }
      }
      if (form !== "json") {
        progress.done();
        stdout.write(form === "csv" ? guessesCsv(event) : guessesText(event));
      }
    }
  };
  let done = 0;
  let failure: unknown;
  try {
    for await (const event of classifyImages(model, images, { ...flags, signal: interrupt.signal })) {
      await tell(event);
      if (event.type !== "loaded") progress.show(++done, count);
    }
  } catch (error) {
    failure = error;
  } finally {
    progress.done();
    interrupt.release();
  }
  const stopped = failure !== undefined && interrupt.signal.aborted;
  // What is known by then is written, whatever ended it.
  if (failure === undefined || done > 0 || (stopped && count > 0)) {
    if (flags.out !== undefined && guessed.length > 0) {
      await writePage(flags.out, model, flags, { guessed, count, shown: [...shown.values()], notes });
      if (form === "text") stdout.write(`page  ${flags.out}\n`);
    }
    if (form === "json") stdout.write(guessesJson({ model, classes, guessed, broken, left: count - done }));
  }
  if (stopped) {
    const what = count > 0 ? `${done} of ${plural(count, "picture")} done` : "nothing was looked at";
    stderr.write(plainSpaces(`stopped: ${what}\n`));
    return EXIT.stopped;
  }
  if (failure !== undefined) throw failure;
  return broken.length + unexplained > 0 ? EXIT.failed : EXIT.done;
}

/** A picture with what it is taken for, and why, drawn. */
type ShownGuess = Omit<Guessed, "why"> & Pick<ClassifiedFile, "why">;

/** Why a picture is called so, drawn at once: the maps of many take much memory. */
async function figuresOf(why: NonNullable<Guessed["why"]>): Promise<NonNullable<ClassifiedFile["why"]>> {
  const { whyFigures } = await import("../../report/inspection/why-figures.js");
  return whyFigures(why);
}

/** What a page is made of. */
interface Sheet {
  readonly guessed: readonly ShownGuess[];
  /** how many pictures were to be looked at */
  readonly count: number;
  /** a picture of each way in which they are explained */
  readonly shown: readonly Why[];
  /** what is to be known, and what was left out */
  readonly notes: readonly string[];
}

/** A page with the pictures. */
async function writePage(
  path: string,
  model: string,
  { box, top, prepare, size, classes, explainBy, whyNot, mapLayer }: RecordOf<typeof CLASSIFY_IMAGES.fields>,
  { guessed: pictures, count, shown, notes }: Sheet,
): Promise<void> {
  const { writeContactSheet } = await import("../../report/classification/contact-sheet-file.js");
  const { whySentences } = await import("../../report/inspection/why-figures.js");
  const configuration = { model, top, ...defined({ box, prepare, size, classes, explainBy, whyNot, mapLayer }) };
  const methods = shown.length > 0 ? whySentences(shown) : undefined;
  await writeContactSheet(path, {
    title: `What ${nameOf(model)} sees`,
    pictures,
    box,
    configuration,
    count,
    methods,
    notes,
  });
}
