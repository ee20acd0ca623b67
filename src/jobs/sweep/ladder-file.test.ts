import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stripesFolder } from "../../../test/support/stripes.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { splitDataset } from "../../data/sources/split.js";
import { writeSplit } from "../../data/sources/split-file.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { measureError } from "../../search/certainty.js";
import { drawValues, interval } from "../../search/space.js";
import { PICTURES } from "../settings/pictures-settings.js";
import { SWEEP_LETTERS } from "../settings/sweep-settings.js";
import { type LadderOptions, openLadder, rankTrials, type TrialResult } from "./ladder-file.js";
import { trainTrial } from "./trial-file.js";

let stripes: string;
let folder: string;
let options: LadderOptions;
const forever = new AbortController().signal;

beforeAll(async () => {
  stripes = await stripesFolder(12, 12);
  folder = await mkdtemp(join(tmpdir(), "bellpepper-ladder-"));
  const [network, split] = [join(folder, "net.json"), join(folder, "split.json")];
  await writeFileAtomically(network, JSON.stringify([conv(16, 2), softmaxLogLoss()]));
  const dataset = await openDataset(stripes);
  await writeSplit(split, dataset, splitDataset(dataset, { validation: 0.3, seed: 1 }));
  const epochs = 2;
  const common = { network, size: { width: 16, height: 16 }, threads: 1, batchSize: 4, epochs };
  const values = drawValues([interval("rate", 0.0001, 0.01, { scale: "log" })], 4, 1);
  const trials = values.map((own) => ({
    ...{ values: own, epochs },
    what: {
      ...{ task: "pictures" as const, data: stripes, split, grouping: {} },
      options: PICTURES.make({ ...common, learningRate: Number(own.rate) }),
    },
  }));
  const settings = SWEEP_LETTERS.make({ strategy: "asha", reduction: 2 });
  options = { folder: join(folder, "whole"), trials, settings, samples: 8, threads: 1, together: 1, work: trainTrial };
});
afterAll(async () => {
  for (const made of [stripes, folder]) await rm(made, { recursive: true });
});

/** Trains all that is left. @returns what the trials have shown, and "trial/epochs" of each comparison in its order */
async function climbed(own: LadderOptions): Promise<{ results: (TrialResult | undefined)[]; log: string[] }> {
  const ladder = await openLadder(own);
  const log: string[] = [];
  await ladder.climb(forever, (event) => {
    if (event.type === "judged") log.push(`${event.result.number}/${event.result.epochs}`);
  });
  expect(ladder.done()).toBe(true);
  return { results: [...ladder.results()], log };
}

/** What does not depend on the folder. */
const shown = (results: readonly (TrialResult | undefined)[]): unknown[] =>
  results.map((result) => result && { ...result, folder: "" });

const DIST = new URL("../../../dist/", import.meta.url);

/** Trains in another process, which is killed before it changes the disk for this time. */
async function killedAt(own: LadderOptions, number: number): Promise<void> {
  const { work: _, ...data } = own;
  const code = `
    const { watchDisk } = await import(${JSON.stringify(new URL("files/disk-steps.js", DIST).href)});
    const { openLadder } = await import(${JSON.stringify(new URL("jobs/sweep/ladder-file.js", DIST).href)});
    const { trainTrial } = await import(${JSON.stringify(new URL("jobs/sweep/trial-file.js", DIST).href)});
    let count = 0;
    watchDisk(() => {
      if (++count !== ${number}) return;
      process.kill(process.pid, "SIGKILL");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
    const ladder = await openLadder({ ...${JSON.stringify(data)}, work: trainTrial });
    await ladder.climb(new AbortController().signal, () => undefined);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  expect(await once(child, "close")).toEqual([null, "SIGKILL"]);
}

test("trials are taken further by halves, their errors are those of their runs, and a killed ladder goes on to the same end", async () => {
  const whole = await climbed(options);
  // four trials: each time two are there, the better one goes on
  expect(whole.log).toHaveLength(6);
  expect(whole.log.filter((line) => line.endsWith("/2"))).toHaveLength(2);
  const ranked = rankTrials(whole.results);
  expect(ranked.map(({ epochs }) => epochs)).toEqual([2, 2, 1, 1]);
  for (const { epochs, curves, measured, folder: place } of ranked) {
    expect(measured).toEqual(measureError([curves[0][epochs - 1]], 8));
    expect(existsSync(join(place, "model.onnx"))).toBe(epochs === 2);
  }
  // It is killed again and again, each time a little later than it had come: in the first trial, between two of them, and on the way up.
  const own = { ...options, folder: join(folder, "killed") };
  for (const number of [9, 31, 52]) await killedAt(own, number);
  const { results } = await climbed(own);
  expect(shown(results)).toEqual(shown(whole.results));
  for (const result of results.flatMap((each) => each ?? [])) {
    expect(existsSync(join(result.folder, "model.onnx"))).toBe(result.epochs === 2);
  }
  // nothing is done twice
  expect((await climbed(own)).log).toEqual([]);
});

test("each trial has several seeds, whose mean it is compared by; the better of two goes on", async () => {
  const settings = { ...options.settings, seeds: 2 };
  const own = { ...options, settings, folder: join(folder, "seeds"), trials: options.trials.slice(0, 2) };
  const { results } = await climbed(own);
  for (const [i, result] of results.entries()) {
    const { curves = [], epochs = 0, measured } = result ?? {};
    expect(curves).toHaveLength(2);
    expect(measured).toEqual(measureError([curves[0][epochs - 1], curves[1][epochs - 1]], 8));
    expect(existsSync(join(own.folder, `trial-${i + 1}-seed-2`, "config.json"))).toBe(true);
  }
  const errors = results.map((result) => ((result?.curves[0][0] ?? 0) + (result?.curves[1][0] ?? 0)) / 2);
  expect(results[errors[1] < errors[0] ? 1 : 0]?.epochs).toBe(2);
});

test("a trial that diverges is the worst, and the others go on; it is not tried again", async () => {
  const [first, second] = options.trials;
  if (first.what.task !== "pictures") throw new Error("These trials are trained on pictures.");
  const wild = { ...first, what: { ...first.what, options: { ...first.what.options, learningRate: 1e30 } } };
  const settings = { ...options.settings, strategy: "grid" as const };
  const own = { ...options, settings, trials: [wild, second], folder: join(folder, "wild") };
  const { results } = await climbed(own);
  const [best, worst] = rankTrials(results);
  expect(best).toMatchObject({ number: 2, epochs: 2 });
  expect(worst).toMatchObject({ number: 1, failed: expect.stringContaining("Training diverged in epoch 1") });
  expect((await climbed(own)).log).toEqual([]);
});
