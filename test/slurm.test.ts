import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conv } from "../src/blocks/convolution/conv.js";
import { softmaxLogLoss } from "../src/blocks/loss/class-losses.js";
import { readModelFile } from "../src/network/model/model.js";
import { runCommand } from "./support/command.js";
import { describeSlurm, type Slurm, until } from "./support/slurm.js";
import { stripesFolder } from "./support/stripes.js";

const script = (name: string): string => join(import.meta.dirname, "../examples/slurm", name);
const ENDLESS = ["--epochs", "1000000"];

let stripes: string;
let own: string;
/** a rate that does not depend on the number of epochs, which is changed on the way */
let quick: readonly string[];
beforeAll(async () => {
  stripes = await stripesFolder(12, 12);
  own = await mkdtemp(join(tmpdir(), "bellpepper-slurm-"));
  const network = join(own, "net.json");
  await writeFile(network, JSON.stringify([conv(8, 2), softmaxLogLoss()]));
  quick = [
    ...[stripes, "--network", network, "--size", "8", "--jitter", "none", "--batch-size", "4", "--threads", "1"],
    ...["--schedule", "constant", "--learning-rate", "0.001"],
  ];
});
afterAll(async () => {
  for (const each of [stripes, own]) await rm(each, { recursive: true, force: true });
});

/** The parameters of a run's model, number for number. */
async function parametersIn(run: string): Promise<readonly unknown[]> {
  const { model } = readModelFile(await readFile(join(run, "model.onnx")));
  return [...model.parameters].map(([name, { data }]) => [name, [...data]]);
}

/** Submits a training without end, and waits until it has begun its second epoch. */
async function begun({ submit, text }: Slurm, name: string, ...options: readonly string[]): Promise<string> {
  const own = ["-J", name, "-o", `${name}.txt`, "-e", `${name}.txt`, ...options];
  const job = await submit(...own, script("train.sh"), ...quick, ...ENDLESS, "--out", name);
  await until(`${name} trains`, async () => (await text(`${name}.txt`)).includes("epoch 2/"));
  return job;
}

/** Waits until a training says that it was saved, and lets it end two epochs later when it goes on. @returns its last epoch */
async function saved({ folder, text }: Slurm, name: string): Promise<number> {
  const said = /stopped after epoch (\d+)(, batch \d+)?; saved in/;
  await until(`${name} is saved`, async () => said.test(await text(`${name}.txt`)));
  const last = Number(said.exec(await text(`${name}.txt`))?.[1]) + 2;
  await writeFile(join(folder, `${name}.more`), `--epochs ${last}`);
  return last;
}

