import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conv } from "../src/blocks/convolution/conv.js";
import { dropout } from "../src/blocks/dropout/dropout.js";
import { softmaxLogLoss } from "../src/blocks/loss/class-losses.js";
import { readModelFile } from "../src/network/model/model.js";
import { MAIN, type Outcome, runCommand } from "./support/command.js";
import { until } from "./support/slurm.js";
import { stripesFolder } from "./support/stripes.js";

// Open MPI's, as Debian names it; what src/cluster has to do with MPICH is tested there, and a process that is killed there and under Slurm.
const MPIRUN = "mpirun.openmpi";
const absent = spawnSync(MPIRUN, ["--version"]).error !== undefined;

let stripes: string;
let own: string;
/** what is trained, with a rate that does not depend on the number of epochs */
let quick: readonly string[];
beforeAll(async () => {
  stripes = await stripesFolder(13, 12);
  own = await mkdtemp(join(tmpdir(), "bellpepper-mpirun-"));
  const network = join(own, "net.json");
  await writeFile(network, JSON.stringify([conv(3, 6), dropout(0.2), conv(6, 2), softmaxLogLoss()]));
  quick = [
    ...["--network", network, "--size", "8", "--jitter", "light", "--batch-size", "6", "--threads", "1"],
    ...["--schedule", "constant", "--learning-rate", "0.003"],
  ];
});
const children: ChildProcess[] = [];
afterAll(async () => {
  // what a failed test has left
  for (const child of children) child.kill();
  for (const each of [stripes, own]) await rm(each, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly ended: Promise<Outcome & { readonly seconds: number }>;
}

/** Starts mpirun with these options; what is to be run is among them. */
function mpirun(...call: readonly string[]): Started {
  const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
  const begun = performance.now();
  const child = spawn(MPIRUN, ["--oversubscribe", "--bind-to", "none", ...call], { cwd: own, env });
  children.push(child);
  const text = { out: "", err: "" };
  for (const name of ["out", "err"] as const) {
    child[`std${name}`].on("data", (bytes) => {
      text[name] += bytes;
    });
  }
  const ended = once(child, "close").then(([code, signal]) => ({
    ...{ code: code ?? signal, ...text },
    seconds: (performance.now() - begun) / 1000,
  }));
  return { child, out: () => text.out, ended };
}

const program = (...call: readonly string[]): string[] => [process.execPath, MAIN, ...call];

/** Trains in so many processes. */
const train = (ranks: number, ...options: readonly string[]): Started =>
  mpirun("-n", `${ranks}`, ...program("train", stripes, ...quick, ...options));

/** Begins a training without end, and waits until its second epoch has begun. */
async function begun(ranks: number, run: string): Promise<Started> {
  const started = train(ranks, "--epochs", "1000000", "--out", run);
  const early = started.ended.then(({ out, err }) => {
    throw new Error(`It has ended: ${out}${err}`);
  });
  await Promise.race([early, until("it trains", async () => started.out().includes("epoch 2/"))]);
  early.catch(() => undefined);
  return started;
}

/** The lines that are ours, with the names of processes left out. */
const ours = ({ err }: Outcome): readonly string[] =>
  err
    .split("\n")
    .filter((line) => line.startsWith("bellpepper: "))
    .map((line) => line.replace(/process \d+ on [^)]+/g, "…"));

const inRun = (run: string, name: string): Promise<string> => readFile(join(own, run, name), "utf8");

/** The parameters of a run's model, and what was measured after each epoch, number for number. */
async function learned(run: string): Promise<unknown> {
  const { model } = readModelFile(await readFile(join(own, run, "model.onnx")));
  const parameters = [...model.parameters].map(([name, { data }]) => [name, [...data]]);
  const epochs = (await inRun(run, "events.jsonl"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return [parameters, epochs.map(({ train, validation }) => [train.objective, train.metrics, validation.objective])];
}

/** The processes that a launcher has started. */
const childrenOf = ({ child }: Started): number[] =>
  spawnSync("pgrep", ["-P", `${child.pid}`, "-f", "cli/main.js"], { encoding: "utf8" })
    .stdout.trim()
    .split("\n")
    .map(Number);

describe.skipIf(absent)(`by ${MPIRUN} (skipped where it is not installed)`, () => {
  test("two processes train what one trains whose batches are divided in two, and write the same files once", async () => {
    const options = ["--epochs", "2"];
    const [two, one] = await Promise.all([
      train(2, ...options, "--out", "two").ended,
      runCommand(own, "train", stripes, ...quick, ...options, "--sub-batches", "2", "--out", "one"),
    ]);
    expect([two.code, ours(two), one.code]).toEqual([0, [], 0]);
    expect(two.out.match(/^epoch 1\/2 /gm)).toHaveLength(1);
    expect(two.out).not.toContain("\u001b");
    expect(await learned("two")).toEqual(await learned("one"));
    expect(await inRun("two", "predictions.csv")).toBe(await inRun("one", "predictions.csv"));
    expect((await readdir(join(own, "two"))).sort()).toEqual((await readdir(join(own, "one"))).sort());
    expect(JSON.parse(await inRun("two", "config.json"))).toMatchObject({ ranks: 2, subBatches: 1 });
  });

  test("a signal to any of them saves the same step of all, and another number of them goes on", async () => {
    const started = await begun(3, "stopped");
    process.kill(childrenOf(started)[1], "SIGUSR1");
    const stopped = await started.ended;
    expect([stopped.code, ours(stopped)]).toEqual([130, []]);
    const [, epoch] = /stopped after epoch (\d+)(, batch \d+)?; saved in/.exec(stopped.out) ?? [];
    const on = await train(2, "--epochs", `${Number(epoch) + 1}`, "--out", "stopped").ended;
    expect([on.code, ours(on)]).toEqual([0, []]);
    expect(on.out).toContain("The run began with ranks 3, now 2: results may differ");
    expect(on.out).toMatch(new RegExp(`^going on after epoch ${epoch}`, "im"));
  });

  test("the folds of a cross-validation are shared, with the files of one process", async () => {
    const options = [...quick, "--folds", "2", "--epochs", "1"];
    const two = await mpirun("-n", "2", ...program("crossvalidate", stripes, ...options, "--out", "folds")).ended;
    expect([two.code, ours(two)]).toEqual([0, []]);
    expect(two.out).toContain("25 pictures of 2 classes in 2 folds");
    const one = await runCommand(own, "crossvalidate", stripes, ...options, "--out", "folds-of-one");
    expect(one.code).toBe(0);
    expect(await inRun("folds", "predictions.csv")).toBe(await inRun("folds-of-one", "predictions.csv"));
    const files = async (run: string): Promise<string[]> => {
      const all = await readdir(join(own, run), { recursive: true });
      return all.filter((name) => !/cache|pictures/.test(name)).sort();
    };
    expect(await files("folds")).toEqual(await files("folds-of-one"));
  });

  test("those that are about to do something else, or see other pictures, are named, and nothing is written", async () => {
    const others = await stripesFolder(13, 13);
    const call = (data: string, ...options: readonly string[]): string[] =>
      program("train", data, ...quick, ...options, "--epochs", "1", "--out", "differing");
    const [settings, data, missing] = await Promise.all(
      [call(stripes, "--clip", "3"), call(others), call(join(own, "missing"))].map(
        (other) => mpirun("-n", "1", ...call(stripes), ":", "-n", "1", ...other).ended,
      ),
    );
    const differ = "bellpepper: The ranks do not do the same. Compared with rank 0 (…), rank 1 (…): another";
    expect([settings.code, ours(settings)]).toEqual([1, [`${differ} configuration.`]]);
    expect([data.code, ours(data)]).toEqual([1, [`${differ} data.`]]);
    expect(missing.code).toBe(1);
    expect(ours(missing)).toEqual([expect.stringMatching(/missing.* \(rank 1 \(…\)\)$/)]);
    expect(await readdir(own)).not.toContain("differing");
    await rm(others, { recursive: true });
  });

  test("what is wrong with the call is said once, with exit code 2", async () => {
    const wrong = await mpirun("-n", "2", ...program("train", stripes, "--epochs", "no")).ended;
    expect(wrong.code).toBe(2);
    expect(wrong.err.match(/--epochs/g)).toHaveLength(1);
  });
});
