/** Why pictures are taken for others: for whole cells of a confusion matrix, by the model that judged each picture. */

import type { Samples } from "../../data/samples.js";
import { predicted } from "../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { probabilitiesOf } from "../../evaluation/table/predictions.js";
import type { MethodName } from "../../inspection/attribution/methods.js";
import { answerOf, whyOf } from "../../inspection/attribution/why.js";
import { samplesBatch } from "../../inspection/batches.js";
import { activations, type Opened } from "../../inspection/opened.js";
import type {
  ExplainedCell,
  ExplainedCells,
  ExplainedMistake,
} from "../../report/evaluation/sections/explained-cells-section.js";
import { errorText } from "../../values/error-text.js";
import { isStop } from "../events/event-stream.js";
import type { ExplainingEvent } from "../events/job-events.js";

/** So many cells are explained, those of the most mistakes. */
const CELLS = 12;
/** So many pictures of a cell are explained, those that were taken for it most surely. */
const IN_A_CELL = 24;

/** What was judged, and by what. */
export interface Judged {
  readonly table: ClassTable;
  /** sample i is row i of the table */
  readonly samples: Samples;
  /** who judged a picture, by its row: pictures of one judge are explained together */
  judgeOf(sample: number): number;
  /** Opens a judge's model. @throws Error when it cannot be read */
  open(judge: number): Promise<Opened>;
  readonly method?: MethodName | undefined;
}

/** A picture that is to be explained. */
interface Asked {
  readonly sample: number;
  readonly cell: number;
}

/**
 * Explains the mistakes of the cells that have most of them. Where it is stopped, it gives those that are done.
 *
 * @throws what reading a picture throws
 */
export async function* explainMistakes(
  { table, samples, judgeOf, open, method }: Judged,
  signal: AbortSignal | undefined,
): AsyncGenerator<ExplainingEvent, ExplainedCells, undefined> {
  const { cells, ...left } = chosenCells(table);
  const asked = cells.flatMap(({ samples: own }, cell) => own.map((sample): Asked => ({ sample, cell })));
  const judges = [...new Set(asked.map(({ sample }) => judgeOf(sample)))].sort((a, b) => a - b);
  const explained: ExplainedMistake[][] = cells.map(() => []);
  const notes: string[] = [];
  let done = 0;
  for (const judge of judges) {
    const own = asked.filter(({ sample }) => judgeOf(sample) === judge);
    try {
      signal?.throwIfAborted();
      const opened = await open(judge).catch((error: unknown) => errorText(error));
      if (typeof opened === "string") {
        notes.push(`Not explained are pictures (${own.length}) whose model cannot be looked into: ${opened}`);
        continue;
      }
      try {
        for (const { sample, cell } of own) {
          signal?.throwIfAborted();
          const { truth, guess } = cells[cell];
          explained[cell].push(
            await explainedMistake(opened, samples, table, { sample, truth, guess }, method, signal),
          );
          yield { type: "explaining", done: ++done, total: asked.length };
        }
      } finally {
        await opened.close();
      }
    } catch (error) {
      if (!isStop(error, signal)) throw error;
      notes.push(`It was stopped: ${done} of ${asked.length} pictures are explained.`);
      break;
    }
  }
  const made = cells.map(({ samples: own, truth, guess, count }, cell): ExplainedCell => {
    const order = new Map(own.map((sample, i) => [sample, i]));
    const rank = ({ sample }: ExplainedMistake): number => order.get(sample) ?? 0;
    return { truth, guess, count, mistakes: explained[cell].sort((a, b) => rank(a) - rank(b)) };
  });
  return { cells: made.filter(({ mistakes }) => mistakes.length > 0), notes, ...left };
}

/** A cell of the matrix, off its diagonal. */
interface Chosen {
  readonly truth: number;
  readonly guess: number;
  /** how many pictures it has */
  readonly count: number;
  /** those that are explained, the surest first */
  readonly samples: readonly number[];
}

/** The cells with most mistakes, and how many cells and pictures are not in them. */
function chosenCells(table: ClassTable): { cells: Chosen[]; leftCells: number; leftPictures: number } {
  // by pair, and not a list for each cell: of thousands of classes there are millions of cells
  const found = new Map<string, { truth: number; guess: number; samples: number[] }>();
  for (const [sample, guess] of predicted(table).entries()) {
    const truth = table.labels[sample];
    if (guess === truth) continue;
    const key = `${truth} ${guess}`;
    const cell = found.get(key) ?? { truth, guess, samples: [] };
    cell.samples.push(sample);
    found.set(key, cell);
  }
  const all = [...found.values()].map((cell): Chosen => ({ ...cell, count: cell.samples.length }));
  const sure = (sample: number, guess: number): number => probabilitiesOf(table, sample)[guess];
  all.sort((a, b) => b.count - a.count || a.truth - b.truth || a.guess - b.guess);
  const cells = all.slice(0, CELLS).map(({ samples, guess, ...cell }) => ({
    ...cell,
    guess,
    samples: [...samples].sort((a, b) => sure(b, guess) - sure(a, guess)).slice(0, IN_A_CELL),
  }));
  const pictures = all.slice(CELLS).reduce((sum, { count }) => sum + count, 0);
  return { cells, leftCells: all.length - cells.length, leftPictures: pictures };
}

async function explainedMistake(
  opened: Opened,
  samples: Samples,
  table: ClassTable,
  { sample, truth, guess }: { readonly sample: number; readonly truth: number; readonly guess: number },
  method: MethodName | undefined,
  signal: AbortSignal | undefined,
): Promise<ExplainedMistake> {
  const { classes } = opened.model;
  const input = await samplesBatch(samples, [sample]);
  const [said, other] = [guess, truth].map((k) => answerOf(opened, classes.indexOf(table.classes[k])));
  const { scores } = await activations(opened, input, ["scores"]);
  const likeliest = classes[scores.data.reduce((best, score, k) => (score > scores.data[best] ? k : best), 0)];
  const why = await whyOf(opened, input, said, other, { method, signal });
  const sure = probabilitiesOf(table, sample)[guess];
  const source = table.paths?.[sample] ?? `sample ${sample}`;
  return { sample, source, sure, why, ...(likeliest === said.name ? {} : { otherwise: likeliest }) };
}
