import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { MAIN } from "./command.js";

const run = promisify(execFile);
const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch"];

/** A Slurm of this test's own: a controller and two nodes, all on this machine, which pretend to have 48 cores each. */
export interface Slurm {
  /** where jobs are submitted; their files are written there */
  readonly folder: string;
  /** Submits a job. @param call options of sbatch, the script, and what the script is given @returns the job's number */
  submit(...call: readonly string[]): Promise<string>;
  /** Waits until a job, or each of an array, is in one of these states, and gives what Slurm says of it: `JobState`, `ExitCode`, `Restarts`. */
  ended(job: string, ...states: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Runs a command of Slurm. @returns what it says */
  command(name: string, ...args: readonly string[]): Promise<string>;
  /** what was written into a file of the folder; nothing where it is not there yet */
  text(name: string): Promise<string>;
}

/**
 * Tests on a Slurm that is started for them and stopped behind them. Where its programs are not installed, or do not start, they are skipped, with a word.
 *
 * @param tests declares them; the cluster is there when they run
 */
export function describeSlurm(title: string, tests: (slurm: () => Slurm) => void): void {
  const missing = PROGRAMS.filter((name) => spawnSync(name, ["--version"]).error);
  const why = missing.length > 0 ? `${title}: needs ${missing.join(", ")}` : title;
  describe.skipIf(missing.length > 0)(why, () => {
    let started: Started | undefined;
    let failure = "";
    beforeAll(async () => {
      started = await startSlurm().catch((error: unknown) => {
        failure = `Slurm does not start here: ${error}`;
        return undefined;
      });
    });
    beforeEach(({ skip }) => skip(started === undefined, failure));
    afterAll(() => started?.stop());
    tests(() => {
      if (!started) throw new Error(failure);
      return started;
    });
  });
}

interface Started extends Slurm {
  stop(): Promise<void>;
}

async function startSlurm(): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), "slurm-"));
  const state = join(folder, ".slurm");
  await mkdir(state);
  await writeFile(join(state, "key"), randomBytes(128), { mode: 0o600 });
  for (const node of ["node1", "node2"]) await mkdir(join(state, node));
  await writeFile(join(state, "slurm.conf"), await configuration(state));
  await writeFile(join(state, "gres.conf"), "NodeName=node[1-2] Name=gpu File=/dev/null\n");
  const bin = join(folder, "bin");
  await mkdir(bin);
  // further options of a job, when it begins again, are in a file that is named after it
  const more = `$(cat "${folder}/$SLURM_JOB_NAME.more" 2>/dev/null)`;
  const program = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@" ${more}\n`;
  await writeFile(join(bin, "bellpepper"), program);
  await chmod(join(bin, "bellpepper"), 0o755);
  const env = {
    ...process.env,
    SLURM_CONF: join(state, "slurm.conf"),
    PATH: `${bin}:${process.env.PATH}`,
    // what clusters have to load programs with
    "BASH_FUNC_module%%": "() { :; }",
  };
  const daemons: ChildProcess[] = [];
  const start = (name: string, ...args: readonly string[]): void => {
    daemons.push(spawn(name, args, { env, stdio: "ignore" }));
  };
  const command = async (name: string, ...args: readonly string[]): Promise<string> =>
    (await run(name, args, { cwd: folder, env })).stdout.trim();
  const stop = async (): Promise<void> => {
    const mine = `--user=${userInfo().username}`;
    // what a failed test has left: it may save first
    if ((await command("squeue", "-h").catch(() => "")) !== "") {
      await command("scancel", mine);
      await until("no job is left", async () => (await command("squeue", "-h")) === "", 30).catch(() => undefined);
    }
    for (const daemon of daemons.reverse()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = once(daemon, "exit");
      daemon.kill();
      const late = setTimeout(() => daemon.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(late);
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const inState = (name: string): string => join(state, name);
  start(
    ...["munged", "--foreground", "--force", `--socket=${inState("munge")}`, `--key-file=${inState("key")}`],
    ...[`--pid-file=${inState("munged.pid")}`, `--seed-file=${inState("seed")}`, `--log-file=${inState("munged.log")}`],
  );
  try {
    await until("munged answers", () => run("munge", ["-n", `--socket=${inState("munge")}`]), 20);
    start("slurmctld", "-D", "-c");
    for (const node of ["node1", "node2"]) start("slurmd", "-D", "-N", node);
    await until(
      "both nodes are idle",
      async () => (await command("sinfo", "-h", "-p", "lu48", "-t", "idle", "-o", "%D")) === "2",
      30,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const text = (name: string): Promise<string> => readFile(join(folder, name), "utf8").catch(() => "");
  return {
    ...{ folder, command, text, stop },
    submit: (...call) => command("sbatch", "--parsable", ...call),
    async ended(job, ...states) {
      let found: ReadonlyMap<string, string>[] = [];
      await until(`job ${job} is ${states.join(" or ")}`, async () => {
        const said = await command("scontrol", "show", "job", "-o", job);
        found = said
          .split("\n")
          .map((line) => new Map(line.split(" ").map((word) => word.split(/=(.*)/s, 2) as [string, string])));
        return found.every((each) => states.includes(each.get("JobState") ?? ""));
      });
      return found[0];
    },
  };
}

/** Waits until something is so, for so many seconds at most; what fails is not so yet. */
export async function until(what: string, isSo: () => Promise<unknown>, seconds = 90): Promise<void> {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await pause(200)) {
    if (await isSo().catch(() => false)) return;
  }
  throw new Error(`It never came to it that ${what}.`);
}

async function configuration(state: string): Promise<string> {
  const [controller, ...nodes] = await freePorts(3);
  const user = userInfo().username;
  return `
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=${user}
SlurmdUser=${user}
SlurmctldPort=${controller}
AuthType=auth/munge
# a job that is requeued waits as long as a credential lasts
AuthInfo=socket=${join(state, "munge")},cred_expire=5
StateSaveLocation=${join(state, "controller")}
SlurmdSpoolDir=${join(state, "%n")}
# PMIx's files, which two nodes on one machine would both make in /tmp
TmpFS=${join(state, "%n")}
SlurmctldPidFile=${join(state, "slurmctld.pid")}
SlurmdPidFile=${join(state, "%n.pid")}
SlurmctldLogFile=${join(state, "slurmctld.log")}
SlurmdLogFile=${join(state, "%n.log")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
KillWait=20
SchedulerParameters=sched_interval=1,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
${nodes.map((port, i) => `NodeName=node${i + 1} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${port} CPUs=48 Gres=gpu:1`).join("\n")}
PartitionName=lu48 Nodes=ALL Default=YES PriorityTier=1 GraceTime=20
PartitionName=gpua100i Nodes=ALL PriorityTier=1
PartitionName=urgent Nodes=ALL PriorityTier=9 PreemptMode=OFF
`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}
