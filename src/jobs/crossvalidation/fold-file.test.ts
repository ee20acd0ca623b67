import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stripesFolder } from "../../../test/support/stripes.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { folds, type Split } from "../../data/sources/split.js";
import { writeSplit } from "../../data/sources/split-file.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { readPredictions } from "../../evaluation/table/predictions-file.js";
import { PICTURES } from "../settings/pictures-settings.js";
import { type FoldEvent, type FoldJob, type FoldStartedEvent, foldPredictions, trainFold } from "./fold-file.js";

let stripes: string;
let runs: string;
let dataset: Dataset;
let split: Split;
beforeAll(async () => {
  stripes = await stripesFolder(12, 8);
  runs = await mkdtemp(join(tmpdir(), "bellpepper-fold-"));
  dataset = await openDataset(stripes);
  [, split] = folds(dataset, 2);
});
afterAll(async () => {
  await rm(stripes, { recursive: true });
  await rm(runs, { recursive: true });
});

/** The second of two folds, in a new folder with its split. */
async function jobIn(name: string, epochs = 2): Promise<FoldJob> {
  const folder = join(runs, name);
  await mkdir(folder);
  await writeSplit(join(folder, "split.json"), dataset, split);
  const options = { threads: 1, device: "cpu", size: { width: 8, height: 8 }, batchSize: 8, epochs } as const;
  return { fold: 1, count: 2, folder, data: stripes, options: PICTURES.make(options) };
}

interface Outcome {
  readonly table: ClassTable | undefined;
  readonly start: FoldStartedEvent | undefined;
  /** those after the start */
  readonly events: readonly FoldEvent[];
}

/** Trains a fold; stops it where `until` says so. */
async function trained(job: FoldJob, until?: (event: FoldEvent) => boolean): Promise<Outcome> {
  const signal = { aborted: false };
  const events: FoldEvent[] = [];
  let start: FoldStartedEvent | undefined;
  const table = await trainFold(job, signal, (event) => {
    if (event.type === "started") {
      expect(events).toEqual([]);
      start = event;
      return;
    }
    events.push(event);
    if (until?.(event)) signal.aborted = true;
  });
  return { table, start, events };
}

const epochsOf = ({ events }: Outcome): number[] =>
  events.flatMap((event) => (event.type === "epoch" ? [event.epoch] : []));

describe("a fold", () => {
  test("predicts its validation pictures, each with the number of the fold, and keeps that and its model", async () => {
    const job = await jobIn("whole");
    const outcome = await trained(job);
    expect(epochsOf(outcome)).toEqual([1, 2]);
    const { table, start } = outcome;
    // 12 lying and 8 standing pictures: half of each
    const paths = split.validation.map((i) => dataset.items[i].path);
    expect(paths).toHaveLength(10);
    expect(table?.paths).toEqual(paths);
    expect(table?.labels).toEqual(Int32Array.from(split.validation, (i) => dataset.items[i].label));
    expect(table?.folds).toEqual(new Int32Array(10).fill(1));
    expect(foldPredictions(job)).toBe(join(job.folder, "predictions.csv"));
    expect(await readPredictions(foldPredictions(job))).toEqual(table);
    expect(existsSync(join(job.folder, "model.onnx"))).toBe(true);
    // what was not asked for is said, and kept with what was
    expect(start).toMatchObject({ epochs: 2, done: 0 });
    expect(start?.choices.map(({ what }) => what)).toEqual(["network", "solver", "rate"]);
    const configuration = JSON.parse(await readFile(join(job.folder, "config.json"), "utf8"));
    expect(configuration).toMatchObject({ fold: 2, data: stripes, size: [8, 8], epochs: 2, batchSize: 8 });
  }, 60_000);

  test("that is done is not trained again: its predictions are read", async () => {
    const job = await jobIn("done", 1);
    const { table } = await trained(job);
    const again = await trained(job);
    expect(again.events).toEqual([]);
    expect(again.start?.done).toBe(1);
    expect(again.table).toEqual(table);
  }, 60_000);

  test("that was stopped has no predictions, goes on where it was, and ends the same", async () => {
    const job = await jobIn("stopped", 3);
    const whole = { ...job, folder: `${job.folder}-whole` };
    await cp(job.folder, whole.folder, { recursive: true });
    const stopped = await trained(job, (event) => event.type === "epoch");
    expect(stopped.table).toBeUndefined();
    expect(epochsOf(stopped)).toEqual([1]);
    expect(existsSync(foldPredictions(job))).toBe(false);
    const second = await trained(job);
    expect(second.start?.done).toBe(1);
    expect(epochsOf(second)).toEqual([2, 3]);
    expect(second.table).toEqual((await trained(whole)).table);
  }, 60_000);

  test("whose folder holds one with other settings is refused", async () => {
    const job = await jobIn("other", 1);
    await trained(job);
    const changed = { ...job, options: { ...job.options, seed: 2 } };
    await expect(trained(changed)).rejects.toThrow(/other holds a run with other settings \(seed 1, now 2\)/);
    await expect(trained({ ...job, fold: 0 })).rejects.toThrow(/other settings \(fold 2, now 1\)/);
  }, 60_000);
});
