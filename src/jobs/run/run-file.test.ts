import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeFullDisk } from "../../../test/support/small-disk.js";
import { smallLetters } from "../../../test/support/small-letters.js";
import { nodeEngine } from "../../engine/node.js";
import type { Tensor } from "../../graph/types.js";
import { readModelFile } from "../../network/model/model.js";
import type { TrainingEvent } from "../../training/events.js";
import { cosine, onPlateau } from "../../training/solver/schedule.js";
import { adam, sgd } from "../../training/solver/solver.js";
import { type LettersOptions, openLetters } from "../letters/letters-task-file.js";

let letters: string;
let folder: string;

beforeAll(async () => {
  letters = await smallLetters(20);
  folder = await mkdtemp(join(tmpdir(), "bellpepper-runs-"));
});

afterAll(async () => {
  await rm(letters, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

/** 15 typefaces to train on are then 13 steps in an epoch, the last one with padding; half a batch is still computed as C×H×W×N. */
const BATCH_SIZE = 32;

const options = (more: Partial<LettersOptions> = {}): LettersOptions => ({
  epochs: 3,
  batchSize: BATCH_SIZE,
  solver: sgd(),
  learningRate: 0.001,
  jitter: "text",
  threads: 1,
  device: "cpu",
  letters,
  ...more,
});

/** Trains in a folder; stops where `until` says so. */
async function trained(
  name: string,
  more: Partial<LettersOptions> = {},
  until?: (event: TrainingEvent) => boolean,
): Promise<TrainingEvent[]> {
  const job = await openLetters(join(folder, name), options(more));
  const controller = new AbortController();
  const events: TrainingEvent[] = [];
  for await (const event of job.events(nodeEngine({ threads: 1 }), controller.signal)) {
    events.push(event);
    if (until?.(event)) controller.abort();
  }
  return events;
}

/** The checksums of tensors by their names: half a million numbers are not compared one by one. */
const checksums = (tensors: Iterable<readonly [string, Tensor]>): Map<string, string> =>
  new Map(
    Array.from(tensors, ([key, { data }]) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [key, createHash("sha256").update(bytes).digest("hex")] as const;
    }),
  );

/** Everything in the newest checkpoint that training goes on from. */
async function newest(name: string): Promise<{ tensors: Map<string, string>; state: string }> {
  const place = join(folder, name, "checkpoints");
  const files = (await readdir(place)).sort();
  const { model, extraTensors, extraMetadata } = readModelFile(await readFile(join(place, files[files.length - 1])));
  return {
    tensors: checksums([...model.parameters, ...extraTensors]),
    state: JSON.parse(extraMetadata["bellpepper.training"]).epoch,
  };
}

/** The lines of the log that tell of epochs. */
async function epochLines(name: string): Promise<{ epoch: number; train: object; validation: object }[]> {
  const lines = (await readFile(join(folder, name, "events.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "epoch");
}

describe("a run that is interrupted", () => {
  beforeAll(async () => {
    await trained("whole");
  }, 60_000);

  test("goes on bit for bit after it was stopped in the middle of an epoch", async () => {
    const first = await trained(
      "stopped",
      {},
      (event) => event.type === "batch" && event.epoch === 2 && event.batch === 5,
    );
    expect(first.at(-1)).toMatchObject({ type: "stopped", state: { epoch: 1, batch: 5 } });
    const second = await trained("stopped");
    expect(second[0]).toMatchObject({ type: "batch", epoch: 2, batch: 6 });
    expect(await newest("stopped")).toEqual(await newest("whole"));
    const [, whole] = await epochLines("whole");
    const again = second.find((event) => event.type === "epoch");
    expect(again).toMatchObject({
      epoch: 2,
      train: { ...whole.train, imagesPerSecond: expect.any(Number), waiting: expect.any(Number) },
    });
  }, 60_000);

  test("goes on bit for bit with Adam, averaged weights, a plateau and early stopping", async () => {
    const more: Partial<LettersOptions> = {
      epochs: 5,
      solver: adam(),
      learningRate: onPlateau({ rate: 0.002, patience: 0, threshold: 0.5 }),
      subBatches: 2,
      averaging: 0.9,
      earlyStopping: { patience: 2 },
    };
    await trained("whole-adam", more);
    const parts = [
      await trained("adam", more, (event) => event.type === "batch" && event.epoch === 1 && event.batch === 3),
      await trained("adam", more, (event) => event.type === "batch" && event.epoch === 3 && event.batch === 1),
      await trained("adam", more),
    ];
    expect(parts.map((events) => events.find((event) => event.type === "batch"))).toMatchObject([
      { epoch: 1, step: 1 },
      { epoch: 1, batch: 4, step: 4 },
      { epoch: 3, batch: 2 },
    ]);
    const [one, other] = [await newest("adam"), await newest("whole-adam")];
    expect(one).toEqual(other);
    for (const name of ["mean/conv1/filters", "squares/conv4/biases", "average/conv1/filters", "best/conv1/filters"]) {
      expect(one.tensors.has(name), name).toBe(true);
    }
    // The model is that of the best epoch, whose weights are means over steps.
    const job = await openLetters(join(folder, "adam"), options(more));
    if (!job.run.resume) throw new Error("no state");
    const model = await job.run.finish(job.run.resume);
    const { best } = job.run.resume;
    expect(checksums(model.parameters)).toEqual(checksums(best?.parameters ?? []));
  }, 120_000);

  test("has the rates that were planned: it may be prolonged only where they do not depend on its end", async () => {
    await trained("planned", { epochs: 1, learningRate: cosine({ rate: 0.001 }) });
    await expect(trained("planned", { epochs: 2, learningRate: cosine({ rate: 0.001 }) })).rejects.toThrow(
      /planned holds a run with other settings \(scheduledEpochs 1, now 2\)/,
    );
    await expect(trained("planned", { epochs: 1, learningRate: 0.001 })).rejects.toThrow(
      /learningRate\.type "cosine", now none; .*learningRate none, now 0\.001/,
    );
  }, 60_000);

  test("goes on bit for bit after kill -9 in the middle of an epoch", async () => {
    const main = join(import.meta.dirname, "../../../dist/cli/main.js");
    const out = join(folder, "killed");
    const words = `train ocr --epochs 3 --batch-size ${BATCH_SIZE} --solver sgd --schedule constant --threads 1`;
    const call = words.split(" ");
    const child = spawn(process.execPath, [main, ...call, "--letters", letters, "--out", out], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await saidBy(child, /epoch 2\/3 train/);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect(existsSync(join(out, "model.onnx"))).toBe(false);
    await trained("killed");
    expect(await newest("killed")).toEqual(await newest("whole"));
    expect((await epochLines("killed")).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  }, 120_000);

  test("takes the checkpoint before one that is damaged", async () => {
    await trained("damaged", { epochs: 2 });
    const place = join(folder, "damaged", "checkpoints");
    const last = (await readdir(place)).sort().at(-1) ?? "";
    const bytes = await readFile(join(place, last));
    await writeFile(join(place, last), bytes.subarray(0, bytes.length / 2));
    const job = await openLetters(join(folder, "damaged"), options());
    expect(job.run.resume?.epoch).toBe(1);
    expect(job.run.notes[0]).toContain(last);
    await trained("damaged");
    expect(await newest("damaged")).toEqual(await newest("whole"));
  }, 60_000);

  test("may be prolonged, but not changed", async () => {
    await trained("longer", { epochs: 1 });
    await expect(trained("longer", { epochs: 2, solver: sgd({ momentum: 0.5 }) })).rejects.toThrow(
      /longer holds a run with other settings \(solver.momentum 0.9, now 0.5\)\. Start over with --fresh/,
    );
    const events = await trained("longer", { epochs: 2 });
    expect(events.filter((event) => event.type === "epoch").map((event) => event.epoch)).toEqual([2]);
  }, 60_000);
});

test.each<[string, (configuration: Record<string, unknown>) => object, RegExp]>([
  ["an unknown field", (all) => ({ ...all, batchsize: 5 }), /unknown field 'batchsize': did you mean 'batchSize'\?/],
  ["a field less", ({ solver: _, ...all }) => all, /solver: expected an object, got nothing\./],
  ["a value out of range", (all) => ({ ...all, epochs: 0 }), /epochs: expected a whole number of at least 1, got 0\./],
])("a configuration with %s is told from one with other settings", async (name, change, message) => {
  const place = join(folder, name.replaceAll(" ", "-"));
  await openLetters(place, options());
  const path = join(place, "config.json");
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, "utf8")))));
  const opened = openLetters(place, options());
  await expect(opened).rejects.toThrow(message);
  await expect(opened).rejects.toThrow(
    /Another version of Bell Pepper began the run, or its configuration was changed by hand\. Start over with --fresh/,
  );
  await expect(openLetters(place, options(), true)).resolves.toBeDefined();
});

test("the log has the statistics of each epoch", async () => {
  await trained("logged", { epochs: 1 });
  const [line] = await epochLines("logged");
  expect(Object.keys(line)).toEqual(["type", "epoch", "learningRate", "train", "validation", "layerStatistics"]);
  const numbers = {
    objective: expect.any(Number),
    metrics: { top1Error: expect.any(Number), top5Error: expect.any(Number) },
    imagesPerSecond: expect.any(Number),
    waiting: expect.any(Number),
  };
  expect(line.train).toEqual(numbers);
  expect(line.validation).toEqual(numbers);
  expect(JSON.stringify(line)).toMatch(
    /"train":\{"objective":3\.\d+,"metrics":\{"top1Error":0\.9\d+,"top5Error":0\.[78]\d*\}/,
  );
});

test("a folder with something else in it is left alone", async () => {
  const place = await mkdtemp(join(folder, "other-"));
  await writeFile(join(place, "thesis.txt"), "years of work");
  await expect(openLetters(place, options(), true)).rejects.toThrow(/holds thesis.txt and no run/);
  expect(await readFile(join(place, "thesis.txt"), "utf8")).toBe("years of work");
  await expect(openLetters(join(place, "thesis.txt"), options())).rejects.toThrow(/it is a file, not a folder/);
});

// It has room for one checkpoint of 3.8 MB and not for two.
describeFullDisk("6m", (place) => {
  test("ends training with one message; what was saved stays whole, and the run goes on when there is room", async () => {
    const out = join(place, "run");
    const job = await openLetters(out, options({ epochs: 3 }));
    const run = async (): Promise<void> => {
      for await (const _ of job.events(nodeEngine({ threads: 1 }), new AbortController().signal));
    };
    await expect(run()).rejects.toThrow(
      /^Could not save epoch 2 in .*run: no space is left on the disk\. What was saved before is whole/,
    );
    const files = await readdir(join(out, "checkpoints"));
    expect(files).toEqual(["epoch-0001-batch-000000.onnx"]);
    expect((await stat(join(out, "checkpoints", files[0]))).size).toBeGreaterThan(3.8e6);
    expect((await openLetters(out, options())).run.resume?.epoch).toBe(1);
  }, 60_000);
});

/** Waits until a process has printed something. */
function saidBy(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve();
    });
    child.once("exit", () => reject(new Error(`ended before it said ${pattern}: ${text}`)));
  });
}
