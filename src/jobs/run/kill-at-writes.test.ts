import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stripesFolder } from "../../../test/support/stripes.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { atOnce } from "../../files/at-once.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { type DiskStep, watchDisk } from "../../files/disk-steps.js";
import { readModelFile } from "../../network/model/model.js";
import { errorText } from "../../values/error-text.js";
import { finishJob } from "../events/event-stream.js";
import { type TrainPicturesOptions, trainPictures } from "../pictures/train-pictures-file.js";

// A run is killed before each step that changes the disk in its first epoch, in a process of its own, from the built files. The same job then
// goes on, and has to end as one that was never interrupted.

let stripes: string;
let runs: string;
let options: TrainPicturesOptions;
beforeAll(async () => {
  stripes = await stripesFolder(8, 8);
  runs = await mkdtemp(join(tmpdir(), "bellpepper-kills-"));
  const network = join(runs, "net.json");
  await writeFileAtomically(network, JSON.stringify([conv(8, 2), softmaxLogLoss()]));
  options = { network, size: { width: 8, height: 8 }, threads: 1, batchSize: 4, epochs: 2, learningRate: 0.001 };
});
afterAll(async () => {
  await rm(stripes, { recursive: true });
  await rm(runs, { recursive: true });
});

const DIST = new URL("../../../dist/", import.meta.url);

/** Trains in another process that is killed before its step of this number. @returns the steps that it was about to take */
async function killedAt(folder: string, number: number): Promise<readonly { step: DiskStep; path: string }[]> {
  const code = `
    import { writeSync } from "node:fs";
    const { watchDisk } = await import(${JSON.stringify(new URL("files/disk-steps.js", DIST).href)});
    const { trainPictures } = await import(${JSON.stringify(new URL("jobs/index.js", DIST).href)});
    let count = 0;
    watchDisk((step, path) => {
      writeSync(1, JSON.stringify({ step, path }) + "\\n");
      if (++count !== ${number}) return;
      process.kill(process.pid, "SIGKILL");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
    for await (const _ of trainPictures(${JSON.stringify(stripes)}, ${JSON.stringify({ ...options, folder })}));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  const [status, signal] = await once(child, "close");
  if (status !== 0 && signal !== "SIGKILL") throw new Error(`The process ended with ${status ?? signal}.`);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** What a run has come to: the bytes of its parameters and predictions, and what is in its folder. */
async function outcomeOf(folder: string): Promise<object> {
  const { model, extraTensors } = readModelFile(
    await readFile(join(folder, "checkpoints/epoch-0002-batch-000000.onnx")),
  );
  const final = readModelFile(await readFile(join(folder, "model.onnx"))).model;
  const events = (await readFile(join(folder, "events.jsonl"), "utf8")).trim().split("\n");
  return {
    names: (await readdir(folder, { recursive: true })).sort(),
    parameters: [...model.parameters, ...extraTensors, ...final.parameters].map(([name, { data }]) => [
      name,
      [...data],
    ]),
    predictions: await readFile(join(folder, "predictions.csv"), "utf8"),
    objectives: events
      .map((line) => JSON.parse(line))
      .flatMap(({ epoch, train }) => (train ? [[epoch, train.objective]] : [])),
  };
}

test("a run that is killed before any write of its first epoch goes on to the same end, and leaves nothing behind", async () => {
  const whole = join(runs, "whole");
  const steps = await killedAt(whole, Number.POSITIVE_INFINITY);
  const expected = await outcomeOf(whole);
  // the second checkpoint begins the second epoch; before it, its folder is looked for
  const second = steps.findIndex(({ path }) => path.includes("epoch-0002")) - 1;
  expect(steps.slice(0, second).map(({ step }) => step)).toEqual([
    ...["make folder", "create", "write", "sync", "rename"],
    ...["make folder", "create", "write", "sync", "rename"],
    ...["make folder", "create", "write", "sync", "rename"],
    ...["make folder", "create", "write", "sync", "rename", "append"],
  ]);
  await atOnce(Array.from({ length: second + 1 }), 2, async (_, i) => {
    const folder = join(runs, `killed-${i + 1}`);
    const taken = await killedAt(folder, i + 1);
    expect(taken).toHaveLength(i + 1);
    await finishJob(trainPictures(stripes, { ...options, folder }));
    expect(await outcomeOf(folder), `killed before ${JSON.stringify(taken.at(-1))}`).toEqual(expected);
  });
}, 600_000);

test("where a write finds no space, it is said what could not be saved and why; the same job then goes on to the same end", async () => {
  const expected = await outcomeOf(join(runs, "whole"));
  const count = await failingAt(Number.POSITIVE_INFINITY, join(runs, "counted"));
  expect(count).toBeGreaterThan(60);
  for (let i = 1; i <= count; i += i < 30 ? 1 : 7) {
    const folder = join(runs, `full-${i}`);
    const message = await failingAt(i, folder).then(() => "", errorText);
    expect(message, `step ${i}`).toMatch(/^(Could not save .+: no space is left on the disk\. .+\.|ENOSPC: .+)$/);
    const stray = await readdir(folder, { recursive: true }).catch(() => []);
    expect(stray.filter((name) => /(^|\/)\./.test(name))).toEqual([]);
    await finishJob(trainPictures(stripes, { ...options, folder }));
    expect(await outcomeOf(folder), `no space for step ${i}`).toEqual(expected);
  }
}, 600_000);

/** Trains where a step of this number finds no space. @returns how many steps there were @throws what the job does */
async function failingAt(number: number, folder: string): Promise<number> {
  let count = 0;
  watchDisk(() => {
    if (++count === number)
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  });
  try {
    await finishJob(trainPictures(stripes, { ...options, folder }));
  } finally {
    watchDisk();
  }
  return count;
}
