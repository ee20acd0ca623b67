import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFolderAtomically } from "./atomic-file.js";
import { folderToHold, holdFolder, isLock } from "./hold-folder-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-hold-"));
});
afterAll(() => rm(folder, { recursive: true }));

const HOLD = new URL("../../dist/files/hold-folder-file.js", import.meta.url).href;

/** A process that holds a folder until it is killed; from the built files. */
async function holder(place: string): Promise<ReturnType<typeof spawn>> {
  const code = `const { holdFolder } = await import(${JSON.stringify(HOLD)}); await holdFolder(${JSON.stringify(place)}); console.log("held"); setInterval(() => 0, 1e6);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

describe("a folder that another process holds", () => {
  test("is refused with who it is, and free as soon as that was killed", async () => {
    const place = join(folder, "killed");
    const child = await holder(place);
    await expect(holdFolder(place)).rejects.toThrow(
      new RegExp(
        `killed is in use by process ${child.pid} on \\S+, since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC\\.`,
      ),
    );
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await readdir(place)).filter(isLock)).toHaveLength(1);
    const held = await holdFolder(place);
    expect((await readdir(place)).filter(isLock)).toHaveLength(1);
    await held.close();
    expect(await readdir(place)).toEqual([]);
  });

  test("is held by one of three that come at the same time", async () => {
    const place = join(folder, "race");
    const all = await Promise.allSettled(Array.from({ length: 3 }, () => holdFolder(place)));
    const held = all.filter((each) => each.status === "fulfilled");
    expect(held).toHaveLength(1);
    for (const each of held) await each.value.close();
    await (await holdFolder(place)).close();
  });

  test("on another machine is held while that gives a sign of life, and no longer", async () => {
    const place = join(folder, "shared");
    await mkdir(place);
    const lock = join(place, ".lock-elsewhere");
    const holder = {
      process: 1,
      host: "elsewhere",
      space: "elsewhere 1",
      started: 5,
      since: "2026-01-02T03:04:05.678Z",
    };
    await writeFile(lock, JSON.stringify(holder));
    await expect(holdFolder(place)).rejects.toThrow(
      /in use by process 1 on elsewhere, since 2026-01-02 03:04:05 UTC, last sign of life \d+ s ago/,
    );
    const before = new Date(Date.now() - 61_000);
    await utimes(lock, before, before);
    const held = await holdFolder(place);
    expect(existsSync(lock)).toBe(false);
    await held.close();
  });

  test("whose number another process has now is free", async () => {
    const place = join(folder, "reused");
    const held = await holdFolder(place);
    const [name] = await readdir(place);
    const own = JSON.parse(await readFile(join(place, name), "utf8"));
    await held.close();
    await mkdir(place);
    await writeFile(join(place, ".lock-before"), JSON.stringify({ ...own, started: own.started - 1 }));
    if (process.platform === "linux") await (await holdFolder(place)).close();
  });
});

test("folders that were made to be held are removed where they stay empty", async () => {
  const held = await holdFolder(join(folder, "a/b/c"));
  await held.close();
  expect(existsSync(join(folder, "a"))).toBe(false);
  const used = await holdFolder(join(folder, "a/b/c"));
  await writeFile(join(folder, "a/file"), "");
  await used.close();
  expect(await readdir(join(folder, "a"))).toEqual(["file"]);
});

test("a folder that is not there is held, and made, only when something is to be written", async () => {
  const place = join(folder, "later/run");
  const held = await folderToHold(place);
  expect(existsSync(join(folder, "later"))).toBe(false);
  await held.begin();
  await held.begin();
  await expect(folderToHold(place)).rejects.toThrow(/is in use by process/);
  await held.close();
  expect(existsSync(join(folder, "later"))).toBe(false);
  await writeFile(join(folder, "note"), "");
  await expect(folderToHold(join(folder, "note/a/b"))).rejects.toThrow(/it lies in a file, not in a folder\./);
});

test("a file in its place, or above it, is named", async () => {
  await writeFile(join(folder, "text"), "");
  await expect(holdFolder(join(folder, "text"))).rejects.toThrow(
    /text cannot be used for a run: it is a file, not a folder\./,
  );
  await expect(holdFolder(join(folder, "text/run"))).rejects.toThrow(/it is, or lies in, a file and not a folder\./);
});

test("a folder that is made takes away what a dead process left of the same one", async () => {
  const left = [".set.0b6bd5b5-7d66-4b1c-9a6e-0a6a5d5f2f11", ".other.0b6bd5b5-7d66-4b1c-9a6e-0a6a5d5f2f11"];
  const place = join(folder, "made");
  for (const name of left) await mkdir(join(place, name), { recursive: true });
  await writeFolderAtomically(join(place, "set"), { file: "1" });
  expect((await readdir(place)).sort()).toEqual([left[1], "set"].sort());
});
