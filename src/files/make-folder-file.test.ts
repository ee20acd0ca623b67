import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diskReason } from "./disk-error.js";
import { makeFolders } from "./make-folder-file.js";
import { readBytes } from "./read-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-make-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("folders are made from the first that is missing, which is returned", async () => {
  expect(await makeFolders(join(folder, "a/b/c"))).toBe(join(folder, "a"));
  expect(await makeFolders(join(folder, "a/b/d"))).toBe(join(folder, "a/b/d"));
  expect(await makeFolders(join(folder, "a/b/d"))).toBeUndefined();
  const all = await Promise.all(Array.from({ length: 8 }, () => makeFolders(join(folder, "e/f"))));
  expect(all.filter((first) => first !== undefined).length).toBeGreaterThan(0);
});

test("a file in the way, and a folder in which none can be made, are told in words", async () => {
  await writeFile(join(folder, "file"), "");
  const reasonOf = (path: string): Promise<string> => makeFolders(path).then(() => "made", diskReason);
  expect(await reasonOf(join(folder, "file"))).toBe("it is a file, not a folder");
  expect(await reasonOf(join(folder, "file/inside"))).toBe("it is, or lies in, a file and not a folder");
  if (process.platform === "linux") expect(await reasonOf("/proc/none/inside")).toBe("no folder can be made there");
});

test("what cannot be read is named, with the reason", async () => {
  await expect(readBytes(folder)).rejects.toThrow(`${folder}: it is a folder, not a file.`);
  await expect(readBytes(join(folder, "none"))).rejects.toThrow(`${join(folder, "none")}: there is no such file.`);
});
