import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Programs on the built package, as mpirun starts them; `npm test` builds it first.
const PACKAGE = join(import.meta.dirname, "../../dist/cluster/index.js");

/** The launchers as Debian names them: both may be installed, and `mpirun` is one of them. */
const LAUNCHERS = [
  { mpi: "Open MPI", command: "mpirun.openmpi", options: ["--oversubscribe"], library: /^libmpi\.so\.40 \(Open MPI v/ },
  { mpi: "MPICH", command: "mpiexec.mpich", options: [], library: /^libmpich\.so\.12 \(MPICH \d/ },
] as const;

const isThere = (command: string): boolean => spawnSync(command, ["--version"]).error === undefined;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-mpi-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

/** Runs a program, which has `cluster` (what the package has) and `say`, in several processes. */
async function run(
  command: string,
  options: readonly string[],
  program: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const file = join(folder, `program-${Math.random().toString(36).slice(2)}.mjs`);
  const head = `import * as cluster from ${JSON.stringify(PACKAGE)};\nconst say = (value) => console.log(JSON.stringify(value));\n`;
  await writeFile(file, head + program);
  const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1", ...variables };
  const begun = performance.now();
  const child = spawn(command, [...options, process.execPath, file], { env, stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", err: "" };
  child.stdout.on("data", (bytes) => {
    text.out += bytes;
  });
  child.stderr.on("data", (bytes) => {
    text.err += bytes;
  });
  const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? -1)));
  return { code, ...text, seconds: (performance.now() - begun) / 1000 };
}

/** What was said, sorted by its first item, the rank: the order in which lines of several processes come is open. */
const said = ({ out }: Outcome): readonly (readonly unknown[])[] =>
  out
    .trim()
    .split("\n")
    .map((line): unknown[] => JSON.parse(line))
    .sort(([a], [b]) => Number(a) - Number(b));

describe.each(LAUNCHERS)("$mpi ($command, skipped where it is not installed)", ({ mpi, command, options, library }) => {
  const absent = !isThere(command);
  const ranks = (size: number, program: string, variables?: Record<string, string>): Promise<Outcome> =>
    run(command, [...options, "-n", String(size)], `const mpi = await cluster.openMpi();\n${program}`, variables);

  test.skipIf(absent)("three ranks add up, gather and broadcast", async () => {
    const outcome = await ranks(
      3,
      `// more than one piece of 4 MiB, and a part of an array that does not begin with its memory
      const large = Float32Array.from({ length: 2_500_001 }, (_, i) => (i % 1000) + mpi.rank).subarray(1);
      await mpi.sum(large);
      const wrong = large.findIndex((value, i) => value !== 3 * ((i + 1) % 1000) + 3);
      const thirds = Float64Array.of(1 / 3, 0.1 * mpi.rank, 2 ** 52 + mpi.rank - 1);
      await Promise.all([mpi.sum(thirds), mpi.sum(new Float32Array())]);
      const gathered = await mpi.gather(new Uint8Array(2 * mpi.rank).fill(mpi.rank + 7));
      const word = await mpi.broadcast(new TextEncoder().encode("of rank " + mpi.rank));
      await mpi.barrier();
      say([mpi.rank, mpi.size, mpi.library, wrong, [...thirds], gathered.map((each) => [...each]), new TextDecoder().decode(word)]);
      await mpi.close();`,
    );
    expect({ code: outcome.code, err: outcome.err }).toEqual({ code: 0, err: "" });
    const gathered = [[], [8, 8], [9, 9, 9, 9]];
    for (const [rank, line] of said(outcome).entries()) {
      const [own, size, name, wrong, sums, all, word] = line;
      expect([own, size, wrong, all, word]).toEqual([rank, 3, -1, gathered, "of rank 0"]);
      expect(name).toMatch(library);
      // in float64: (0.1 + 0.2) rounds as written, 3 · 2^52 is even
      expect(sums).toEqual([1, 0.1 + 0.2, 3 * 2 ** 52]);
    }
    expect(said(outcome)).toHaveLength(3);
  });

  test.skipIf(absent)(
    "the main thread goes on while a rank is waited for, which takes little of the processor",
    async () => {
      const outcome = await ranks(
        2,
        `await mpi.barrier();
      const begun = process.cpuUsage();
      let ticks = 0;
      const clock = setInterval(() => ticks++, 20);
      if (mpi.rank === 1) await new Promise((resolve) => setTimeout(resolve, 1500));
      await mpi.sum(new Float32Array(10));
      clearInterval(clock);
      const { user, system } = process.cpuUsage(begun);
      say([mpi.rank, ticks, (user + system) / 1e6, mpi.spent.waited]);
      await mpi.close();`,
      );
      expect(outcome.code).toBe(0);
      const [[, ticks, processor, waited]] = said(outcome);
      expect(waited).toBeGreaterThan(1.2);
      expect(ticks).toBeGreaterThan(20);
      expect(processor).toBeLessThan(0.75);
    },
  );

  test.skipIf(absent)("ranks that differ, and what fails in one, are told by all in the same words", async () => {
    const outcome = await ranks(
      3,
      `const told = (work) => work.then(() => "agreed", (error) => error.message);
      const same = await told(cluster.expectAgreement(mpi, { version: "1", data: "pixels" }));
      const parts = { version: "1", configuration: mpi.rank === 2 ? "{}" : "[]", data: "pixels" + Math.min(mpi.rank, 1) };
      const differing = await told(cluster.expectAgreement(mpi, parts));
      const failed = await told(cluster.allOrNone(mpi, async () => {
        if (mpi.rank > 0) throw new Error("/data/letters: there is no such folder.");
      }));
      say([mpi.rank, same, differing.replace(/process \\d+ on [^)]+/g, "…"), failed.replace(/process \\d+ on [^)]+/g, "…")]);
      await mpi.close();`,
    );
    expect(outcome.code).toBe(0);
    const differing =
      "The ranks do not do the same. Compared with rank 0 (…), rank 2 (…): another configuration; rank 1 (…), rank 2 (…): another data.";
    const failed = "/data/letters: there is no such folder. (rank 1 (…), rank 2 (…))";
    expect(said(outcome)).toEqual([0, 1, 2].map((rank) => [rank, "agreed", differing, failed]));
  });

  /** The lines that are ours. */
  const ours = ({ err }: Outcome): readonly string[] =>
    err.split("\n").filter((line) => line.startsWith("bellpepper: "));
  const WORK = "const values = new Float32Array(100_000);\nfor (;;) await mpi.sum(values);";

  test.skipIf(absent)("a rank that gives up ends the others with its message", async () => {
    const program = `if (mpi.rank === 1) mpi.abort(1, "bellpepper: the disk is full.");\n${WORK}`;
    const { code, seconds, ...outcome } = await ranks(3, program);
    expect([code, ours({ code, seconds, ...outcome })]).toEqual([1, ["bellpepper: the disk is full."]]);
    expect(seconds).toBeLessThan(15);
  });

  test.skipIf(absent)("the memory functions of other threads are left as they are", async () => {
    const program = `const { default: koffi } = await import(${JSON.stringify(import.meta.resolve("koffi"))});
      const code = () => koffi.decode(koffi.load(null).symbol("sbrk"), koffi.array("uint8_t", 16)).join();
      const before = code();
      const mpi = await cluster.openMpi();
      say([mpi.rank, before === code(), process.env.UCX_MEM_EVENTS]);
      await mpi.close();`;
    expect(said(await run(command, [...options, "-n", "2"], program))).toEqual([0, 1].map((rank) => [rank, true, "n"]));
  });

  test.skipIf(absent)("an error that nobody catches ends the others, and is shown", async () => {
    const outcome = await ranks(2, `await mpi.barrier();\nif (mpi.rank === 1) throw new Error("a mistake");\n${WORK}`);
    expect(outcome.code).toBe(1);
    expect(outcome.err.match(/Error: a mistake/g)).toHaveLength(1);
  });

  test.skipIf(absent)("a killed rank ends the others", async () => {
    const outcome = await ranks(
      3,
      `await mpi.barrier();\nif (mpi.rank === 1) process.kill(process.pid, "SIGKILL");\n${WORK}`,
    );
    expect(outcome.code).not.toBe(0);
    // MPICH says so on the standard output
    expect(outcome.out + outcome.err).toMatch(/signal 9/);
    expect(outcome.seconds).toBeLessThan(15);
  });

  test.skipIf(absent)("a rank that hangs ends the others within 10 s, and one of them says so", async () => {
    const program = `await mpi.barrier();
      if (mpi.rank === 1) process.kill(process.pid, "SIGSTOP");
      const begun = Date.now();
      setInterval(() => say([(Date.now() - begun) / 1000]), 200);
      ${WORK}`;
    const outcome = await ranks(3, program);
    expect(outcome.code).toBe(1);
    expect(ours(outcome)).toHaveLength(1);
    expect(ours(outcome)[0]).toMatch(
      /^bellpepper: rank 1 \(process \d+ on .+\) is gone: nothing was heard of it for 6 s\./,
    );
    // Open MPI lets a rank go on until it is killed, a second later
    const alive = outcome.out.split("\n").flatMap((line) => line.match(/^\[(.+)\]$/)?.[1] ?? []);
    expect(Math.max(...alive.map(Number))).toBeLessThan(10);
  });

  test.skipIf(absent)("a library that cannot be loaded, or is no MPI, is named", async () => {
    const [missing, wrong] = await Promise.all([
      ranks(2, "", { BELLPEPPER_MPI: "/nowhere/libmpi.so" }),
      ranks(2, "", { BELLPEPPER_MPI: "libm.so.6" }),
    ]);
    expect(missing.err).toMatch(
      /Error: BELLPEPPER_MPI names no library that can be loaded, \/nowhere\/libmpi\.so: cannot open/,
    );
    expect(wrong.err).toMatch(/Error: libm\.so\.6 is no MPI library/);
    expect([missing.code, wrong.code]).toEqual([1, 1]);
  });

  const other = LAUNCHERS.find((each) => each.mpi !== mpi);
  test.skipIf(absent || !isThere(other?.command ?? ""))(
    "another MPI than the one that launched is refused",
    async () => {
      const outcome = await ranks(2, "", {
        BELLPEPPER_MPI: other?.mpi === "MPICH" ? "libmpich.so.12" : "libmpi.so.40",
      });
      expect(outcome.code).toBe(1);
      expect(outcome.err).toMatch(`${mpi} started 2 processes, but `);
      expect(outcome.err).toMatch(/sees this one alone: it is another MPI than the one that launched them/);
    },
  );
});

describe("two hosts with their own addresses (network namespaces, skipped where they are not allowed)", () => {
  const ip = (...words: string[]): boolean => spawnSync("ip", words).status === 0;
  const [first, second] = ["a", "b"].map((name) => `bellpepper-${name}${process.pid}`);
  const [link, other] = ["a", "b"].map((name) => `bp${name}${process.pid}`);
  let agent: string;
  const leave = (): void => [first, second].forEach((space) => void ip("netns", "del", space));
  const allowed =
    LAUNCHERS.some(({ command }) => isThere(command)) &&
    ip("netns", "add", first) &&
    ip("netns", "add", second) &&
    ip("link", "add", link, "netns", first, "type", "veth", "peer", "name", other, "netns", second) &&
    ip("-n", first, "addr", "add", "10.77.0.1/24", "dev", link) &&
    ip("-n", second, "addr", "add", "10.77.0.2/24", "dev", other) &&
    [
      [first, link],
      [second, other],
    ].every(([space, device]) => ["lo", device].every((each) => ip("-n", space, "link", "set", each, "up")));
  if (!allowed) leave();
  beforeAll(async () => {
    // stands for ssh: its arguments are options, a host and a command
    agent = join(folder, "agent.sh");
    const shell = `while [ "\${1#-}" != "$1" ]; do shift; done; shift; hostname host-b; eval "$*"`;
    const text = `#!/bin/sh\nexec ip netns exec ${second} unshare --uts sh -c '${shell}' agent "$@"\n`;
    await writeFile(agent, text, { mode: 0o755 });
  });
  afterAll(leave);

  const HOSTS = "10.77.0.1,10.77.0.2";
  const OPTIONS = {
    "Open MPI": () =>
      `-H ${HOSTS} --bind-to none --mca plm_rsh_agent ${agent} --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24`,
    MPICH: () => `-hosts ${HOSTS} -localhost 10.77.0.1 -launcher rsh -launcher-exec ${agent}`,
  };
  test.for(LAUNCHERS)("exchange arrays over TCP by $mpi", async ({ mpi, command }, { skip }) => {
    skip(!allowed || !isThere(command), "no namespaces, or no MPI");
    const outcome = await run(
      "ip",
      ["netns", "exec", first, "unshare", "--uts", "sh", "-c", 'hostname host-a; exec "$@"', "hosts", command].concat(
        OPTIONS[mpi]().split(" "),
        ["-n", "2"],
      ),
      `const mpi = await cluster.openMpi();
      const values = Float32Array.from({ length: 2_500_000 }, (_, i) => (i % 1000) + mpi.rank);
      await mpi.sum(values);
      say([mpi.rank, values.every((value, i) => value === 2 * (i % 1000) + 1), mpi.names.map((name) => name.replace(/process \\d+/, "…"))]);
      await mpi.close();`,
      { UCX_TLS: "tcp" },
    );
    expect({ code: outcome.code, err: outcome.err }).toEqual({ code: 0, err: "" });
    const names = ["rank 0 (… on host-a)", "rank 1 (… on host-b)"];
    expect(said(outcome)).toEqual([0, 1].map((rank) => [rank, true, names]));
  });
});

test("a process that was started alone is told so", async () => {
  const outcome = await run("env", [], "await cluster.openMpi();", { BELLPEPPER_MPI: "none" });
  expect(outcome.err).toMatch(/Error: This process was started alone/);
});
