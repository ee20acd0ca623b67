import { Command } from "commander";
import { MOST_DEGREES } from "../../reading/ink/level.js";
import type { LineReading, TextReading } from "../../reading/read-line.js";
import { type DefineFlags, withDefineOption } from "../options/define-option.js";
import { type EngineFlags, withEngineOptions } from "../options/engine-options.js";

interface ReadFlags extends EngineFlags, DefineFlags {
  readonly json: boolean;
}

/** From this share of doubtful letters on, of so many at least, what is doubted may be the whole text. */
const MANY = 0.25;
const LONG = 20;

/** `bellpepper read` */
export const readCommand = (): Command =>
  withEngineOptions(
    withDefineOption(
      new Command("read")
        .description("read the lines of text in a picture")
        .argument("<model>", "a model that `train ocr` made, or a checkpoint")
        .argument("<image>", "a picture of text: dark on light or light on dark, any size")
        .option("--json", "print the text, the columns, and each letter with its position and confidence", false),
    ),
  ).action(async (modelFile: string, imageFile: string, { json, define = [], ...engine }: ReadFlags) => {
    const { importDefinitions } = await import("../../jobs/run/definitions-file.js");
    await importDefinitions(define);
    const { readModel } = await import("../../jobs/run/model-file.js");
    const model = await readModel(modelFile);
    const [{ readImage }, { lineReader, SURE }, { nodeEngine }] = await Promise.all([
      import("../../data/pictures/image-file.js"),
      import("../../reading/read-line.js"),
      import("../../engine/node.js"),
    ]);
    const reader = await lineReader(nodeEngine(engine), model);
    const readOn = async (ground: string): Promise<TextReading> =>
      reader.readAll(await readImage(imageFile, { channels: 3, ground }));
    try {
      const onWhite = await readOn("#ffffff");
      // white writing on nothing
      const reading = onWhite.lines.length > 0 ? onWhite : await readOn("#000000");
      tellReading(reading, imageFile, { json, classes: model.classes, sure: SURE });
    } finally {
      await reader.close();
    }
  });

/** Prints what was read, or that there is no text. */
function tellReading(
  reading: TextReading,
  imageFile: string,
  { json, classes, sure }: { readonly json: boolean; readonly classes: readonly string[]; readonly sure: number },
): void {
  if (json) process.stdout.write(`${JSON.stringify(jsonOf(reading), null, 2)}\n`);
  if (reading.lines.length === 0) {
    process.stderr.write(`bellpepper: no text found in ${imageFile}\n`);
    process.exitCode = 1;
  } else if (!json) printLines(reading.lines, classes, sure);
  const { leftOut } = reading;
  if (leftOut > 0) {
    const lines = leftOut === 1 ? "1 line that is" : `${leftOut} lines that are`;
    process.stderr.write(`bellpepper: left out ${lines} too faint or too doubtful in ${imageFile}\n`);
  }
}

/** Of one line what there is of it; of several, all of them, and each by itself. */
function jsonOf({ text, lines }: TextReading) {
  const columns = lines.map((line) => line.columns).join("\n");
  const letters = lines.flatMap((line) => line.letters);
  const each = lines.map((line) => ({
    text: line.text,
    columns: line.columns,
    letters: line.letters,
    marks: line.marks,
  }));
  return { text, columns, letters, lines: each };
}

/** The text goes to standard output; marks below doubtful letters, and what they mean, to standard error. */
function printLines(lines: readonly LineReading[], classes: readonly string[], sure: number): void {
  let doubtful = 0;
  for (const { text, letters } of lines) {
    process.stdout.write(`${text}\n`);
    const doubts = letters.map(({ confidence }) => confidence < sure);
    let letter = 0;
    const marks = [...text].map((sign) => (sign !== " " && doubts[letter++] ? "?" : " ")).join("");
    if (marks.includes("?")) process.stderr.write(`${marks.trimEnd()}\n`);
    doubtful += doubts.filter(Boolean).length;
  }
  const count = lines.reduce((sum, { letters }) => sum + letters.length, 0);
  const marks = lines.reduce((sum, line) => sum + line.marks.length, 0);
  const said = [
    ...(doubtful > 0
      ? [`? marks ${doubtful} of ${count} letters: the model is less than ${100 * sure} % sure of them.`]
      : []),
    ...(marks > 0
      ? [`Left out: ${marks === 1 ? "1 small mark" : `${marks} small marks`}, as full stops and commas are.`]
      : []),
  ];
  if (said.length === 0) return;
  said.push(`It knows ${knownText(classes)} alone, and takes every other sign for one of these.`);
  if (count >= LONG && doubtful >= MANY * count)
    said.push(`Text that is turned by more than ${MOST_DEGREES}° or upside down is not read.`);
  process.stderr.write(`${said.join("\n")}\n`);
}

/** "a–z", or the first and the last classes. */
function knownText(classes: readonly string[]): string {
  const runs: string[][] = [];
  for (const name of classes) {
    const last = runs.at(-1)?.at(-1);
    if (last?.length === 1 && name.length === 1 && name.charCodeAt(0) === last.charCodeAt(0) + 1)
      runs.at(-1)?.push(name);
    else runs.push([name]);
  }
  const texts = runs.flatMap((run) => (run.length > 2 ? [`${run[0]}–${run.at(-1)}`] : run));
  return texts.length <= 12 ? texts.join(", ") : `${texts.slice(0, 11).join(", ")} and ${texts.length - 11} more`;
}
