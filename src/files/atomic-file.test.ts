import { execFileSync } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectWritable, makeFolder, writeFileAtomically, writeFolderAtomically } from "./atomic-file.js";

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

test.skipIf(process.platform !== "linux")("where the system makes no files, it is said before and after", async () => {
  for (const write of [expectWritable, (path: string) => writeFileAtomically(path, "text")]) {
    await expect(write("/proc/x.onnx")).rejects.toThrow("/proc/x.onnx cannot be written: no file can be made there.");
  }
  await expect(writeFileAtomically("/proc/a/x.onnx", "text")).rejects.toThrow("/proc/a: no folder can be made there.");
});

describe.skipIf(process.platform === "win32")("through a symbolic link", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "links-"));
    await mkdir(join(folder, "disk/deep"), { recursive: true });
    await mkdir(join(folder, "here"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("the file that it leads to is written, and it stays a link", async () => {
    await writeFile(join(folder, "disk/file"), "before");
    await symlink("../disk/file", join(folder, "here/first"));
    await symlink("first", join(folder, "here/second"));
    await writeFileAtomically(join(folder, "here/second"), "after");
    expect(await readFile(join(folder, "disk/file"), "utf8")).toBe("after");
    expect(await readlink(join(folder, "here/first"))).toBe("../disk/file");
    expect(await readlink(join(folder, "here/second"))).toBe("first");
    expect([await readdir(join(folder, "here")), await readdir(join(folder, "disk"))]).toEqual([
      ["first", "second"],
      ["deep", "file"],
    ]);
  });

  test("that leads to nothing yet, it is made, with the folder for it", async () => {
    await symlink(join(folder, "disk/new/file"), join(folder, "here/link"));
    await writeFileAtomically(join(folder, "here/link"), "text");
    expect(await readFile(join(folder, "disk/new/file"), "utf8")).toBe("text");
    expect((await lstat(join(folder, "here/link"))).isSymbolicLink()).toBe(true);
  });

  test("a link is read from where it really is", async () => {
    // seen through here/deep, ".." would be here
    await symlink("../disk/deep", join(folder, "here/deep"));
    await symlink("../file", join(folder, "disk/deep/link"));
    await writeFileAtomically(join(folder, "here/deep/link"), "text");
    expect(await readFile(join(folder, "disk/file"), "utf8")).toBe("text");
  });

  test("links that lead round and round are told", async () => {
    await symlink("b", join(folder, "here/a"));
    await symlink("a", join(folder, "here/b"));
    const path = join(folder, "here/a");
    await expect(writeFileAtomically(path, "text")).rejects.toMatchObject({ code: "ELOOP", path });
  });

  test("folders are made where it leads", async () => {
    await symlink("../disk/whole", join(folder, "here/whole"));
    await writeFolderAtomically(join(folder, "here/whole"), { file: "text" });
    expect(await readdir(join(folder, "disk/whole"))).toEqual(["file"]);
    await symlink("../disk/runs", join(folder, "here/runs"));
    await makeFolder(join(folder, "here/runs/one"));
    expect(await readdir(join(folder, "disk/runs"))).toEqual(["one"]);
    expect(
      (await readdir(join(folder, "here"), { withFileTypes: true })).every((entry) => entry.isSymbolicLink()),
    ).toBe(true);
  });
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
