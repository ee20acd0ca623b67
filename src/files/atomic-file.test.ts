import { execFileSync } from "node:child_process";
import { lstat, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFileAtomically } from "./atomic-file.js";

test.skipIf(process.platform === "win32")("what is no file, such as a pipe, is not replaced by one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atomic-"));
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(writeFileAtomically(pipe, "text")).rejects.toThrow(
    `${pipe}: expected the path of a file, got that of a device or a pipe.`,
  );
  expect((await lstat(pipe)).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(["pipe"]);
  await rm(folder, { recursive: true });
});

test("text that comes in pieces is the same in the file, whatever their lengths", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atomic-"));
  const lines = Array.from({ length: 2000 }, (_, i) => `${"é".repeat(i % 400)}\n`);
  await writeFileAtomically(join(folder, "lines"), lines.values());
  expect(await readFile(join(folder, "lines"), "utf8")).toBe(lines.join(""));
  await writeFileAtomically(join(folder, "none"), []);
  expect(await readFile(join(folder, "none"), "utf8")).toBe("");
  await rm(folder, { recursive: true });
});
