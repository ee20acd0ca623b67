/** The folder of a result, which is what it was made from: a model and pictures. Nothing that is made from others is written over it. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isTemporary, removeFile, sweepTemporaries, writeFileAtomically } from "../../files/atomic-file.js";
import { folderToHold, isLock } from "../../files/hold-folder-file.js";
import { text } from "../../values/kind.js";
import { optional, type RecordOf, record, required } from "../../values/record.js";
import type { Job } from "../events/job.js";
import { RunError } from "../run/run-error.js";
import { expectNoRun } from "../run/run-file.js";

/** The file that says what a result was made from. */
const MADE_FROM = "made-from.json";

/** What a result has in its folder. */
const OWN = [
  MADE_FROM,
  "predictions.csv",
  "boxes.csv",
  "evaluation.html",
  "label-errors.csv",
  "inspection.html",
  "pictures",
];

const MADE = record({
  /** "evaluation", "classification" or "inspection" */
  task: required(text()),
  /** the checksum of the model's file */
  model: required(text()),
  /** the checksum of the pictures: their names, labels and pixels */
  pictures: required(text()),
  /** which views of them, where there are several of each */
  views: optional(text()),
});

/** What a result is made from. */
export type MadeFrom = RecordOf<typeof MADE.fields>;

/** Where a result goes. */
export interface ResultFolder {
  readonly folder: string;
  /** what the user should know about it */
  readonly notes: readonly string[];
  /** Holds the folder, and says in it what the result is made from; where that is not whole in the end, a new folder is taken away. */
  begin(): Promise<void>;
  /** The result is whole. */
  keep(): void;
}

/**
 * Where a result goes: into the folder that was asked for, or else into the usual one. The same result is written anew. Where another one is in the
 * usual folder, it goes beside it, and this is said.
 *
 * @param asked the folder that was asked for
 * @param usual the one that is taken otherwise
 * @throws RunError when something else is in the folder that was asked for; Error when another process uses it
 */
export async function resultFolder(
  job: Job,
  asked: string | undefined,
  usual: string,
  made: MadeFrom,
): Promise<ResultFolder> {
  let folder = asked ?? usual;
  const other = await otherIn(folder, made);
  if (other !== undefined && asked !== undefined) throw new RunError(`${folder} holds ${other}. ${WAY_OUT}`);
  for (let n = 2; (await otherIn(folder, made)) !== undefined; n++) folder = `${usual}-${n}`;
  const held = job.closing(await folderToHold(folder));
  let unfinished = false;
  const notes = other === undefined ? [] : [`${usual} holds ${other}: this result goes to ${folder}.`];
  return {
    folder,
    notes,
    async begin() {
      await held.begin();
      const meanwhile = await otherIn(folder, made);
      if (meanwhile !== undefined) throw new RunError(`${folder} holds ${meanwhile}. ${WAY_OUT}`);
      for (const each of [folder, join(folder, "pictures")]) await sweepTemporaries(each);
      unfinished = (await namesIn(folder)).length === 0;
      job.closing({
        close: async () => {
          if (unfinished) for (const name of OWN) await removeFile(join(folder, name)).catch(() => undefined);
        },
      });
      await writeFileAtomically(join(folder, MADE_FROM), `${JSON.stringify(made)}\n`);
    },
    keep() {
      unfinished = false;
    },
  };
}

/**
 * Refuses a folder into which no result may go, before any work is done.
 *
 * @throws RunError when the folder holds a run, or files that are no result
 */
export async function expectResultFolder(folder: string): Promise<void> {
  await expectNoRun(folder);
  const names = await namesIn(folder);
  const foreign = names.filter((name) => !OWN.includes(name));
  if (foreign.length === 0) return;
  throw new RunError(`${folder} holds ${foreign.slice(0, 3).join(", ")} and is no result's folder. ${WAY_OUT}`);
}

const WAY_OUT = "Choose another folder with --out.";

/** What is in a folder in place of this result; undefined where the result may go there. */
async function otherIn(folder: string, made: MadeFrom): Promise<string | undefined> {
  const names = await namesIn(folder);
  if (names.length === 0) return undefined;
  const before = await madeFromOf(folder);
  if (!before) return `something that does not say what it was made from (${names.slice(0, 3).join(", ")})`;
  const others = [
    ...(before.model === made.model ? [] : ["another model"]),
    ...(before.pictures === made.pictures ? [] : ["other pictures"]),
    ...(before.views === made.views ? [] : ["other views"]),
  ];
  if (before.task !== made.task) return `another kind of result (${before.task})`;
  return others.length > 0 ? `the ${made.task} of ${others.join(" and ")}` : undefined;
}

async function madeFromOf(folder: string): Promise<MadeFrom | undefined> {
  try {
    return MADE.read(JSON.parse(await readFile(join(folder, MADE_FROM), "utf8")), MADE_FROM);
  } catch {
    return undefined;
  }
}

/** What is in a folder beside what is only being written; nothing where it is not there. */
const namesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => !isLock(name) && !isTemporary(name));