describeSlurm("under Slurm", (slurm) => {
  test.concurrent("a job whose time is over is saved and requeued, and ends as one that was never interrupted", async () => {
    const job = await begun(slurm(), "limited", "-w", "node1", "-t", "1", "--signal=USR1@50", "--begin=now+15");
    const last = await saved(slurm(), "limited");
    const ended = await slurm().ended(job, "COMPLETED", "FAILED", "CANCELLED");
    expect([ended.get("JobState"), ended.get("Restarts"), ended.get("ExitCode")]).toEqual(["COMPLETED", "1", "0:0"]);
    const said = await slurm().text("limited.txt");
    expect(said).toContain("SIGUSR1: finishing the step and saving");
    expect(said).toMatch(/going on after epoch/i);
    const { folder } = slurm();
    expect((await runCommand(folder, "train", ...quick, "--epochs", `${last}`, "--out", "whole")).code).toBe(0);
    expect(await parametersIn(join(folder, "limited"))).toEqual(await parametersIn(join(folder, "whole")));
  });

  test.concurrent("a job that is cancelled saves, and the same job goes on", async () => {
    const job = await begun(slurm(), "cancelled", "-w", "node1");
    await slurm().command("scancel", job);
    await saved(slurm(), "cancelled");
    expect((await slurm().ended(job, "CANCELLED")).get("Restarts")).toBe("0");
    const options = ["-J", "cancelled", "-o", "again.txt", "-w", "node1"];
    const again = await slurm().submit(...options, script("train.sh"), ...quick, "--out", "cancelled");
    await slurm().ended(again, "COMPLETED");
    expect(await slurm().text("again.txt")).toMatch(/^going on after epoch /im);
  });

  test.concurrent("a job that makes room for another saves, and goes on behind it", async () => {
    const job = await begun(slurm(), "preempted", "-w", "node2", "--exclusive");
    const urgent = await slurm().submit(
      "-p",
      "urgent",
      "-w",
      "node2",
      "--exclusive",
      "-o",
      "urgent.txt",
      "--wrap",
      "echo done",
    );
    await saved(slurm(), "preempted");
    const ended = await slurm().ended(job, "COMPLETED");
    expect(Number(ended.get("Restarts"))).toBeGreaterThan(0);
    expect(await slurm().text("preempted.txt")).toMatch(/going on after epoch/i);
    expect((await slurm().ended(urgent, "COMPLETED")).get("Restarts")).toBe("0");
  });

  test.concurrent("an array trains the folds, also one that is stopped, and another job gathers them", async () => {
    const { folder, submit, ended, text, command } = slurm();
    const call = [...quick, "--folds", "2", "--epochs", "3", "--out", "folds"];
    const endless = ["-J", "second", "-o", "folds-%a.txt", "-e", "folds-%a.txt", "-w", "node1"];
    await writeFile(join(folder, "second.more"), ENDLESS.join(" "));
    const array = await submit("--array=2", ...endless, script("folds.sh"), ...call);
    await until("the second fold trains", async () => (await text("folds-2.txt")).includes("fold 2/2  epoch 1/"));
    await writeFile(join(folder, "second.more"), "");
    await command("scancel", "--signal=USR1", array);
    await ended(array, "COMPLETED");
    expect(await text("folds-2.txt")).toMatch(/^fold 2\/2 {2}(goes on after epoch \d+|is done)$/m);
    const first = await submit("--array=1", "-o", "folds-%a.txt", "-w", "node1", script("folds.sh"), ...call);
    const gather = await submit(
      "-d",
      `afterok:${first}`,
      "-o",
      "gather.txt",
      "-w",
      "node1",
      script("gather.sh"),
      ...call,
    );
    expect((await ended(gather, "COMPLETED", "FAILED")).get("ExitCode")).toBe("0:0");
    expect(await text("gather.txt")).toMatch(/^fold 1\/2 {2}is done$/m);
    expect(await text("gather.txt")).not.toMatch(/epoch/);
    const rows = (await text("folds/predictions.csv")).trim().split("\n").slice(1);
    expect(rows).toHaveLength(24);
  });

  test.concurrent("a job on two nodes trains what one process trains whose batches are divided in two, also where a process was killed", async (context) => {
    const { folder, submit, ended, text, command } = slurm();
    const able = await command("srun", "--mpi=pmix", "ldconfig", "-p").catch(() => "");
    context.skip(
      !able.includes("libmpi.so.40"),
      "needs Open MPI, and Slurm's plugin pmix with its library (libpmix-dev)",
    );
    const options = ["-J", "nodes", "-o", "nodes.txt", "-e", "nodes.txt", "--ntasks-per-node=1", "--cpus-per-task=1"];
    const call = [...options, script("nodes.sh"), ...quick, "--out", "nodes"];
    const first = await submit(...call, ...ENDLESS);
    await until("both train", async () => (await text("nodes.txt")).includes("epoch 2/"));
    const [, killed] = spawnSync("pgrep", ["-f", "main.js train .*--out nodes "], { encoding: "utf8" }).stdout.split(
      "\n",
    );
    process.kill(Number(killed), "SIGKILL");
    expect((await ended(first, "COMPLETED", "FAILED")).get("JobState")).toBe("FAILED");
    const log = (await readFile(join(folder, "nodes", "events.jsonl"), "utf8")).trim().split("\n");
    const epochs = `${1 + JSON.parse(log[log.length - 1]).epoch}`;
    const second = await submit(...call, "--epochs", epochs);
    expect((await ended(second, "COMPLETED", "FAILED")).get("ExitCode")).toBe("0:0");
    expect(await text("nodes.txt")).toMatch(/^going on after epoch/im);
    const whole = await runCommand(
      folder,
      "train",
      ...quick,
      "--epochs",
      epochs,
      "--sub-batches",
      "2",
      "--out",
      "parts",
    );
    expect(whole.code).toBe(0);
    expect(await parametersIn(join(folder, "nodes"))).toEqual(await parametersIn(join(folder, "parts")));
  });

  test.concurrent("a graphics card that does not work is told of in one message, and the job has failed", async () => {
    const job = await slurm().submit(
      "-o",
      "gpu.txt",
      "-e",
      "gpu.txt",
      "-w",
      "node1",
      script("gpu.sh"),
      ...quick,
      "--out",
      "gpu",
    );
    const ended = await slurm().ended(job, "COMPLETED", "FAILED");
    if (ended.get("JobState") === "COMPLETED") return; // there is one
    expect(ended.get("ExitCode")).toBe("1:0");
    expect(await slurm().text("gpu.txt")).toMatch(/^bellpepper: --device cuda does not work here: /m);
  });
});
